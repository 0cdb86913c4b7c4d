using System.Runtime.InteropServices;

namespace SunnySwitch.Core.Domain;

/// <summary>Which optional values a request carried: bit set = the data element was present.</summary>
[Flags]
public enum RequestHas : uint
{
#pragma warning disable CS1591
    None = 0,
    Pan = 1 << 0, ProcessingCode = 1 << 1, Amount = 1 << 2, TransmissionTime = 1 << 3, Stan = 1 << 4, LocalTime = 1 << 5,
    LocalDate = 1 << 6, Expiry = 1 << 7, SettlementDate = 1 << 8, MerchantCategory = 1 << 9, AcquirerCountry = 1 << 10,
    EntryMode = 1 << 11, ConditionCode = 1 << 12, Acquirer = 1 << 13, Forwarder = 1 << 14, Rrn = 1 << 15, Terminal = 1 << 16,
    CardAcceptor = 1 << 17, Currency = 1 << 18, Original = 1 << 19, Replacement = 1 << 20, Track2 = 1 << 21, PinBlock = 1 << 22,
    ChipData = 1 << 23, NetworkCode = 1 << 24,
#pragma warning restore CS1591
    /// <summary>Not a data element: the PAN has fewer than 13 or more than 19 digits, or fails its Luhn digit. Set at the edge.</summary>
    PanBad = 1 << 25,
}

/// <summary>
/// What a check may read of a request, as numbers: filled once at the edge from the decoded message, then part of the
/// <see cref="Decided"/> frame. Little-endian, frozen: version 1 of that frame's payload.
/// <code>
///   0 PAN token            16   72 DE7  MMDDhhmmss  4   104 DE49 numeric   2   128 DE41       8
///  16 truncated PAN         8   76 DE11             4   106 service code   2   136 DE42      16 (15 used)
///  24 DE4 minor units       8   80 DE3              4   108 RequestHas     4   152 end
///  32 DE32 (or the link's)  8   84 DE12 hhmmss      4   112 DE37          12
///  40 DE33                  8   88 DE13 90 DE14 92 DE15 94 DE18          124 verdicts 4
///  48 duplicate key        16   96 DE19 98 DE22 100 MTI 102 DE25 (byte)
///  64 fingerprint           8
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct Request
{
    /// <summary>Size of the layout.</summary>
    public const int Bytes = 152;
#pragma warning disable CS1591
    [FieldOffset(0)] public PanToken Pan;
    [FieldOffset(16)] public TruncatedPan TruncatedPan;
    [FieldOffset(24)] public long AmountMinor;
    [FieldOffset(32)] public InstitutionId Acquirer;
    [FieldOffset(40)] public InstitutionId Forwarder;
    /// <summary>Acquirer, MTI class and function without the repeat bit, DE11, DE7: what DE90 of a reversal can name.</summary>
    [FieldOffset(48)] public ulong KeyPrimary;
    /// <summary>The key's other parts: DE37, DE41.</summary>
    [FieldOffset(56)] public ulong KeyRest;
    /// <summary>PAN token, DE3, 4, 49, 42, 90, 95.</summary>
    [FieldOffset(64)] public ulong Fingerprint;
    [FieldOffset(72)] public uint TransmissionTime;
    [FieldOffset(76)] public uint Stan;
    [FieldOffset(80)] public uint ProcessingCode;
    [FieldOffset(84)] public uint LocalTime;
    [FieldOffset(88)] public ushort LocalDate;
    /// <summary>DE14, YYMM.</summary>
    [FieldOffset(90)] public ushort Expiry;
    [FieldOffset(92)] public ushort SettlementDate;
    [FieldOffset(94)] public ushort MerchantCategory;
    [FieldOffset(96)] public ushort AcquirerCountry;
    [FieldOffset(98)] public ushort EntryMode;
    /// <summary>Four BCD digits as received: 0x0101 for a repeat.</summary>
    [FieldOffset(100)] public ushort Mti;
    [FieldOffset(102)] public byte ConditionCode;
    [FieldOffset(104)] public ushort Currency;
    /// <summary>From track 2; 0 when absent.</summary>
    [FieldOffset(106)] public ushort ServiceCode;
    [FieldOffset(108)] public RequestHas Has;
    [FieldOffset(112)] public Text12 Rrn;
    /// <summary>PIN, CVV, cryptogram, MAC: a byte each, 0 = not checked.</summary>
    [FieldOffset(124)] public uint Verdicts;
    [FieldOffset(128)] public Text8 Terminal;
    [FieldOffset(136)] public Text16 CardAcceptor;
#pragma warning restore CS1591
}

/// <summary>
/// DE90 and DE95 of a reversal; follows the fixed part of a <see cref="Decided"/> frame when the request had DE90.
/// <code>
///  0 original's key primary 8 | 8 DE7 4 | 12 DE11 4 | 16 MTI 2 | 24 acquirer 8 | 32 forwarder 8 | 40 DE95 amount 8 | 48
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct OriginalData
{
    /// <summary>Size of the layout.</summary>
    public const int Bytes = 48;
#pragma warning disable CS1591
    [FieldOffset(0)] public ulong KeyPrimary;
    [FieldOffset(8)] public uint TransmissionTime;
    [FieldOffset(12)] public uint Stan;
    [FieldOffset(16)] public ushort Mti;
    [FieldOffset(24)] public InstitutionId Acquirer;
    [FieldOffset(32)] public InstitutionId Forwarder;
    /// <summary>DE95 positions 1 to 12: the amount that stays. Meant only with <see cref="RequestHas.Replacement"/>.</summary>
    [FieldOffset(40)] public long ReplacementMinor;
#pragma warning restore CS1591
}
