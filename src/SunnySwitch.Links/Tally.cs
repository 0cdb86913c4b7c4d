using System.Collections.Concurrent;

namespace SunnySwitch.Links;

/// <summary>Counts by link, field and a key that strangers choose: bounded, so that a hostile link cannot fill memory.</summary>
public sealed class Tally
{
    /// <summary>Most keys; what comes after counts under <see cref="OtherKey"/> of its link and field.</summary>
    public const int KeysMax = 1_024;

    /// <summary>Key of everything beyond the bound.</summary>
    public const uint OtherKey = uint.MaxValue;

    private readonly ConcurrentDictionary<(int Link, byte Field, uint Key), long> _counts = new();

    /// <summary>Everything counted so far.</summary>
    public IEnumerable<((int Link, byte Field, uint Key) Place, long Count)> All => _counts.Select(static pair => (pair.Key, pair.Value));

    internal void Count(int link, byte field, uint key)
    {
        var place = (link, field, key);
        if (!_counts.ContainsKey(place) && _counts.Count >= KeysMax) place.key = OtherKey;
        _counts.AddOrUpdate(place, 1, static (_, count) => count + 1);
    }
}
