using SunnySwitch.Ledger.Queries;

namespace SunnySwitch.Ledger.Tests;

/// <summary>In which order a search looks, without a database: rows are the sequences that have what is asked for.</summary>
public sealed class SearchPiecesTests
{
    private const long Newest = 10_000_000;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, Newest)]                                  // All over: the newest few suffice.
    [InlineData(Newest / 2, Newest)]                         // Begun lately.
    [InlineData(1, Newest / 2)]                              // Over long ago.
    [InlineData(1, 900_000)]
    [InlineData(4_000_000, 4_100_000)]
    [InlineData(1, 9_990_000)]
    [InlineData(5_000, 5_001)]
    public void The_newest_are_found_in_a_few_looks_at_a_few_rows(long from, long to)
    {
        foreach (var every in new[] { 1, 8, 1_000, 100_000 })
        {
            foreach (var mayBeFrequent in new[] { false, true })
            {
                var crowd = new Rows(from, to, every);
                var (found, looks, rows) = Search(Newest, 100, mayBeFrequent, crowd.Up, crowd.Down);
                Assert.Equal(crowd.Down(1, Newest).Take(100), found);
                Assert.InRange(looks, 1, 14);
                Assert.InRange(rows, 0, 40_000);
            }
        }
    }

    /// <summary>The newest of a sample may be far from the newest of all.</summary>
    [Fact]
    public void Where_a_sample_ends_too_early_the_rest_is_found_from_there()
    {
        var (rows, late) = (new Rows(1, 4_016_000, 8), new Rows(4_016_000, 4_300_000, 8));
        var (found, looks, _) = Search(Newest, 100, true, new Rows(1, 4_300_000, 8).Up, new Rows(1, 4_300_000, 8).Down, sampled: rows.Down);
        Assert.Equal(late.Down(1, Newest).Take(100), found);
        Assert.InRange(looks, 1, 14);
    }

    [Fact]
    public void Whatever_lies_wherever_the_newest_are_found_each_once()
    {
        var random = new Random(7);
        for (var time = 0; time < 300; time++)
        {
            var newest = random.NextInt64(1, 3_000_000);
            var rows = new SortedSet<long>();
            for (var crowd = random.Next(6); crowd > 0; crowd--)
            {
                var (from, length, every) = (random.NextInt64(1, newest + 1), random.Next(100_000), 1 + random.Next(20));
                for (var row = from; row <= Math.Min(newest, from + length); row += every) rows.Add(row);
            }

            var limit = random.Next(4) == 0 ? 100_000 : 1 + random.Next(3_000);
            var (found, _, _) = Search(
                newest, limit, random.Next(2) == 0, (low, high) => rows.GetViewBetween(low, high), (low, high) => rows.GetViewBetween(low, high).Reverse());
            Assert.Equal(rows.Reverse().Take(limit), found);
        }
    }

    /// <summary>Should a sequence be in the tables several times, which nothing here writes, a search ends all the same.</summary>
    [Fact]
    public void One_sequence_with_too_many_rows_is_taken_as_it_is()
    {
        foreach (var newest in new[] { 1_000, Newest })
        {
            IEnumerable<long> Same(long low, long high) => low <= 500 && high >= 500 ? Enumerable.Repeat(500L, 50_000) : [];
            var (found, looks, _) = Search(newest, 10_000, true, Same, Same);
            Assert.Equal(10_000, found.Count);
            Assert.InRange(looks, 1, 40);
        }
    }

    private static (List<long> Found, int Looks, long Rows) Search(
        long newest, int limit, bool mayBeFrequent, Func<long, long, IEnumerable<long>> up, Func<long, long, IEnumerable<long>> down,
        Func<long, long, IEnumerable<long>>? sampled = null)
    {
        var (table, found) = (new Table(up, sampled ?? down), new List<long>());
        new SearchPieces(newest).Find(table, mayBeFrequent, limit, found);
        var whole = new List<long>();
        new SearchPieces(newest, isWhole: true).Find(new Table(up, sampled ?? down), mayBeFrequent, limit, whole);
        Assert.Equal(found, whole);
        return (found, table.Looks, table.Rows);
    }

    private sealed class Table(Func<long, long, IEnumerable<long>> up, Func<long, long, IEnumerable<long>> sampled) : ISearchedRows<long>
    {
        public int Looks { get; private set; }

        public long Rows { get; private set; }

        // Every 250th page of 32 rows.
        public long? NewestOfSample(long after, long upTo) =>
            sampled(after + 1, upTo).Where(row => row / 32 % 250 == 7).Select(row => (long?)row).FirstOrDefault();

        // A table is read as it was written, the oldest first.
        public (List<long> Newest, long Rows) Read(long after, long upTo, int most, int missing)
        {
            var piece = up(after + 1, upTo).Take(most + 1).Reverse().ToList();
            (Looks, Rows) = (Looks + 1, Rows + piece.Count);
            return ([.. piece.Take(missing)], piece.Count);
        }

        public long SequenceOf(long row) => row;
    }

    /// <summary>Every such row from one to another.</summary>
    private sealed record Rows(long From, long To, int Every)
    {
        public IEnumerable<long> Up(long low, long high)
        {
            for (var row = (Math.Max(1, Math.Max(low, From)) + Every - 1) / Every * Every; row <= Math.Min(high, To); row += Every) yield return row;
        }

        public IEnumerable<long> Down(long low, long high)
        {
            for (var row = Math.Min(high, To) / Every * Every; row >= Math.Max(1, Math.Max(low, From)); row -= Every) yield return row;
        }
    }
}
