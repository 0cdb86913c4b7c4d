using System.Collections.Frozen;

namespace SunnySwitch.Hsm.Keys;

/// <summary>
/// Keys that everybody knows, by algorithm, length and check value: <c>published-keys.txt</c>, built in. A TDEA key of one's own has
/// the check value of one of them by chance once in 700,000: generate another.
/// </summary>
public static class PublishedKeys
{
    private static readonly FrozenDictionary<string, string> _names = Read();

    /// <summary>Where the key is published; null if it is not known.</summary>
    public static string? NameOf(HsmKey key) => _names.GetValueOrDefault($"{(char)key.Attributes.Algorithm}{key.Bits} {key.CheckValue}");

    private static FrozenDictionary<string, string> Read()
    {
        using var stream = typeof(PublishedKeys).Assembly.GetManifestResourceStream("published-keys.txt")!;
        using var reader = new StreamReader(stream);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            var parts = line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length == 3 && parts[0][0] != '#') names[$"{parts[0]} {parts[1]}"] = parts[2];
        }

        return names.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
