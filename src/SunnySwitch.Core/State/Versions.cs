using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>What an operator brings into force as a whole, at once or from a business date.</summary>
public interface IVersioned
{
    /// <summary>Bytes that its layout has had from the start. What is behind them joined later: where it is zero, it counts for no hash.</summary>
    static abstract int FirstBytes { get; }

    /// <summary>Rises by one with each activation; 0: there is none.</summary>
    uint Version { get; set; }

    /// <summary>Days since 1970-01-01: in force from this business date.</summary>
    int EffectiveDay { get; set; }

    /// <summary>Who brought it into force.</summary>
    Text16 Operator { get; set; }

    /// <summary>Why.</summary>
    Text48 Reason { get; set; }
}

/// <summary>What is in force, what was before, and what waits for its date.</summary>
internal sealed class Versions<T>(StateTable table) where T : unmanaged, IVersioned
{
    private T _active;
    private T _previous;
    private T _pending;

    /// <summary>In force; version 0: nothing.</summary>
    public ref readonly T Active => ref _active;

    /// <summary>What was in force before.</summary>
    public ref readonly T Previous => ref _previous;

    /// <summary>What will be in force from a later business date; version 0: nothing.</summary>
    public ref readonly T Pending => ref _pending;

    /// <summary>Version that the next activation gets.</summary>
    public uint Next => Math.Max(_active.Version, _pending.Version) + 1;

    /// <summary>Share of the state hash.</summary>
    public UInt128 Sum => Mixed(in _active, 1) + Mixed(in _previous, 2) + Mixed(in _pending, 3);

    /// <summary>A new version; effective at once if its date is here.</summary>
    public void Activate(in T set, int day)
    {
        Must.Hold(set.Version == Next);
        if (set.EffectiveDay > day) _pending = set;
        else Enter(in set);
    }

    /// <summary>A new business date: what waited for it comes into force.</summary>
    public void OpenDay(int day)
    {
        if (_pending.Version != 0 && _pending.EffectiveDay <= day) Enter(in _pending);
    }

    /// <summary>
    /// What taking back the last activation leads to: what waits is dropped, else what was in force before comes again; false: there is
    /// nothing.
    /// </summary>
    public bool TryUndo(out T set)
    {
        set = _pending.Version != 0 ? _active : _previous;
        return _active.Version != 0 || _pending.Version != 0;
    }

    public void Write(ImageWriter image)
    {
        image.Add(in _active);
        image.Add(in _previous);
        image.Add(in _pending);
    }

    /// <summary>Reads so many bytes of each; what is behind them is zero.</summary>
    public void Read(ImageReader image, int bytes)
    {
        image.Fill(AsBytes(ref _active)[..bytes]);
        image.Fill(AsBytes(ref _previous)[..bytes]);
        image.Fill(AsBytes(ref _pending)[..bytes]);
    }

    private static Span<byte> AsBytes(ref T set) => MemoryMarshal.AsBytes(new Span<T>(ref set));

    private void Enter(in T set)
    {
        // What waited was dropped by what is in force coming once more: what was before stays what can come back.
        var isDrop = _pending.Version != 0 && HaveSameContent(in set, in _active);
        if (!isDrop) _previous = _active;
        _active = set;
        _pending = default;
    }

    private static bool HaveSameContent(in T one, in T other)
    {
        var copy = other;
        (copy.Version, copy.EffectiveDay, copy.Operator, copy.Reason) = (one.Version, one.EffectiveDay, one.Operator, one.Reason);
        return MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in one)).SequenceEqual(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in copy)));
    }

    private UInt128 Mixed(in T set, ulong place)
    {
        if (set.Version == 0) return UInt128.Zero;
        var mix = new Mix((ulong)table);
        mix.Add(place, set.Version);
        var words = MemoryMarshal.Cast<T, ulong>(new ReadOnlySpan<T>(in set));
        var first = T.FirstBytes / sizeof(ulong);
        if (!words[first..].ContainsAnyExcept(0UL)) words = words[..first];
        for (var word = 0; word + 1 < words.Length; word += 2) mix.Add(words[word], words[word + 1]);
        return mix.Finish();
    }
}
