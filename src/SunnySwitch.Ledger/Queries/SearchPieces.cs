namespace SunnySwitch.Ledger.Queries;

/// <summary>Rows that have what is asked for, by their sequences.</summary>
internal interface ISearchedRows<T>
{
    /// <summary>Newest sequence of a sample of what is after one and up to another; null: nothing in the sample.</summary>
    long? NewestOfSample(long after, long upTo);

    /// <summary>Of the first <paramref name="most"/> rows and one more, in any order: how many they are, and of them the newest that are missing.</summary>
    (List<T> Newest, long Rows) Read(long after, long upTo, int most, int missing);

    long SequenceOf(T row);
}

/// <summary>
/// The sequences that a search looks at, from the newest backwards. Its pieces grow, so that who asks for what is frequent does not read all of it,
/// and who asks for what is rare reads an index a few times only. What was frequent long ago is not read as a whole either: a large piece begins at
/// the newest of a sample, and one where more is found than is asked for becomes smaller.
/// </summary>
/// <param name="newest">Last sequence.</param>
/// <param name="isWhole">Begins with all at once: what is looked for is not among the newest.</param>
internal sealed class SearchPieces(long newest, bool isWhole = false)
{
    private const long First = 4_000, Large = 1_000_000;
    private const int GrowthMin = 2, GrowthMax = 64;
    private const int ManyRows = 4_000;                      // No fewer than in the first piece, which is never too large then.
    private long _high = newest, _size = isWhole ? newest : First;
    private bool _wasSampled;
    private long _crowdedAfter = long.MaxValue;              // Between it and what is still to be seen there are many.

    /// <summary>Adds the newest rows, the newest first, until there are as many as the limit.</summary>
    public void Find<T>(ISearchedRows<T> rows, bool mayBeFrequent, int limit, List<T> found)
    {
        var isFrequent = mayBeFrequent;
        while (High > 0 && found.Count < limit)
        {
            if (isFrequent && IsLarge && !_wasSampled) BeginAt(rows.NewestOfSample(Low, High));
            var most = Most(limit - found.Count);
            var (newest, count) = rows.Read(Low, High, most, limit - found.Count);
            if (count > most && TryShrink(rows.SequenceOf(newest[0])))
            {
                isFrequent = true;
                continue;
            }

            found.AddRange(newest);
            Next(newest.Count, limit - found.Count);
        }
    }

    // Last sequence of the piece; 0 when all was seen.
    private long High => Math.Max(0, _high);

    // The one before the first of the piece.
    private long Low => Math.Max(0, _high - _size);

    // A sample is worth its time.
    private bool IsLarge => High - Low > Large;

    // The newest of a sample of the piece, if it has any: so much of it, to begin with.
    private void BeginAt(long? newestOfSample)
    {
        _wasSampled = true;
        if (newestOfSample is { } sequence) _size = High - sequence + 1;
    }

    // So many rows of a piece are looked at and no more.
    private static int Most(int missing) => (int)Math.Min(int.MaxValue - 1, Math.Max(ManyRows, 2L * missing));

    // There are more than most, and one that was seen is the newest of those that were looked at: true if a smaller piece is to be read instead. A single
    // sequence is taken as it is.
    private bool TryShrink(long seen)
    {
        if (High - Low <= 1) return false;
        _crowdedAfter = Low;
        // A large piece begins where a sample ended, so that little is beyond what was seen; most of it may be empty.
        _size = IsLarge && seen > Low + 1 ? High - seen + 1 : (High - Low) / 2;
        return true;
    }

    // All that the piece has was found, so many; so many more are wanted. The next is to hold twice that, if it is as rare there.
    private void Next(int found, int missing)
    {
        (_high, _wasSampled) = (Low, false);
        _size = Math.Min(_high, _size * Math.Clamp(2L * missing / Math.Max(1, found), GrowthMin, GrowthMax));
        if (_crowdedAfter < _high) _size = Math.Min(_size, (_high - _crowdedAfter + 1) / 2);
    }
}
