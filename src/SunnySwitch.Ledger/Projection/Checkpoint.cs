using SunnySwitch.Journal.Frames;
using SunnySwitch.Journal.Reading;

namespace SunnySwitch.Ledger.Projection;

/// <summary>Up to where the journal was taken, and what goes on from there.</summary>
/// <param name="At">The last batch taken; null before the first.</param>
/// <param name="Decisions">Decisions so far.</param>
/// <param name="HoldSlots">Slots of holds that were ever used.</param>
/// <param name="Cards">Cards so far.</param>
/// <param name="BusinessDay">Open business date, days since 1970; 0: none.</param>
/// <param name="TimeNanos">Time of the last frame taken.</param>
public readonly record struct Checkpoint(JournalPosition? At, long Decisions, int HoldSlots, int Cards, int BusinessDay, long TimeNanos)
{
    /// <summary>Last frame taken; 0 before the first.</summary>
    public long Sequence => At?.LastSequence ?? 0;

    internal static ChainValue Chain(byte[] bytes)
    {
        var chain = default(ChainValue);
        bytes.CopyTo(chain);
        return chain;
    }

    internal static byte[] Bytes(ChainValue chain) => ((ReadOnlySpan<byte>)chain).ToArray();
}
