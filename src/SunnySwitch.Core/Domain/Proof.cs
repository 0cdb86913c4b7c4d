using System.Runtime.InteropServices;

namespace SunnySwitch.Core.Domain;

/// <summary>
/// What of a proof is more than a verdict: the transaction counter of a chip whose cryptogram is right, and what is known of that chip's
/// counters from now on. Little-endian, frozen: since version 4 of <see cref="Decided"/>, and in the frame only with <see cref="RequestHas.Proof"/>.
/// <code>
/// 0 counters seen below the highest from now on: bit n is the one n + 1 below 8 | 8 counter 2 | 10 highest from now on 2 | 12 highest before 2
/// 14 flags 1 | 15 unused 1 | 16
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct Proof
{
    /// <summary>Size of the layout.</summary>
    public const int Bytes = 16;

#pragma warning disable CS1591
    [FieldOffset(0)] public ulong SeenBelow;
    /// <summary>Tag 9F36. Meant with <see cref="ProofFlags.Counter"/>.</summary>
    [FieldOffset(8)] public ushort Counter;
    /// <summary>Meant with <see cref="ProofFlags.Moves"/>.</summary>
    [FieldOffset(10)] public ushort Highest;
    /// <summary>Meant with <see cref="ProofFlags.WasKnown"/>.</summary>
    [FieldOffset(12)] public ushort HighestBefore;
    [FieldOffset(14)] public ProofFlags Flags;
#pragma warning restore CS1591

    /// <summary>True if all of that is there.</summary>
    public readonly bool Has(ProofFlags flags) => (Flags & flags) == flags;
}

/// <summary>What a <see cref="Proof"/> has. Durable.</summary>
[Flags]
public enum ProofFlags : byte
{
#pragma warning disable CS1591
    None = 0,
#pragma warning restore CS1591
    /// <summary>A counter came with a right cryptogram.</summary>
    Counter = 1,
    /// <summary>It is taken: what is known of the chip changes.</summary>
    Moves = 2,
    /// <summary>A counter of that chip was known before.</summary>
    WasKnown = 4,
}
