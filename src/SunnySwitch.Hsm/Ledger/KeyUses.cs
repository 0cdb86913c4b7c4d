using System.Text.Json;

namespace SunnySwitch.Hsm.Ledger;

/// <summary>How often a version of a key was used, as it is stored.</summary>
/// <param name="Label">Its label.</param>
/// <param name="Version">Its version.</param>
/// <param name="Count">At least so often.</param>
public sealed record StoredUse(string Label, uint Version, long Count);

/// <summary>
/// <c>keys.uses</c>, beside the key blocks: uses of versions in the lives before this one. No secret, and nothing depends on it: what was counted after
/// it was written last is lost with a crash, and a file that cannot be read counts as none.
/// </summary>
/// <remarks>One thread at a time.</remarks>
internal sealed class KeyUses
{
    // Far more than there can be, and of a file's nonsense no sum that overflows.
    private const long CountMax = 1L << 48;
    private readonly string _path;
    private readonly Dictionary<(string Label, uint Version), long> _before = [];
    private long _written;

    public KeyUses(string path)
    {
        _path = path;
        try
        {
            if (!File.Exists(path)) return;
            foreach (var use in JsonSerializer.Deserialize<List<StoredUse>>(File.ReadAllBytes(path)) ?? [])
            {
                if (use is { Label: not null, Count: > 0 and <= CountMax }) _before[(use.Label, use.Version)] = use.Count;
            }
        }
        catch (Exception broken) when (broken is JsonException or IOException or UnauthorizedAccessException)
        {
            _before.Clear();
        }

        _written = _before.Values.Sum();
    }

    /// <summary>Of a version, in the lives before, and until it left the ring.</summary>
    public long Before(string label, uint version) => _before.GetValueOrDefault((label, version));

    /// <summary>A version is held no more.</summary>
    public void Add(string label, uint version, long count) => _before[(label, version)] = Before(label, version) + count;

    /// <summary>Writes all down, if anything was used since the last time.</summary>
    /// <param name="held">What is counted in this life so far.</param>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public void Save(IEnumerable<StoredUse> held)
    {
        var all = new Dictionary<(string Label, uint Version), long>(_before);
        foreach (var use in held) all[(use.Label, use.Version)] = all.GetValueOrDefault((use.Label, use.Version)) + use.Count;
        var sum = all.Values.Sum();
        if (sum == _written) return;
        var stored = all.Where(each => each.Value > 0).Select(each => new StoredUse(each.Key.Label, each.Key.Version, each.Value))
            .OrderBy(use => use.Label, StringComparer.Ordinal).ThenBy(use => use.Version).ToList();
        OwnerFile.Replace(_path, JsonSerializer.SerializeToUtf8Bytes(stored));
        _written = sum;
    }
}
