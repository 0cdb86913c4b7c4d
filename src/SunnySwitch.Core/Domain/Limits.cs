using System.Runtime.InteropServices;

namespace SunnySwitch.Core.Domain;

/// <summary>Whose transactions a limit counts. Durable.</summary>
public enum LimitSubject : byte
{
#pragma warning disable CS1591
    Card = 1, Account = 2, Merchant = 3, Terminal = 4, Bin = 5,
#pragma warning restore CS1591
}

/// <summary>Which transactions a limit counts. Durable.</summary>
public enum LimitCounts : byte
{
    /// <summary>What was approved; given back when it is undone.</summary>
    Approvals = 0,
    /// <summary>Whatever was asked for, but for what this limit refused itself: against trying cards out.</summary>
    Attempts = 1,
    /// <summary>What was declined, likewise.</summary>
    Declines = 2,
    /// <summary>Different cards that were tried, estimated: a card that was seen before is not turned away.</summary>
    Cards = 3,
    /// <summary>How many of the attempts were declined, once there are enough of them: against a storm of declines.</summary>
    Ratio = 4,
}

/// <summary>
/// One limit: so many transactions, or so much money, of a subject within a window. Little-endian, frozen.
/// <code>
/// 0 most transactions 8 | 8 most money, minor units 8 | 16 window in minutes 4 | 20 currency 2 | 22 operations 2 | 24 id 1
/// 25 subject 1 | 26 what is counted 1 | 27 shared 1 | 28 since 4 | 32 name 16 | 48
/// </code>
/// A ratio has the fewest attempts that it is judged by, and the most declines per mille, in the place of transactions and money.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct LimitTerms
{
    /// <summary>Size of the layout.</summary>
    public const int Bytes = 48;

    /// <summary>Longest sliding window: a day.</summary>
    public const int MinutesMax = 1_440;

    /// <summary>Windows that are no minutes: the business date, its week from Monday on, its month of the calendar, and for ever.</summary>
    public const int Day = 0, Week = -1, Month = -2, Life = -3;

    /// <summary>Most different cards that can be told apart well enough.</summary>
    public const int CardsMax = 200;
#pragma warning disable CS1591
    /// <summary>0: not counted.</summary>
    [FieldOffset(0)] public long CountMax;
    /// <summary>0: not summed up.</summary>
    [FieldOffset(8)] public long AmountMaxMinor;
    /// <summary>The last so many minutes; or <see cref="Day"/>, <see cref="Week"/>, <see cref="Month"/>, <see cref="Life"/>.</summary>
    [FieldOffset(16)] public int Minutes;
    /// <summary>ISO 4217 numeric; only transactions in it are counted. 0: all, and no amount.</summary>
    [FieldOffset(20)] public ushort Currency;
    /// <summary>Bit n: <see cref="Operation"/> n.</summary>
    [FieldOffset(22)] public ushort Operations;
    /// <summary>1 to 64; what it stands for stays the same from version to version.</summary>
    [FieldOffset(24)] public byte Id;
    [FieldOffset(25)] public LimitSubject Subject;
    [FieldOffset(26)] public LimitCounts Kind;
    /// <summary>1: what other cells have counted counts too; else 0.</summary>
    [FieldOffset(27)] public byte Shared;
    /// <summary>
    /// Version of the rules in which its id came to stand for it; set when they are activated. What was counted before was counted for
    /// another limit of that id.
    /// </summary>
    [FieldOffset(28)] public uint Since;
    [FieldOffset(32)] public Text16 Name;
#pragma warning restore CS1591

    /// <summary>True if what other cells have counted counts too.</summary>
    public readonly bool IsShared => Shared != 0;

    /// <summary>True if its window is the last minutes.</summary>
    public readonly bool IsSliding => Minutes > 0;

    /// <summary>True if a transaction counts against it.</summary>
    public readonly bool Counts(Operation operation, ushort currency) => (Operations >> (int)operation & 1) != 0 && (Currency == 0 || Currency == currency);
}
