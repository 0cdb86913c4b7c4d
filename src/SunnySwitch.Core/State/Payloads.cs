using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>Status of a card. Durable.</summary>
public enum CardStatus : byte
{
#pragma warning disable CS1591
    Active = 1, NotActive = 2, Closed = 3, Blocked = 4,
#pragma warning restore CS1591
}

/// <summary>Why a card is on the hot list. Durable.</summary>
public enum HotReason : byte
{
#pragma warning disable CS1591
    None = 0, Lost = 1, Stolen = 2, PickUp = 3, Restricted = 4,
#pragma warning restore CS1591
}

/// <summary>What a cardholder has stopped. Durable.</summary>
public enum StopKind : byte
{
#pragma warning disable CS1591
    None = 0,
#pragma warning restore CS1591
    /// <summary>A payment of a standing order (R0).</summary>
    Payment = 1,
    /// <summary>A standing order with a merchant (R1).</summary>
    Order = 2,
    /// <summary>All standing orders (R3).</summary>
    AllOrders = 3,
}

/// <summary>Sign-on state of a connection. Durable. None also means that the connection ended.</summary>
public enum SessionState : byte
{
#pragma warning disable CS1591
    None = 0, SignedOff = 1, SignedOn = 2,
#pragma warning restore CS1591
}

/// <summary>What the operator sees of a card.</summary>
/// <param name="Pan">First six and last four digits.</param>
/// <param name="Expiry">YYMM.</param>
/// <param name="Status">Status.</param>
/// <param name="Hot">Hot-list entry.</param>
/// <param name="HotFrom">First business date of that entry, days since 1970-01-01; 0: since ever.</param>
/// <param name="HotTo">The last one; 0: for ever.</param>
/// <param name="HotRegion">Hot in this country or region only (UN M49); 0: everywhere.</param>
/// <param name="Currency">ISO 4217 numeric.</param>
/// <param name="LedgerMinor">Booked balance, minor units.</param>
/// <param name="HeldMinor">Reserved by approved authorizations.</param>
/// <param name="AvailableMinor">Ledger plus credit line minus held.</param>
/// <param name="HasAddress">An address can be compared.</param>
/// <param name="PinMethod">How its PIN is known.</param>
/// <param name="PinTries">Wrong PINs since the last right one.</param>
public readonly record struct CardView(
    TruncatedPan Pan, ushort Expiry, CardStatus Status, HotReason Hot, ushort HotFrom, ushort HotTo, ushort HotRegion, ushort Currency,
    long LedgerMinor, long HeldMinor, long AvailableMinor, bool HasAddress,
    PinMethod PinMethod = PinMethod.OfProduct, int PinTries = 0);

/// <summary>Sizes and versions of the small frames' payloads: little-endian, frozen.</summary>
public static class PayloadVersion
{
    /// <summary>Version of the payloads in this file that have one only.</summary>
    public const ushort One = 1;

    /// <summary>
    /// Of <see cref="JournalKind.CardChanged"/> since it has a region and an operator; of <see cref="JournalKind.RulesActivated"/>, in the same
    /// layout, since there are windows over more than a day, ratios, regions, a register and addresses.
    /// </summary>
    public const ushort Two = 2;

    /// <summary>
    /// Of <see cref="JournalKind.RulesActivated"/>, in the same layout, since products say how far chips' counters may jump, and where an
    /// authentication has to be proved.
    /// </summary>
    public const ushort Three = 3;

    /// <summary>
    /// Of <see cref="JournalKind.RulesActivated"/>, longer, since products say what of a chip's words refuses, and limits whether they are shared.
    /// </summary>
    public const ushort Four = 4;
}

#pragma warning disable CS1591
/// <summary>Payload of <see cref="JournalKind.CardAdded"/>: a card and its new account.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
public struct CardAdded
{
    [FieldOffset(0)] public PanToken Pan;
    [FieldOffset(16)] public TruncatedPan TruncatedPan;
    [FieldOffset(24)] public long LedgerMinor;
    [FieldOffset(32)] public long CreditLineMinor;
    [FieldOffset(40)] public ushort Expiry;
    [FieldOffset(42)] public ushort Currency;
    [FieldOffset(44)] public CardStatus Status;
    [FieldOffset(45)] public HotReason Hot;
    [FieldOffset(48)] public int Card;
    [FieldOffset(52)] public int Account;
}

/// <summary>
/// Payload of <see cref="JournalKind.CardsGenerated"/>: PAN = BIN digits, nine-digit index from 0, Luhn digit; every card
/// Active with an account of its own. For load tests.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 48)]
public struct CardsGenerated
{
    [FieldOffset(0)] public ulong Bin;
    [FieldOffset(8)] public int BinDigits;
    [FieldOffset(12)] public int Count;
    [FieldOffset(16)] public long LedgerMinor;
    [FieldOffset(24)] public long CreditLineMinor;
    [FieldOffset(32)] public ushort Expiry;
    [FieldOffset(34)] public ushort Currency;
    [FieldOffset(36)] public int FirstCard;
    [FieldOffset(40)] public int FirstAccount;

    /// <summary>One of them, as if it had been added by itself.</summary>
    public readonly CardAdded CardOf(int index, PanToken pan, TruncatedPan truncatedPan) => new()
    {
        Pan = pan,
        TruncatedPan = truncatedPan,
        LedgerMinor = LedgerMinor,
        CreditLineMinor = CreditLineMinor,
        Expiry = Expiry,
        Currency = Currency,
        Status = CardStatus.Active,
        Card = FirstCard + index,
        Account = FirstAccount + index,
    };
}

/// <summary>Payload of <see cref="JournalKind.SessionChanged"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
public struct SessionChanged
{
    [FieldOffset(0)] public int Connection;
    [FieldOffset(4)] public uint Generation;
    [FieldOffset(8)] public uint Link;
    [FieldOffset(12)] public SessionState State;
}

/// <summary>Payload of <see cref="JournalKind.BusinessDateOpened"/>: days since 1970-01-01.</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
public struct BusinessDateOpened
{
    [FieldOffset(0)] public int DayNumber;
}

/// <summary>Payload of <see cref="JournalKind.CardChanged"/>; version 1 ends after 24 bytes, with zeros for the region.</summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct CardChanged
{
    public const int Bytes = 40, BytesV1 = 24;

    [FieldOffset(0)] public PanToken Pan;
    [FieldOffset(16)] public CardStatus Status;
    [FieldOffset(17)] public HotReason Hot;
    /// <summary>Days since 1970-01-01; 0: since ever.</summary>
    [FieldOffset(18)] public ushort HotFrom;
    /// <summary>The last business date; 0: for ever.</summary>
    [FieldOffset(20)] public ushort HotTo;
    /// <summary>Hot in this country or region only, by its number of UN M49; 0: everywhere.</summary>
    [FieldOffset(22)] public ushort HotRegion;
    /// <summary>Who changed it; empty in version 1.</summary>
    [FieldOffset(24)] public Text16 Operator;
}

/// <summary>Payload of <see cref="JournalKind.AcceptorSet"/>: identifiers with zeros behind them.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
public struct AcceptorSet
{
    [FieldOffset(0)] public ulong Acquirer;
    [FieldOffset(8)] public Text16 Merchant;
    /// <summary>Empty: the merchant itself.</summary>
    [FieldOffset(24)] public Text16 Terminal;
    /// <summary>ISO 18245; 0: any.</summary>
    [FieldOffset(40)] public ushort Category;
    [FieldOffset(42)] public AcceptorStatus Status;
    [FieldOffset(48)] public Text16 Operator;
}

/// <summary>Payload of <see cref="JournalKind.PaymentStopped"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
public struct PaymentStopped
{
    [FieldOffset(0)] public PanToken Pan;
    /// <summary>0: any.</summary>
    [FieldOffset(16)] public ulong Acquirer;
    /// <summary>Empty: any.</summary>
    [FieldOffset(24)] public Text16 Merchant;
    /// <summary>Days since 1970-01-01; 0: since ever.</summary>
    [FieldOffset(40)] public ushort From;
    /// <summary>The last business date; 0: for ever.</summary>
    [FieldOffset(42)] public ushort To;
    /// <summary>None: the order has ended.</summary>
    [FieldOffset(44)] public StopKind Kind;
    [FieldOffset(48)] public Text16 Operator;
}

/// <summary>Payload of <see cref="JournalKind.CardAddressed"/>: keyed checks of the address, never the address.</summary>
[StructLayout(LayoutKind.Explicit, Size = 40)]
public struct CardAddressed
{
    [FieldOffset(0)] public PanToken Pan;
    [FieldOffset(16)] public AddressChecks Address;
    [FieldOffset(24)] public Text16 Operator;
}

/// <summary>Payload of <see cref="JournalKind.CardPinSet"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 48)]
public struct CardPinSet
{
    [FieldOffset(0)] public PanToken Pan;
    /// <summary>PVV or offset, as <see cref="CardSecurity"/> packs it.</summary>
    [FieldOffset(16)] public ulong Value;
    [FieldOffset(24)] public PinMethod Method;
    [FieldOffset(25)] public byte KeyIndex;
    [FieldOffset(32)] public Text16 Operator;
}

/// <summary>Payload of <see cref="JournalKind.KeyNoted"/>: a version of a key, who did what to it, and never the key.</summary>
[StructLayout(LayoutKind.Explicit, Size = 96)]
public struct KeyNoted
{
    [FieldOffset(0)] public Text16 Label;
    /// <summary>From 1.</summary>
    [FieldOffset(16)] public uint Version;
    /// <summary>The version that was current and is previous from now on; 0: none.</summary>
    [FieldOffset(20)] public uint Replaced;
    /// <summary>Key check value as a number: three bytes of a TDEA key, five of others.</summary>
    [FieldOffset(24)] public ulong CheckValue;
    [FieldOffset(32)] public Text16 Operator;
    [FieldOffset(48)] public Text16 SecondOperator;
    /// <summary>Empty, but for a key of three components.</summary>
    [FieldOffset(64)] public Text16 ThirdOperator;
    /// <summary>As X9.143 has it, first character in the high byte.</summary>
    [FieldOffset(80)] public ushort Usage;
    [FieldOffset(82)] public ushort Bits;
    /// <summary>Day by which it is to be changed, days since 1970-01-01; 0: none was said.</summary>
    [FieldOffset(84)] public ushort Expires;
    /// <summary>As X9.143 has it; so are the two that follow.</summary>
    [FieldOffset(86)] public byte Algorithm;
    [FieldOffset(87)] public byte Mode;
    [FieldOffset(88)] public byte Exportability;
    [FieldOffset(89)] public KeyState State;
    [FieldOffset(90)] public KeyAct Act;
}

/// <summary>One hold that is over: slot 4, account 4, key number 8, amount that was still held 8.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
public struct ExpiredHold
{
    [FieldOffset(0)] public int Hold;
    [FieldOffset(4)] public int Account;
    [FieldOffset(8)] public long Key;
    [FieldOffset(16)] public long AmountMinor;
}

/// <summary>Payload of <see cref="JournalKind.HoldsExpired"/>: count, and that many holds; the rest is zero.</summary>
[StructLayout(LayoutKind.Explicit, Size = 8 + (Max * 24))]
public struct HoldsExpired
{
    public const int Max = 13;                               // As long as a decision with rules and original, about.
    [FieldOffset(0)] public int Count;
    [FieldOffset(8)] public ExpiredHolds Items;
}

[System.Runtime.CompilerServices.InlineArray(HoldsExpired.Max)]
public struct ExpiredHolds
{
    private ExpiredHold _first;
}

/// <summary>Payload of <see cref="JournalKind.EpochStarted"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
public struct EpochStarted
{
    [FieldOffset(0)] public ulong Epoch;
    [FieldOffset(8)] public uint TokenKeyCheck;
}
#pragma warning restore CS1591
