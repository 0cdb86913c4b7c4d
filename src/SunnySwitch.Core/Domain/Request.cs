using System.Runtime.InteropServices;

namespace SunnySwitch.Core.Domain;

/// <summary>Which optional values a request carried: bit set = the data element was present.</summary>
[Flags]
public enum RequestHas : ulong
{
#pragma warning disable CS1591
    None = 0,
    Pan = 1 << 0, ProcessingCode = 1 << 1, Amount = 1 << 2, TraceTime = 1 << 3, Stan = 1 << 4, LocalTime = 1 << 5,
    LocalDate = 1 << 6, Expiry = 1 << 7, SettlementDate = 1 << 8, MerchantCategory = 1 << 9, AcquirerCountry = 1 << 10,
    EntryMode = 1 << 11, ReasonCode = 1 << 12, Acquirer = 1 << 13, Forwarder = 1 << 14, Rrn = 1 << 15, Terminal = 1 << 16,
    CardAcceptor = 1 << 17, Currency = 1 << 18, Original = 1 << 19, Replacement = 1 << 20, Track2 = 1 << 21, PinBlock = 1 << 22,
    ChipData = 1 << 23, NetworkCode = 1 << 24, FunctionCode = 1 << 26, CardSequence = 1 << 27, Cash = 1 << 28, ApprovalCode = 1 << 29,
#pragma warning restore CS1591
    /// <summary>Not a data element: the PAN has fewer than 13 or more than 19 digits, or fails its Luhn digit. Set at the edge.</summary>
    PanBad = 1 << 25,

    /// <summary>0100: the amount is an estimate, increments and completions follow (since 1993 an odd function code, 101).</summary>
    PreAuthorization = 1 << 30,
    /// <summary>0100: more for an authorization that was given (since 1993 function codes 106 and 107).</summary>
    Increment = 1UL << 31,
    /// <summary>0200, 0220: captures an authorization that was given (since 1993 function codes 201 and 202).</summary>
    Completion = 1UL << 32,
    /// <summary>0200, 0220: captures a part, others follow; the rest stays held.</summary>
    MoreFollow = 1UL << 33,
    /// <summary>The terminal can go on with less than it asked for.</summary>
    PartialOk = 1UL << 34,
    /// <summary>0120, 0220: the advice tells of a decline (its DE39 is no approval).</summary>
    DeclinedElsewhere = 1UL << 35,

    /// <summary>DE28: a fee beside DE4.</summary>
    Fee = 1UL << 36,
    /// <summary>Not of the message: the decision has a fee or a rate. Set by the kernel.</summary>
    Charged = 1UL << 37,

    /// <summary>Not a data element: PAN or expiry of track 2 is not that of DE2 or DE14. Set at the edge.</summary>
    TrackDiffers = 1UL << 38,

    /// <summary>Charged by a standing order, nobody was there (1993: DE22, position 5, is 4; else the dialect's mark).</summary>
    StandingOrder = 1UL << 39,

    /// <summary>The card's code is the one printed on it (CVV2).</summary>
    PrintedCode = 1UL << 40,

    /// <summary>Not of the message: a <see cref="Domain.Proof"/> is in the frame. Set by the kernel.</summary>
    Proof = 1UL << 41,

    /// <summary>A proof of the cardholder's authentication came with an e-commerce payment (CAVV).</summary>
    AuthenticationValue = 1UL << 42,

    /// <summary>Not a data element: answers of this dialect tell how that proof was verified. Set at the edge.</summary>
    TellsAuthentication = 1UL << 49,
    /// <summary>Not a data element: the verdict on it is that of the network, which said so beside it. Set by the kernel.</summary>
    NetworkVerdict = 1UL << 50,
    /// <summary>Not of the message: a <see cref="Domain.Serial"/> is in the frame. Set by the kernel.</summary>
    Serial = 1UL << 43,

    /// <summary>Four bits with one more than the last digit of the e-commerce indicator; 0: none. See <see cref="Request.Indicator"/>.</summary>
    Indicator = 0xFUL << 44,

    /// <summary>Not of the message: <see cref="Domain.SharedCounts"/> are in the frame. Set by the kernel.</summary>
    SharedCounts = 1UL << 48,

    /// <summary>Not of the message: four bits with one more than the wrong PINs that the card has from now on; 0: as before. Set by the kernel.</summary>
    PinTries = 0xFUL << 56,

    /// <summary>Not of the message: four bits with the verdict on an address, <see cref="Request.Address"/>. Set by the kernel.</summary>
    AddressVerdict = 0xFUL << 60,

    /// <summary><see cref="Domain.Charges"/> follow in the frame.</summary>
    Charges = Fee | Charged,

    /// <summary>It names an earlier transaction: <see cref="OriginalData"/> follows in the frame.</summary>
    Names = Original | ApprovalCode,
}

/// <summary>
/// What a check may read of a request, as numbers: filled once at the edge from the decoded message, whatever edition of the
/// standard it follows, then part of the <see cref="Decided"/> frame. Little-endian, frozen: version 2 of that frame's payload.
/// <code>
///   0 PAN token            16    80 trace time MMDDhhmmss 4   104 MTI              2   128 DE37      12
///  16 truncated PAN         8    84 DE3                   4   106 function code    2   140 verdicts   4
///  24 DE4 minor units       8    88 local time hhmmss     4   108 reason code      2   144 DE41      16
///  32 DE32 (or the link's)  8    92 local date MMDD       2   110 currency numeric 2   160 DE42      16
///  40 DE33                  8    94 expiry YYMM           2   112 service code     2   176 end
///  48 duplicate key        16    96 settlement date MMDD  2   114 DE23             2
///  64 fingerprint           8    98 merchant category     2   116 cash part        4
///  72 DE11                  8   100 acquirer country 2  102 entry mode 2         120 RequestHas 8
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct Request
{
    /// <summary>Size of the layout.</summary>
    public const int Bytes = 176;
#pragma warning disable CS1591
    [FieldOffset(0)] public PanToken Pan;
    [FieldOffset(16)] public TruncatedPan TruncatedPan;
    [FieldOffset(24)] public long AmountMinor;
    [FieldOffset(32)] public InstitutionId Acquirer;
    [FieldOffset(40)] public InstitutionId Forwarder;
    /// <summary>Acquirer, MTI class and function without the repeat bit, DE11, trace time: what a reversal can name.</summary>
    [FieldOffset(48)] public ulong KeyPrimary;
    /// <summary>The key's other parts: DE37, DE41.</summary>
    [FieldOffset(56)] public ulong KeyRest;
    /// <summary>PAN token, DE3, 4, 42, currency, cash part, what the original is and what stays of it.</summary>
    [FieldOffset(64)] public ulong Fingerprint;
    /// <summary>DE11: six digits, twelve in 2003.</summary>
    [FieldOffset(72)] public ulong Stan;
    /// <summary>
    /// MMDDhhmmss that a reversal names beside the STAN: DE7 in 1987 (DE90), the local time of DE12 since (DE56).
    /// </summary>
    [FieldOffset(80)] public uint TraceTime;
    [FieldOffset(84)] public uint ProcessingCode;
    [FieldOffset(88)] public uint LocalTime;
    [FieldOffset(92)] public ushort LocalDate;
    /// <summary>DE14, YYMM.</summary>
    [FieldOffset(94)] public ushort Expiry;
    [FieldOffset(96)] public ushort SettlementDate;
    /// <summary>DE18 in 1987, DE26 since.</summary>
    [FieldOffset(98)] public ushort MerchantCategory;
    [FieldOffset(100)] public ushort AcquirerCountry;
    /// <summary>DE22 in the digits of 1987: 051 is chip, PIN possible.</summary>
    [FieldOffset(102)] public ushort EntryMode;
    /// <summary>Four BCD digits as received but for the version, which is 0: 0x0101 for a repeat.</summary>
    [FieldOffset(104)] public ushort Mti;
    /// <summary>DE24 since 1993; 0 in 1987.</summary>
    [FieldOffset(106)] public ushort FunctionCode;
    /// <summary>DE25: two digits (condition) in 1987, four (reason) since.</summary>
    [FieldOffset(108)] public ushort ReasonCode;
    /// <summary>ISO 4217 numeric; 0 when absent or no such number.</summary>
    [FieldOffset(110)] public ushort Currency;
    /// <summary>From track 2; 0 when absent.</summary>
    [FieldOffset(112)] public ushort ServiceCode;
    /// <summary>DE23.</summary>
    [FieldOffset(114)] public ushort CardSequence;
    /// <summary>DE54, amount type 40: the part of DE4 that is paid out. Meant only with <see cref="RequestHas.Cash"/>; 0 when it is over 32 bits.</summary>
    [FieldOffset(116)] public uint CashMinor;
    [FieldOffset(120)] public RequestHas Has;
    [FieldOffset(128)] public Text12 Rrn;
    /// <summary>See <see cref="SecurityVerdicts"/>; 0 = not checked.</summary>
    [FieldOffset(140)] public uint Verdicts;
    [FieldOffset(144)] public Text16 Terminal;
    [FieldOffset(160)] public Text16 CardAcceptor;
#pragma warning restore CS1591

    private const int AddressShift = 60, PinTriesShift = 56, IndicatorShift = 44;

    /// <summary>Wrong PINs that the card has from now on; -1: as before.</summary>
    public int PinTries
    {
        readonly get => (int)((ulong)(Has & RequestHas.PinTries) >> PinTriesShift) - 1;
        set => Has = (Has & ~RequestHas.PinTries) | (RequestHas)((ulong)(value + 1) << PinTriesShift);
    }

    /// <summary>Last digit of the e-commerce indicator: 5, 2 authenticated, 6, 1 tried, 7, 0 not at all; -1: none came.</summary>
    public int Indicator
    {
        readonly get => (int)((ulong)(Has & RequestHas.Indicator) >> IndicatorShift) - 1;
        set => Has = (Has & ~RequestHas.Indicator) | (RequestHas)((ulong)(value + 1) << IndicatorShift);
    }

    /// <summary><see cref="Verdicts"/>, one by one.</summary>
    public SecurityVerdicts Security
    {
        readonly get => new(Verdicts);
        set => Verdicts = value.Packed;
    }

    /// <summary>How the address that came with it compares with the cardholder's: a verdict, the address itself is in no frame.</summary>
    public AddressMatch Address
    {
        readonly get => (AddressMatch)((ulong)Has >> AddressShift);
        set => Has = (Has & ~RequestHas.AddressVerdict) | (RequestHas)((ulong)value << AddressShift);
    }
}

/// <summary>
/// The earlier transaction that a request names, and what stays of it: DE90, DE38 and DE95 in 1987, DE56, DE38 and DE4 since. Follows
/// the fixed part of a <see cref="Decided"/> frame when the request named one.
/// <code>
///  0 original's key primary 8 | 8 DE11 8 | 16 acquirer 8 | 24 forwarder 8 | 32 amount that stays 8 | 40 trace time 4 | 44 MTI 2 | 46 unused 2
/// 48 DE38 base 36 number 4 | 52 fee that stays 4 | 56
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct OriginalData
{
    /// <summary>Size of the layout.</summary>
    public const int Bytes = 56;
#pragma warning disable CS1591
    [FieldOffset(0)] public ulong KeyPrimary;
    [FieldOffset(8)] public ulong Stan;
    [FieldOffset(16)] public InstitutionId Acquirer;
    [FieldOffset(24)] public InstitutionId Forwarder;
    /// <summary>The amount that stays. Meant only with <see cref="RequestHas.Replacement"/>.</summary>
    [FieldOffset(32)] public long ReplacementMinor;
    [FieldOffset(40)] public uint TraceTime;
    /// <summary>Without the version: 0x0100.</summary>
    [FieldOffset(44)] public ushort Mti;
    /// <summary>Meant only with <see cref="RequestHas.ApprovalCode"/>.</summary>
    [FieldOffset(48)] public uint ApprovalCode;
    /// <summary>The fee that stays held with the amount (DE95, positions 25 to 33); since version 3 of the frame, 0 before.</summary>
    [FieldOffset(52)] public int FeeStaysMinor;
#pragma warning restore CS1591
}
