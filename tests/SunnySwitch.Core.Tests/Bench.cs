using System.Runtime.InteropServices;
using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Tests;

/// <summary>Tokens that need no key: the digits themselves, mixed. For tests that do not care.</summary>
internal sealed class PlainTokens : IPanTokens
{
    public void Tokenise(byte[] blocks, int count, byte[] tokens)
    {
        for (var index = 0; index < count; index++)
        {
            var words = MemoryMarshal.Cast<byte, ulong>(blocks.AsSpan(index * 16, 16));
            var mix = new Mix(99);
            mix.Add(words[0], words[1]);
            MemoryMarshal.Write(tokens.AsSpan(index * 16, 16), mix.Finish());
        }
    }

    public static PanToken Of(string digits)
    {
        var block = new byte[16];
        var token = new byte[16];
        PanBlock.Write(Encoding.ASCII.GetBytes(digits), block);
        new PlainTokens().Tokenise(block, 1, token);
        return PanBlock.ReadToken(token);
    }
}

/// <summary>A small switch on the bench: a state, a decider, and every frame that was applied, so that it can be folded again.</summary>
internal sealed class Bench
{
    public const string Card = "4761739001010119";
    public const string OtherCard = "5413330089020011";
    public const ushort Dollars = 840;
    public const int FirstDay = 20_000;                      // 2024-10-04
    public static readonly InstitutionId Acquirer = InstitutionId.Of(400001, 6);

    public static readonly LinkTerms[] Links =
    [
        new(7, "open", SignOnRequired: false, [Acquirer, InstitutionId.Of(400002, 6)]),
        new(8, "guarded", SignOnRequired: true, [Acquirer]),
        new(9, "quiet", SignOnRequired: false, [Acquirer, InstitutionId.Of(400002, 6)], CutOverQuietNanos: 5 * Instant.NanosPerSecond),
        new(10, "other", SignOnRequired: false, [Acquirer], PinZone: 7),
    ];

    public readonly List<(JournalKind Kind, long Sequence, byte[] Payload, Instant Time)> Frames = [];
    public readonly StateOptions Options;
    public readonly CardDesk Desk;
    public Decider Decider;
    public Transaction Transaction;
    private long _sequence;

    public Bench(StateOptions? options = null, bool empty = false)
    {
        Options = options ?? new StateOptions(64, 64, 1000, 1000, 100, 8);
        State = new SwitchState(Options, new PlainTokens());
        Decider = new Decider(State, Links);
        Desk = new CardDesk(State);
        if (empty) return;
        Write(JournalKind.EpochStarted, new EpochStarted { Epoch = 1, TokenKeyCheck = 5 });
        Write(JournalKind.BusinessDateOpened, new BusinessDateOpened { DayNumber = FirstDay });
        AddCard(Card, 100_000);
        AddCard(OtherCard, 100_000);
    }

    /// <summary>So many seconds after the end of the open business date, or before it.</summary>
    public Instant AtCutOver(int seconds = 0) => new((((State.BusinessDay + 1) * 86_400L) + seconds) * Instant.NanosPerSecond);

    public SwitchState State { get; private set; }

    public long NextSequence => _sequence + 1;

    /// <summary>Time of decisions and frames; a test moves it.</summary>
    public Instant Now { get; set; } = new(FirstDay * 86_400L * Instant.NanosPerSecond);

    public static CardTerms Terms(string pan, long ledgerMinor, ushort expiry = 3012) =>
        new(PlainTokens.Of(pan), TruncatedPan.Of(uint.Parse(pan[..6]), uint.Parse(pan[^4..]), pan.Length), expiry, Dollars, ledgerMinor, 0);

    public void AddCard(string pan, long ledgerMinor, ushort expiry = 3012, CardStatus status = CardStatus.Active, HotReason hot = HotReason.None)
    {
        Assert.True(Desk.TryAdd(Terms(pan, ledgerMinor, expiry) with { Status = status, Hot = hot }, out var payload, out _));
        Write(JournalKind.CardAdded, payload);
    }

    public CardView View(string pan = Card)
    {
        Assert.True(State.TryFindCard(PlainTokens.Of(pan), out var view));
        return view;
    }

    /// <summary>Ends the holds whose time is over, as the kernel does after a cut-over.</summary>
    public void Sweep()
    {
        for (var cursor = 0; cursor >= 0;)
        {
            var over = default(HoldsExpired);
            State.FindOver(ref cursor, 50, ref over);
            if (over.Count > 0) Write(JournalKind.HoldsExpired, over);
        }
    }

    public void OpenDay(int day) => Write(JournalKind.BusinessDateOpened, new BusinessDateOpened { DayNumber = day });

    public void Write<T>(JournalKind kind, T payload) where T : unmanaged => WriteBytes(kind, MemoryMarshal.AsBytes([payload]).ToArray());

    public void WriteBytes(JournalKind kind, byte[] payload)
    {
        Frames.Add((kind, ++_sequence, payload, Now));
        State.Apply(kind, VersionOf(kind), _sequence, Now, payload);
    }

    /// <summary>Version of the payload that is written today.</summary>
    public static ushort VersionOf(JournalKind kind) => kind switch
    {
        JournalKind.Decided => Decided.Version,
        JournalKind.CardChanged => PayloadVersion.Two,
        JournalKind.RulesActivated => PayloadVersion.Four,
        _ => PayloadVersion.One,
    };

    /// <summary>Decides; an answer or a session change is journalled and applied, as the kernel does it.</summary>
    public Verdict Send(ref Transaction transaction)
    {
        var verdict = Decider.Decide(ref transaction, Now, NextSequence);
        Transaction = transaction;
        if (verdict == Verdict.SessionChange) Write(JournalKind.SessionChanged, transaction.Session);
        if (verdict == Verdict.Answer) WriteBytes(JournalKind.Decided, PayloadOf(in transaction));
        return verdict;
    }

    /// <summary>Sends and tells the code; "" for silence.</summary>
    public string Code(Transaction transaction) => Send(ref transaction) == Verdict.Silence ? "" : transaction.Decided.Code.ToString();

    public static byte[] PayloadOf(in Transaction transaction)
    {
        var payload = new byte[Decided.PayloadBytesMax];
        return payload[..Decided.Write(in transaction.Decided, in transaction.Original, in transaction.Charges, in transaction.Shared, payload)];
    }

    /// <summary>Every frame decided anew, each against the state before it: where it comes out otherwise.</summary>
    public IEnumerable<Difference> Redecided()
    {
        var again = new Redecision(new SwitchState(Options, new PlainTokens()), 1, long.MaxValue);
        foreach (var (kind, sequence, payload, time) in Frames)
        {
            if (again.Take(kind, VersionOf(kind), sequence, time, payload) is { } difference) yield return difference;
        }
    }

    /// <summary>What holds after every test: decided anew and folded anew, all comes out the same.</summary>
    public void AssertSound()
    {
        Assert.Empty(Redecided());
        Assert.Equal(State.Hash, State.HashFromScratch());
        Assert.Equal(State.Hash, Fold().Hash);
    }

    /// <summary>A restart: a new state, made of the frames alone.</summary>
    public SwitchState Fold()
    {
        var state = new SwitchState(Options, new PlainTokens());
        foreach (var (kind, sequence, payload, time) in Frames) state.Apply(kind, VersionOf(kind), sequence, time, payload);
        return state;
    }

    /// <summary>A restart from an image of the state, in a piece size that tears entries apart.</summary>
    public void RestartFromImage()
    {
        var bytes = new List<byte>();
        var head = State.Image;
        State.WriteImage(new ImageWriter(new byte[100], piece => bytes.AddRange(piece.Span)));
        Assert.Equal(head.Bytes, bytes.Count);
        Assert.Null(head.Problem());
        var image = bytes.ToArray();
        var used = 0;
        var state = new SwitchState(Options, new PlainTokens());
        state.ReadImage(in head, new ImageReader(new byte[77], Next, image.Length));
        Assert.Equal(image.Length, used);
        Assert.Equal(state.Hash, state.HashFromScratch());
        State = state;
        Decider = new Decider(State, Links);

        void Next(Memory<byte> target)
        {
            image.AsMemory(used, target.Length).CopyTo(target);
            used += target.Length;
        }
    }

    public void Restart()
    {
        State = Fold();
        Decider = new Decider(State, Links);
    }

    public static Transaction Purchase(uint stan, long amount = 1_000, ushort mti = 0x0100, string pan = Card, string terminal = "TERM0001")
    {
        var transaction = default(Transaction);
        ref var request = ref transaction.Request;
        request.Mti = mti;
        request.Pan = PlainTokens.Of(pan);
        request.TruncatedPan = TruncatedPan.Of(uint.Parse(pan[..6]), uint.Parse(pan[^4..]), pan.Length);
        request.AmountMinor = amount;
        request.Acquirer = Acquirer;
        request.Stan = stan;
        request.TraceTime = 1122165047;
        request.Currency = Dollars;
        Encoding.ASCII.GetBytes("632616123456", request.Rrn);
        Encoding.ASCII.GetBytes(terminal, request.Terminal);
        Encoding.ASCII.GetBytes("MERCHANT0000001", request.CardAcceptor);
        request.Has = RequestHas.Pan | RequestHas.ProcessingCode | RequestHas.Amount | RequestHas.TraceTime | RequestHas.Stan
            | RequestHas.Rrn | RequestHas.Terminal | RequestHas.CardAcceptor | RequestHas.Currency | RequestHas.Acquirer;
        transaction.Generation = 1;
        Seal(ref transaction);
        return transaction;
    }

    private static readonly ThreadLocal<Transaction> _withChip = new(() => Transaction.WithEvidence(0));

    /// <summary>The same, with a cryptogram that the HSM has looked at, and its counter. Good until the next of this thread.</summary>
    public static Transaction WithChip(Transaction transaction, ushort counter, SecurityVerdict verdict = SecurityVerdict.Right, ushort sequence = 1)
    {
        var withChip = _withChip.Value;
        withChip.Evidence.Wipe();                                           // Another test's last words.
        withChip.Decided = transaction.Decided;
        (withChip.Original, withChip.Charges, withChip.Generation) = (transaction.Original, transaction.Charges, transaction.Generation);
        (withChip.Brought, withChip.IsVerified) = (EvidenceHas.Cryptogram, true);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(((Span<byte>)withChip.Evidence.Chip)[^2..], counter);
        withChip.Request.Security = SecurityVerdicts.Of(default, default, verdict, default);
        withChip.Request.CardSequence = sequence;
        withChip.Request.Has |= RequestHas.ChipData | RequestHas.CardSequence;
        return withChip;
    }

    /// <summary>CDA failed in the terminal's words; a bit of the third byte of the chip's, which begin at the fourth.</summary>
    public static ChipTerms Refused
    {
        get
        {
            var terms = new ChipTerms { ChipAt = 4 };
            (terms.Terminal[0], terms.Chip[2]) = (0x04, 0x20);
            return terms;
        }
    }

    /// <summary>The same, with a PIN that the HSM has looked at, under a device's key. Good until the next of this thread.</summary>
    public static Transaction WithPin(Transaction transaction, string ksn, SecurityVerdict verdict = SecurityVerdict.Right, int link = 0)
    {
        var withPin = WithChip(transaction, 0);
        withPin.Request.Has = transaction.Request.Has | RequestHas.PinBlock;
        (withPin.Brought, withPin.LinkIndex) = (EvidenceHas.PinBlock, link);
        withPin.Evidence.KsnBytes = (byte)(ksn.Length / 2);
        Convert.FromHexString(ksn).CopyTo(withPin.Evidence.Ksn);
        withPin.Request.Security = SecurityVerdicts.Of(verdict, default, default, default);
        withPin.Request.CardSequence = transaction.Request.CardSequence;
        withPin.Asked = EvidenceHas.PinBlock;
        return withPin;
    }

    public static Transaction Reversal(
        uint stan, in Transaction original, ushort mti = 0x0420, long? stays = null, string? pan = null)
    {
        var transaction = Purchase(stan, original.Request.AmountMinor, mti);
        transaction.Request.Pan = pan is null ? original.Request.Pan : PlainTokens.Of(pan);
        transaction.Request.Terminal = original.Request.Terminal;
        transaction.Request.Acquirer = original.Request.Acquirer;
        transaction.Request.Has |= RequestHas.Original;
        transaction.Original = new OriginalData
        {
            Mti = original.Request.Mti,
            Stan = original.Request.Stan,
            TraceTime = original.Request.TraceTime,
        };
        if (stays is { } minor)
        {
            transaction.Request.Has |= RequestHas.Replacement;
            transaction.Original.ReplacementMinor = minor;
        }

        Seal(ref transaction);
        return transaction;
    }

    public static Transaction Network(ushort? code, int link = 0)
    {
        var transaction = Purchase(1, mti: 0x0800);
        transaction.Request.Has = RequestHas.TraceTime | RequestHas.Stan | (code is null ? 0 : RequestHas.NetworkCode);
        transaction.NetworkCode = code ?? 0;
        transaction.LinkIndex = link;
        return transaction;
    }

    public static Transaction Changed(Transaction transaction, Func<Transaction, Transaction> change)
    {
        transaction = change(transaction);
        Seal(ref transaction);
        return transaction;
    }

    public static void Seal(ref Transaction transaction) => RequestKeys.Seal(ref transaction.Request, ref transaction.Original, in transaction.Charges);
}
