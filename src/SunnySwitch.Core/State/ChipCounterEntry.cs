using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>
/// The transaction counters of one chip: the highest that came with a right cryptogram, and which of the 64 below it did. A card has a chip for
/// each sequence number.
/// <code>
/// 0 counters seen below: bit n is the one n + 1 below 8 | 8 card 4 | 12 highest 2 | 14 sequence number 1 | 15 used 1 | 16
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct ChipCounterEntry : IRegistered<ChipCounterEntry>
{
    public const int Bytes = 16;

    private const int Below = 64;

    [FieldOffset(0)] public ulong SeenBelow;
    [FieldOffset(8)] public int Card;
    [FieldOffset(12)] public ushort Highest;
    [FieldOffset(14)] public byte Sequence;
    [FieldOffset(15)] public byte Used;

    public readonly bool IsUsed => Used != 0;

    public readonly ulong Home
    {
        get
        {
            var mix = new Mix((ulong)StateTable.ChipCounters);
            mix.Add((uint)Card, Sequence);
            return mix.Finish64();
        }
    }

    public readonly bool HasKeyOf(in ChipCounterEntry other) => Card == other.Card && Sequence == other.Sequence;

    public readonly UInt128 Mix()
    {
        var mix = new Mix((ulong)StateTable.ChipCounters);
        mix.Add((uint)Card, Sequence);
        mix.Add(Highest, SeenBelow);
        return mix.Finish();
    }

    /// <summary>The chip that a request came from.</summary>
    public static ChipCounterEntry KeyOf(in Decided decided) =>
        new() { Card = decided.Card, Sequence = (byte)Math.Min(decided.Request.CardSequence, byte.MaxValue), Used = 1 };

    /// <summary>What a decision says of it from now on.</summary>
    public static ChipCounterEntry After(in Decided decided)
    {
        var entry = KeyOf(in decided);
        (entry.Highest, entry.SeenBelow) = (decided.Proof.Highest, decided.Proof.SeenBelow);
        return entry;
    }

    /// <summary>True if a counter came before, or is too far below the highest for that to be known.</summary>
    public readonly bool HasSeen(ushort counter) =>
        IsUsed && counter <= Highest && !Mutant.Is(Mutation.CounterNeverSeen)
        && (counter == Highest || Highest - counter > Below || (SeenBelow >> (Highest - counter - 1) & 1) != 0);

    /// <summary>The highest and what was seen below it, with one more counter that was not seen yet.</summary>
    public readonly (ushort Highest, ulong SeenBelow) With(ushort counter)
    {
        if (!IsUsed) return (counter, 0);
        if (counter < Highest) return (Highest, SeenBelow | (Mutant.Is(Mutation.CounterBelowForgotten) ? 0 : 1UL << (Highest - counter - 1)));
        var ahead = counter - Highest;
        var seen = ahead < Below ? SeenBelow << ahead : 0;
        if (ahead <= Below) seen |= 1UL << (ahead - 1);
        return (counter, seen);
    }
}
