using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>Ciphertexts of PANs by card number. Generated cards have none: their PANs are a rule, not a secret.</summary>
internal sealed class SealedPanTable(int cardsMax, bool touch)
{
    private readonly SealedPan[] _entries = TableMemory.Take<SealedPan>(cardsMax, touch);

    public UInt128 Sum { get; private set; }

    public int Count { get; private set; }

    public ref readonly SealedPan this[int card] => ref _entries[card];

    /// <summary>The one setter.</summary>
    public void Set(int card, in SealedPan pan)
    {
        Must.Hold(pan.DataKey > 0 && pan.DataKey >= _entries[card].DataKey);      // Keys only get newer.
        if (_entries[card].DataKey == 0) Count++;
        Sum -= Mix(card);
        _entries[card] = pan;
        Sum += Mix(card);
    }

    public void Write(ImageWriter image, int cards) => image.AddAll<SealedPan>(_entries.AsSpan(0, cards));

    public void Read(ImageReader image, int cards)
    {
        image.Fill(_entries.AsSpan(0, cards));
        Sum = SumFromScratch();
        foreach (ref readonly var entry in _entries.AsSpan(0, cards)) Count += entry.DataKey == 0 ? 0 : 1;
    }

    public UInt128 SumFromScratch()
    {
        var sum = UInt128.Zero;
        for (var card = 0; card < _entries.Length; card++)
        {
            if (_entries[card].DataKey != 0) sum += Mix(card);
        }

        return sum;
    }

    private UInt128 Mix(int card)
    {
        ref readonly var entry = ref _entries[card];
        if (entry.DataKey == 0) return UInt128.Zero;
        var mix = new Mix((ulong)StateTable.SealedPans);
        mix.Add((ulong)card, 0);
        entry.AddTo(ref mix);
        return mix.Finish();
    }
}
