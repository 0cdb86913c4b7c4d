using System.Runtime.InteropServices;

namespace SunnySwitch.Core.Domain;

/// <summary>What a request asks for: MTI, DE3 and DE4 together. Durable.</summary>
public enum Operation : byte
{
    /// <summary>Nothing that we know.</summary>
    None = 0,
    /// <summary>DE3 00.</summary>
    Purchase = 1,
    /// <summary>DE3 01.</summary>
    Cash = 2,
    /// <summary>DE3 09: goods, and cash in hand (DE54, amount type 40).</summary>
    CashBack = 3,
    /// <summary>DE3 20: money back to the card.</summary>
    Refund = 4,
    /// <summary>DE3 30 or 31: the balances.</summary>
    Inquiry = 5,
    /// <summary>0100, DE3 00, amount zero: is this card good?</summary>
    Verification = 6,
    /// <summary>0400 or 0420.</summary>
    Reversal = 7,
    /// <summary>0100 with an estimate: holds, to be raised and captured.</summary>
    PreAuthorization = 8,
    /// <summary>0100 that names an authorization: holds more.</summary>
    Increment = 9,
    /// <summary>0200 or 0220 that names an authorization: captures it, or a part.</summary>
    Completion = 10,
    /// <summary>0220 of what was approved elsewhere: posted whatever the funds.</summary>
    ForcePost = 11,
    /// <summary>DE3 02: undoes what it names.</summary>
    Void = 12,
}

/// <summary>
/// The checks of a decision, numbered as the steps of the table in <c>docs/authorization.md</c>; a step that the switch does
/// not take has no name here. Durable: the number is a bit in <see cref="Explanation.Checks"/>.
/// </summary>
public enum Check : byte
{
#pragma warning disable CS1591
    None = 0, Format = 1, Mac = 2, Sender = 3, CutOver = 4, Duplicate = 5, Function = 6, Amount = 7, Place = 8, Pan = 9, Product = 10, Entry = 11, Expiry = 12,
    HotList = 13, CardStatus = 14, StandingOrder = 15, Cryptogram = 16, CardCode = 17, Authentication = 18, Pin = 19, Address = 20,
    Limits = 21, Account = 23, Original = 24, Capacity = 26, Good = 27,
#pragma warning restore CS1591
}

/// <summary>
/// Why a decision came out as it did: what cannot be computed again from the rest of the frame. Little-endian, frozen.
/// <code>
/// 0 checks that were run, bit n is check n 4 | 4 nanoseconds from arrival to decision 4 | 8 available before 8 | 16 ledger before 8
/// 24 check that decided 1 | 25 operation 1 | 26 currency of the account 2 | 28 version of the rules, 0 none 4
/// 32 limits that count it 8 | 40 limits breached 8 | 48 what the first breached one had reached 8 | 56 its id 1 | 57 unused 7 | 64
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct Explanation
{
    /// <summary>Size of the layout.</summary>
    public const int Bytes = 64;
#pragma warning disable CS1591
    [FieldOffset(0)] public uint Checks;
    /// <summary>Saturated at 4.29 s.</summary>
    [FieldOffset(4)] public uint WaitedNanos;
    /// <summary>Meant when <see cref="Check.Account"/> was run.</summary>
    [FieldOffset(8)] public long AvailableMinor;
    /// <summary>Meant when <see cref="Check.Account"/> was run.</summary>
    [FieldOffset(16)] public long LedgerMinor;
    [FieldOffset(24)] public Check DecidedBy;
    [FieldOffset(25)] public Operation Operation;
    /// <summary>ISO 4217 numeric. Meant when <see cref="Check.Account"/> was run.</summary>
    [FieldOffset(26)] public ushort Currency;
    /// <summary>In force when limits were looked at; 0: none.</summary>
    [FieldOffset(28)] public uint RulesVersion;
    /// <summary>Bit n: the limit at place n of the rules counts this transaction if it is approved.</summary>
    [FieldOffset(32)] public ulong Counted;
    /// <summary>Bit n: the limit at place n would be exceeded.</summary>
    [FieldOffset(40)] public ulong Breached;
    /// <summary>Transactions or minor units counted before by the first of those.</summary>
    [FieldOffset(48)] public long Reached;
    [FieldOffset(56)] public byte BreachedId;
#pragma warning restore CS1591

    /// <summary>Notes that a check was run.</summary>
    public void Ran(Check check) => Checks |= 1U << (int)check;

    /// <summary>True if that check was run.</summary>
    public readonly bool HasRun(Check check) => ((Checks >> (int)check) & 1) != 0;
}
