using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SunnySwitch.Core.Domain;

/// <summary>
/// The key serial number of DUKPT that a PIN came with which an HSM could read: whose device, and which of its keys. Little-endian, frozen: since
/// version 5 of <see cref="Decided"/>, and in the frame only with <see cref="RequestHas.Serial"/>. Nothing of a key is in it.
/// <code>
///  0 device 8 | 8 zone 4 | 12 counter 4 | 16 highest before 4 | 20 flags 1 | 21 unused 3 | 24
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct Serial
{
    /// <summary>Size of the layout.</summary>
    public const int Bytes = 24;

    private const int TdeaBytes = 10, AesBytes = 12;

    // The last counter of a device: ten, or sixteen, leading ones.
    private const uint TdeaMask = 0x1FFFFF, TdeaLast = 0x1FF800, AesLast = 0xFFFF0000;
    private const uint AesZone = 1;

#pragma warning disable CS1591
    /// <summary>Key set and device: of TDEA the first 59 bits, of AES 64.</summary>
    [FieldOffset(0)] public ulong Device;
    /// <summary>Whose device, see <see cref="Stages.LinkTerms"/>: two that give out keys may number them alike. Lowest bit: AES.</summary>
    [FieldOffset(8)] public uint Zone;
    [FieldOffset(12)] public uint Counter;
    /// <summary>Meant with <see cref="SerialFlags.WasKnown"/>.</summary>
    [FieldOffset(16)] public uint HighestBefore;
    [FieldOffset(20)] public SerialFlags Flags;
#pragma warning restore CS1591

    /// <summary>True if all of that is there.</summary>
    public readonly bool Has(SerialFlags flags) => (Flags & flags) == flags;

    /// <summary>It came, and was taken before, or one after it.</summary>
    public readonly bool IsReplayed => (Flags & (SerialFlags.Counter | SerialFlags.Moves)) == SerialFlags.Counter;

    /// <summary>Its device has used up its keys: it needs a new initial one.</summary>
    public readonly bool IsExhausted => IsReplayed && HighestBefore == ((Zone & AesZone) != 0 ? AesLast : TdeaLast);

    /// <summary>Takes a key serial number apart; false for what is none: X9.24-1 has 10 bytes, X9.24-3 has 12.</summary>
    public static bool TryRead(ReadOnlySpan<byte> ksn, uint zone, out Serial serial)
    {
        serial = default;
        if (ksn.Length is not (TdeaBytes or AesBytes)) return false;
        var isTdea = ksn.Length == TdeaBytes;
        var device = BinaryPrimitives.ReadUInt64BigEndian(ksn);
        var counter = BinaryPrimitives.ReadUInt32BigEndian(ksn[^4..]);
        serial = new Serial
        {
            Device = isTdea ? device & ~0x1FUL : device,
            Zone = isTdea ? zone & ~AesZone : zone | AesZone,
            Counter = isTdea ? counter & TdeaMask : counter,
            Flags = SerialFlags.Counter,
        };
        return true;
    }
}

/// <summary>What a <see cref="Serial"/> has. Durable.</summary>
[Flags]
public enum SerialFlags : byte
{
#pragma warning disable CS1591
    None = 0,
#pragma warning restore CS1591
    /// <summary>A counter came with a PIN that could be read.</summary>
    Counter = 1,
    /// <summary>It is taken: none that is not higher is good any more.</summary>
    Moves = 2,
    /// <summary>One of that device was known before.</summary>
    WasKnown = 4,
}
