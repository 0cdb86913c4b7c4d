using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>
/// What a limit counted of a subject on a business date, in a week, in a month, or ever.
/// <code>
/// 0 primary 8 | 8 previous 4 | 12 transactions 4 | 16 minor units 8 | 24
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct DayCounter : IFifoEntry
{
    public const int Bytes = 24;
    [FieldOffset(0)] private ulong _primary;
    [FieldOffset(8)] private uint _previous;
    [FieldOffset(12)] public uint Count;
    [FieldOffset(16)] public long AmountMinor;

    public ulong Primary { readonly get => _primary; init => _primary = value; }

    public uint Previous { readonly get => _previous; set => _previous = value; }

    public readonly UInt128 Mix(long number)
    {
        var mix = new Mix((ulong)StateTable.DayCounters);
        mix.Add(_primary, Count);
        mix.Add((ulong)AmountMinor, (ulong)number);
        return mix.Finish();
    }
}

/// <summary>Months of the calendar, numbered.</summary>
internal static class CalendarMonth
{
    private const int EpochDayNumber = 719_162;                            // 1970-01-01, as DateOnly counts.

    public static int Of(int day)
    {
        var date = DateOnly.FromDayNumber(EpochDayNumber + day);
        return (date.Year * 12) + date.Month;
    }
}

/// <summary>The limits of a version by what they count and where: bit n is the one at place n.</summary>
internal struct LimitPlaces
{
    public uint Version;
    public ulong Attempts;
    public ulong Days;
    public ulong Months;
    public ulong Lives;
    public ulong Slidings;
    public ulong Shared;

    public static LimitPlaces Of(in RuleSet rules)
    {
        var places = new LimitPlaces { Version = rules.Version };
        ReadOnlySpan<LimitTerms> limits = rules.Limits;
        for (var index = 0; index < rules.Count; index++)
        {
            ref readonly var limit = ref limits[index];
            var bit = 1UL << index;
            if (limit.Kind != LimitCounts.Approvals) places.Attempts |= bit;
            if (limit.IsShared && BitOperations.PopCount(places.Shared) < SharedCounts.LimitsMax) places.Shared |= bit;
            switch (limit.Minutes)
            {
                case LimitTerms.Day: places.Days |= bit; break;
                case LimitTerms.Life: places.Lives |= bit; break;
                case LimitTerms.Week or LimitTerms.Month: places.Months |= bit; break;
                default: places.Slidings |= bit; break;
            }
        }

        return places;
    }
}

/// <summary>
/// What a limit counted of a subject in the last pieces of time that it was used on a business date. Eight pieces of a seventh of the
/// window each: seven whole ones and the one that runs are never less than the window, and at most a seventh more.
/// <code>
/// 0 primary 8 | 8 previous 4 | 12 newest piece 4 | 16 transactions by piece modulo eight 32 | 48 minor units likewise 64 | 112
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct SlidingCounter : IFifoEntry
{
    public const int Bytes = 112;
    public const int Pieces = 8;
    [FieldOffset(0)] private ulong _primary;
    [FieldOffset(8)] private uint _previous;
    [FieldOffset(12)] public int Newest;
    [FieldOffset(16)] public PieceCounts Counts;
    [FieldOffset(48)] public PieceAmounts Amounts;

    public ulong Primary { readonly get => _primary; init => _primary = value; }

    public uint Previous { readonly get => _previous; set => _previous = value; }

    /// <summary>Minutes of one piece.</summary>
    public static int PieceMinutes(int windowMinutes) => (windowMinutes + Pieces - 2) / (Pieces - 1);

    /// <summary>Adds what is still within the window that ends with a piece.</summary>
    public readonly void AddTo(int piece, ref long count, ref long amount)
    {
        for (var each = Newest; each > Newest - Pieces && each > piece - Pieces; each--)
        {
            count += Counts[each & (Pieces - 1)];
            amount += Amounts[each & (Pieces - 1)];
        }
    }

    /// <summary>Amounts that are bits: those of the window that ends with a piece.</summary>
    public readonly ulong Bits(int piece)
    {
        var bits = 0UL;
        for (var each = Newest; each > Newest - Pieces && each > piece - Pieces; each--) bits |= (ulong)Amounts[each & (Pieces - 1)];
        return bits;
    }

    /// <summary>Goes on to a piece; those that end are forgotten.</summary>
    public void MoveTo(int piece)
    {
        if (piece - Newest >= Pieces) (Counts, Amounts, Newest) = (default, default, piece);
        while (Newest < piece)
        {
            Newest++;
            Counts[Newest & (Pieces - 1)] = 0;
            Amounts[Newest & (Pieces - 1)] = 0;
        }
    }

    public readonly UInt128 Mix(long number)
    {
        var mix = new Mix((ulong)StateTable.SlidingCounters);
        mix.Add(_primary, (ulong)number);
        mix.Add((ulong)Newest, 0);
        for (var piece = 0; piece < Pieces; piece++) mix.Add(Counts[piece], (ulong)Amounts[piece]);
        return mix.Finish();
    }
}

[InlineArray(SlidingCounter.Pieces)]
internal struct PieceCounts
{
    private uint _first;
}

[InlineArray(SlidingCounter.Pieces)]
internal struct PieceAmounts
{
    private long _first;
}

/// <summary>
/// What an approved transaction was counted as, so that its reversal is given back to the same counters.
/// <code>
/// 0 primary, of the key's number 8 | 8 previous 4 | 12 minute 4 | 16 limits 8 | 24 merchant 8 | 32 terminal 8 | 40 account 4 | 44 BIN 4 | 48 card 8
/// 56 amount that is still counted 8 | 64 version of the rules 4 | 68 unused 4 | 72
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct Receipt : IFifoEntry
{
    public const int Bytes = 72;
    [FieldOffset(0)] private ulong _primary;
    [FieldOffset(8)] private uint _previous;
    [FieldOffset(12)] public int Minute;
    [FieldOffset(16)] public ulong Limits;
    [FieldOffset(24)] public Subjects Subjects;
    [FieldOffset(56)] public long AmountMinor;
    [FieldOffset(64)] public uint Version;

    public ulong Primary { readonly get => _primary; init => _primary = value; }

    public uint Previous { readonly get => _previous; set => _previous = value; }

    public readonly UInt128 Mix(long number)
    {
        var mix = new Mix((ulong)StateTable.Receipts);
        mix.Add((ulong)number, _primary);
        mix.Add(Version, (ulong)AmountMinor);
        mix.Add((uint)Minute, Limits);
        mix.Add(Subjects.Merchant, Subjects.Terminal);
        mix.Add(((ulong)(uint)Subjects.Account << 32) | Subjects.Bin, Subjects.Card);
        return mix.Finish();
    }
}

/// <summary>Who a transaction is counted for, as numbers.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct Subjects
{
    [FieldOffset(0)] public ulong Merchant;
    [FieldOffset(8)] public ulong Terminal;
    [FieldOffset(16)] public int Account;
    [FieldOffset(20)] public uint Bin;
    [FieldOffset(24)] public ulong Card;

    public static Subjects Of(in Request request, int account)
    {
        ReadOnlySpan<byte> acceptor = request.CardAcceptor;
        ReadOnlySpan<byte> terminal = request.Terminal;
        var words = MemoryMarshal.Cast<byte, ulong>(acceptor);
        var merchant = new Mix((ulong)LimitSubject.Merchant);
        merchant.Add(request.Acquirer.Value, 0);
        merchant.Add(words[0], words[1]);
        words = MemoryMarshal.Cast<byte, ulong>(terminal);
        var device = new Mix((ulong)LimitSubject.Terminal);
        device.Add(request.Acquirer.Value, 0);
        device.Add(words[0], words[1]);
        return new Subjects
        {
            Merchant = merchant.Finish64(),
            Terminal = device.Finish64(),
            Account = account,
            Bin = (uint)(request.TruncatedPan.Packed >> 16) & 0xFF_FFFF,
            Card = request.Pan.High ^ request.Pan.Low,
        };
    }

    public readonly ulong Of(LimitSubject subject) => subject switch
    {
        LimitSubject.Card => Card,
        LimitSubject.Account => (uint)Account,
        LimitSubject.Merchant => Merchant,
        LimitSubject.Terminal => Terminal,
        _ => Bin,
    };
}

/// <summary>Whom a request is counted for, worked out; see <see cref="Velocity.For"/>.</summary>
internal struct CountedFor
{
    /// <summary>Counters that are remembered by limit; those of further limits are worked out each time.</summary>
    public const int PrimariesMax = 16;

    private ulong _keyPrimary;
    private ulong _keyRest;
    private ulong _fingerprint;
    private uint _version;
    private int _account;

    public int Day;
    public Subjects Subjects;

    /// <summary>Primary of the counter of the limit at each place; 0 until it is asked for.</summary>
    public PrimaryList Primaries;

    public static CountedFor Of(in Request request, int account, int day, uint version) => new()
    {
        _keyPrimary = request.KeyPrimary,
        _keyRest = request.KeyRest,
        _fingerprint = request.Fingerprint,
        _version = version,
        _account = account,
        Day = day,
        Subjects = Subjects.Of(in request, account),
    };

    public readonly bool IsOf(ulong keyPrimary) => _keyPrimary == keyPrimary;

    public readonly bool Is(in Request request, int account, int day, uint version) =>
        _keyPrimary == request.KeyPrimary && _keyRest == request.KeyRest && _fingerprint == request.Fingerprint
        && _version == version && _account == account && Day == day && version != 0;
}

[InlineArray(CountedFor.PrimariesMax)]
internal struct PrimaryList
{
    private ulong _first;
}
