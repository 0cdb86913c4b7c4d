using System.Globalization;

namespace SunnySwitch.Journal.Segments;

/// <summary>
/// Names of segment files: sixteen decimal digits of the first sequence, so that names sort as sequences do.
/// </summary>
public static class SegmentName
{
    /// <summary>Files that end so were never finished, or never named: deleted at the next start.</summary>
    internal const string UnfinishedSuffix = ".new";
    private const string Suffix = ".seg";
    private const int Digits = 16;

    /// <summary>Name of the segment that starts with <paramref name="firstSequence"/>.</summary>
    public static string Of(long firstSequence) => firstSequence.ToString("D16", CultureInfo.InvariantCulture) + Suffix;

    /// <summary>True, and the sequence, if the name is a segment's.</summary>
    public static bool TryParse(string name, out long firstSequence)
    {
        firstSequence = 0;
        return name.Length == Digits + Suffix.Length && name.EndsWith(Suffix, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(0, Digits), NumberStyles.None, CultureInfo.InvariantCulture,
                out firstSequence);
    }

    /// <summary>The segments among the names, in order of sequence.</summary>
    internal static List<string> In(IReadOnlyList<string> names)
    {
        var segments = new List<string>();
        foreach (var name in names)
            if (TryParse(name, out _)) segments.Add(name);
        segments.Sort(StringComparer.Ordinal);
        return segments;
    }
}
