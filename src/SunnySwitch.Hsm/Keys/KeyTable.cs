namespace SunnySwitch.Hsm.Keys;

/// <summary>
/// The keys of a module, each at its place. Thread-safe: put and taken under a lock, found without. Removed ones are kept until the
/// module is disposed, since another thread may be using them.
/// </summary>
internal sealed class KeyTable(int keysMax)
{
    private readonly Lock _lock = new();
    private readonly List<KeyMaterial> _removed = [];
    private readonly KeyMaterial?[] _keys = new KeyMaterial?[keysMax];
    private int _count;

    /// <summary>The key of a handle of this very table; null if there is none, or none any more.</summary>
    public KeyMaterial? Find(HsmKey? handle)
    {
        if (handle is null || (uint)handle.Number >= (uint)_keys.Length) return null;
        var found = Volatile.Read(ref _keys[handle.Number]);
        return found is not null && ReferenceEquals(found.Handle, handle) ? found : null;
    }

    /// <summary>Gives the key a place; false if there is none.</summary>
    public bool TryAdd(KeyMaterial key)
    {
        lock (_lock)
        {
            // The next one, and when all were used once, one that a removed key has left.
            var place = _count < _keys.Length ? _count : Array.IndexOf(_keys, null);
            if (place < 0) return false;
            key.Handle.Number = place;
            Volatile.Write(ref _keys[place], key);
            _count = Math.Max(_count, place + 1);
            return true;
        }
    }

    /// <summary>Takes a key out; null if there is none.</summary>
    public KeyMaterial? Remove(HsmKey? handle)
    {
        lock (_lock)
        {
            if (Find(handle) is not { } found) return null;
            Volatile.Write(ref _keys[found.Handle.Number], null);
            _removed.Add(found);
            return found;
        }
    }

    /// <summary>Wipes and forgets all. No operation may be under way.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            foreach (var each in _keys.AsSpan(0, _count)) each?.Wipe();
            foreach (var each in _removed) each.Wipe();
            _keys.AsSpan().Clear();
            _removed.Clear();
        }
    }
}
