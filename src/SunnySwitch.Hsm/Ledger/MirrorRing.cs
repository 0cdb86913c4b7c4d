using System.Diagnostics.CodeAnalysis;
using System.Text;
using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm.Ledger;

/// <summary>
/// The keys of a ledger in another module, or another token, that has the same master key-encrypting key: opened from the same blocks whenever the
/// ledger's ring has changed. Ceremonies are the ledger's own.
/// </summary>
/// <remarks>Any thread.</remarks>
/// <param name="ledger">Whose keys.</param>
/// <param name="hsm">The other module.</param>
/// <param name="seal">Opens blocks in it; it has the master key.</param>
public sealed class MirrorRing(KeyLedger ledger, IPaymentHsm hsm, IKeySeal seal) : IKeyRing
{
    private readonly Lock _lock = new();
    private readonly Dictionary<StoredKey, HsmKey> _opened = [];
    private List<HsmKey> _leaving = [];
    private volatile Keys _now = new(-1, [], []);

    /// <inheritdoc/>
    public int Generation => _now.Generation;

    /// <inheritdoc/>
    public bool TryCatchUp()
    {
        if (_now.Generation == ledger.Generation) return true;
        lock (_lock)
        {
            var (generation, keys) = ledger.InUse();
            if (_now.Generation == generation) return true;
            foreach (var each in keys)
            {
                if (!_opened.ContainsKey(each.Stored) && !TryOpen(each.Stored)) return false;
            }

            var byLabel = keys.ToDictionary(each => (each.Stored.Label, each.IsPrevious), each => _opened[each.Stored]);
            var theirs = keys.ToDictionary(each => _opened[each.Stored], each => each.Key, ReferenceEqualityComparer.Instance as IEqualityComparer<HsmKey>);
            _now = new Keys(generation, byLabel, theirs);
            Forget(keys);
            return true;
        }
    }

    /// <inheritdoc/>
    public bool TryCurrent(string label, [NotNullWhen(true)] out HsmKey? key) => _now.ByLabel.TryGetValue((label, false), out key);

    /// <inheritdoc/>
    public bool TryPrevious(string label, [NotNullWhen(true)] out HsmKey? key) => _now.ByLabel.TryGetValue((label, true), out key);

    /// <inheritdoc/>
    public void Used(HsmKey key)
    {
        if (_now.Theirs.TryGetValue(key, out var theirs)) ledger.Used(theirs);
    }

    private bool TryOpen(StoredKey stored)
    {
        var result = seal.OpenKey(Encoding.ASCII.GetBytes(stored.Block), KeyLedger.Name(stored.Label, stored.Version), out var key);
        if (result == HsmResult.Done) _opened.Add(stored, key!);
        return result == HsmResult.Done;
    }

    // Whoever has a handle of the ring before may be using it at this very moment: it goes with the change after this one.
    private void Forget(IReadOnlyList<RingKey> keys)
    {
        foreach (var key in _leaving) hsm.RemoveKey(key);
        var inUse = keys.Select(each => each.Stored).ToHashSet();
        var gone = _opened.Where(each => !inUse.Contains(each.Key)).ToList();
        foreach (var each in gone) _opened.Remove(each.Key);
        _leaving = [.. gone.Select(each => each.Value)];
    }

    private sealed record Keys(int Generation, Dictionary<(string, bool), HsmKey> ByLabel, Dictionary<HsmKey, HsmKey> Theirs);
}
