using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SunnySwitch.Core.Domain;

/// <summary>
/// What of a proof is more than a verdict: the transaction counter of a chip whose cryptogram is right, what is known of that chip's counters
/// from now on, and what terminal and chip said of the payment. Little-endian, frozen: since version 4 of <see cref="Decided"/>, which ends
/// before <see cref="Terminal"/>, and in the frame only with <see cref="RequestHas.Proof"/>.
/// <code>
/// 0 counters seen below the highest from now on: bit n is the one n + 1 below 8 | 8 counter 2 | 10 highest from now on 2 | 12 highest before 2
/// 14 flags 1 | 15 what the cryptogram is, tag 9F27 1 | 16 terminal verification results, tag 95 5 | 21 unused 3
/// 24 how issuer application data, tag 9F10, begin: the card verification results are in them 8 | 32
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct Proof
{
    /// <summary>Size of the layout; of version 4 of <see cref="Decided"/>.</summary>
    public const int Bytes = 32, BytesV4 = 16;

#pragma warning disable CS1591
    [FieldOffset(0)] public ulong SeenBelow;
    /// <summary>Tag 9F36. Meant with <see cref="ProofFlags.Counter"/>.</summary>
    [FieldOffset(8)] public ushort Counter;
    /// <summary>Meant with <see cref="ProofFlags.Moves"/>.</summary>
    [FieldOffset(10)] public ushort Highest;
    /// <summary>Meant with <see cref="ProofFlags.WasKnown"/>.</summary>
    [FieldOffset(12)] public ushort HighestBefore;
    [FieldOffset(14)] public ProofFlags Flags;
    /// <summary>The top two bits: 0 the chip declined, 1 it approved by itself, 2 it asks. Meant with <see cref="ProofFlags.Kind"/>.</summary>
    [FieldOffset(15)] public byte Kind;
    /// <summary>Meant with <see cref="ProofFlags.Words"/>.</summary>
    [FieldOffset(16)] public Bytes5 Terminal;
    /// <summary>Zeros behind what is shorter. Meant with <see cref="ProofFlags.Words"/>.</summary>
    [FieldOffset(24)] public Bytes8 Chip;
#pragma warning restore CS1591

    /// <summary>True if all of that is there.</summary>
    public readonly bool Has(ProofFlags flags) => (Flags & flags) == flags;

    /// <summary>What came with a right cryptogram.</summary>
    public static Proof Of(in Evidence evidence)
    {
        var proof = new Proof
        {
            Counter = BinaryPrimitives.ReadUInt16BigEndian(evidence.Counter),
            Flags = ProofFlags.Counter | ProofFlags.Words | (evidence.HasKind ? ProofFlags.Kind : ProofFlags.None),
            Kind = evidence.Kind,
        };
        ((ReadOnlySpan<byte>)evidence.Chip).Slice(Evidence.TerminalAt, Bytes5.Count).CopyTo(proof.Terminal);
        ((ReadOnlySpan<byte>)evidence.ApplicationData)[..Math.Min((int)evidence.ApplicationDataBytes, Bytes8.Count)].CopyTo(proof.Chip);
        return proof;
    }

    /// <summary>The same of another decision of the same request: without what was concluded of it.</summary>
    public readonly Proof Brought() =>
        this with { SeenBelow = 0, Highest = 0, HighestBefore = 0, Flags = Flags & ~(ProofFlags.Moves | ProofFlags.WasKnown) };
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
    /// <summary>What terminal and chip said of the payment is there.</summary>
    Words = 8,
    /// <summary>What the cryptogram is came with it.</summary>
    Kind = 16,
}
