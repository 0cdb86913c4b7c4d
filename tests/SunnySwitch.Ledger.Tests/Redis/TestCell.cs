using System.Runtime.InteropServices;
using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using SunnySwitch.Journal;
using SunnySwitch.Journal.Disks;
using SunnySwitch.Journal.Snapshots;

namespace SunnySwitch.Ledger.Tests.Redis;

/// <summary>A cell without network: decides, journals, applies; on a disk in memory that others may read meanwhile.</summary>
internal sealed class TestCell : IDisposable
{
    public const ushort Dollars = 840;
    public const int Day = 20_785;
    private static readonly InstitutionId _acquirer = InstitutionId.Of(400001, 6);
    private static readonly string[] _pans = ["4761739001010119", "5413330089020011", "4000000000000002", "4111111111111111"];

    private readonly CmacPanTokens _tokens = new(new byte[16]);
    private readonly Decider _decider;
    private readonly Journal.Journal _journal;
    private uint _stan;
    private long _durable;

    public TestCell()
    {
        Disk = new SharedDisk();
        State = NewState();
        var sizes = new JournalOptions(SegmentBytes: 1 << 20, BatchBytesMax: 1 << 16);
        _journal = Journal.Journal.Open(Disk, sizes, State.Apply, () => State.Hash, out _);
        _decider = new Decider(State, [new LinkTerms(1, "open", SignOnRequired: false, [_acquirer])]);
        _journal.Epoch = 1;
        Write(JournalKind.EpochStarted, new EpochStarted { Epoch = 1, TokenKeyCheck = _tokens.KeyCheck });
        OpenDay(Day);
        foreach (var pan in _pans) AddCard(pan);
        Activate(
            Limit(1, LimitSubject.Merchant, minutes: 60), Limit(2, LimitSubject.Terminal), Limit(3, LimitSubject.Card),
            Limit(4, LimitSubject.Bin, LimitTerms.Month), Limit(5, LimitSubject.Card, LimitTerms.Life),
            Limit(6, LimitSubject.Merchant, kind: LimitCounts.Cards), Limit(7, LimitSubject.Merchant, kind: LimitCounts.Ratio, minutes: 30));
        Commit();
    }

    public SharedDisk Disk { get; }

    public SwitchState State { get; }

    public Instant Now { get; set; } = new(Day * 86_400L * Instant.NanosPerSecond);

    public long Durable => Volatile.Read(ref _durable);

    public static PanToken TokenOf(int card)
    {
        var (block, token) = (new byte[16], new byte[16]);
        PanBlock.Write(Encoding.ASCII.GetBytes(_pans[card]), block);
        using var tokens = new CmacPanTokens(new byte[16]);
        tokens.Tokenise(block, 1, token);
        return PanBlock.ReadToken(token);
    }

    public static IEnumerable<string> Pans => _pans;

    public SwitchState NewState()
    {
        var sizes = new StateOptions(64, 64, 400_000, 400_000, 100, 64) { TouchMemory = false, SlidingCountersMax = 100_000, ReceiptsMax = 400_000 };
        return new SwitchState(sizes, _tokens);
    }

    public static LimitTerms Limit(byte id, LimitSubject subject, int minutes = 0, LimitCounts kind = LimitCounts.Approvals) => new()
    {
        Id = id,
        Subject = subject,
        Kind = kind,
        CountMax = 1_000_000_000,
        AmountMaxMinor = kind == LimitCounts.Approvals ? 1_000_000_000_000 : kind == LimitCounts.Ratio ? 999 : 0,
        Minutes = minutes,
        Operations = 0b1110,
        Currency = kind == LimitCounts.Approvals ? Dollars : (ushort)0,
    };

    /// <summary>A purchase; returns what a reversal needs.</summary>
    public Transaction Buy(int merchant = 1, int card = 0, long amount = 1_000)
    {
        var transaction = Request(0x0100, merchant, card, amount);
        Decide(ref transaction);
        return transaction;
    }

    public void Reverse(in Transaction original, long stays = 0)
    {
        var transaction = Request(0x0420, 0, 0, original.Request.AmountMinor);
        (transaction.Request.Pan, transaction.Request.Terminal, transaction.Request.CardAcceptor) =
            (original.Request.Pan, original.Request.Terminal, original.Request.CardAcceptor);
        transaction.Request.Has |= RequestHas.Original | (stays > 0 ? RequestHas.Replacement : 0);
        transaction.Original = new OriginalData
        {
            Mti = original.Request.Mti,
            Stan = original.Request.Stan,
            TraceTime = original.Request.TraceTime,
            ReplacementMinor = stays,
        };
        RequestKeys.Seal(ref transaction.Request, ref transaction.Original, in transaction.Charges);
        Decide(ref transaction);
        Assert.Equal(EffectKind.Reversed, transaction.Decided.Effect);
    }

    /// <summary>A part of an authorization is captured, and more may follow.</summary>
    public void Complete(in Transaction original, long amount)
    {
        var transaction = Named(0x0220, in original, amount, RequestHas.Completion | RequestHas.MoreFollow, stays: 0);
        Decide(ref transaction);
        Assert.Equal(EffectKind.Completed, transaction.Decided.Effect);
    }

    /// <summary>An authorization whose answer is forgotten is lowered, or ended: by its approval code.</summary>
    public void Release(in Transaction original, long stays = 0)
    {
        var transaction = Named(0x0420, in original, original.Request.AmountMinor, stays > 0 ? RequestHas.Replacement : 0, stays);
        Decide(ref transaction);
        Assert.Equal(EffectKind.Released, transaction.Decided.Effect);
    }

    /// <summary>Some of everything, at so many merchants from the first on.</summary>
    public void Trade(int times, int merchants = 20, int first = 0)
    {
        for (var index = 0; index < times; index++)
        {
            var bought = Buy((first + (index % merchants)) % 20_000, index % _pans.Length, 100 + index);
            if (index % 5 == 0) Reverse(in bought, index % 2 == 0 ? 0 : 50);
            if (index % 50 == 0) Commit();
            if (index % 400 == 399) Now = new Instant(Now.UnixNanos + (5 * 60 * Instant.NanosPerSecond));
        }

        Commit();
    }

    public void OpenDay(int day) => Write(JournalKind.BusinessDateOpened, new BusinessDateOpened { DayNumber = day });

    public void SetHot(int card, HotReason reason) => Write(
        JournalKind.CardChanged, new CardChanged { Pan = TokenOf(card), Status = CardStatus.Active, Hot = reason, HotFrom = Day, HotTo = Day + 3 }, version: 2);

    public void SetSession(int connection, SessionState session) => Write(
        JournalKind.SessionChanged, new SessionChanged { Connection = connection, Generation = 7, Link = 1, State = session });

    public void SetAcceptor(string merchant, string terminal, AcceptorStatus status)
    {
        var set = new AcceptorSet { Acquirer = 400001, Category = 5411, Status = status };
        Encoding.ASCII.GetBytes(merchant, set.Merchant);
        Encoding.ASCII.GetBytes(terminal, set.Terminal);
        Write(JournalKind.AcceptorSet, set);
    }

    public void Activate(params LimitTerms[] limits)
    {
        var rules = new RuleSet { Count = limits.Length, ProductCount = 1, HotCount = 2 };
        limits.CopyTo(rules.Limits);
        rules.Products[0] = new ProductTerms { BinFrom = 400000, BinTo = 499999, Operations = 0xFFFF };
        Encoding.ASCII.GetBytes("debit", rules.Products[0].Name);
        rules.Hot[0] = new HotTerms { Subject = HotSubject.Bin, Reason = HotReason.Stolen, BinFrom = 555555, BinTo = 555559, From = Day };
        rules.Hot[1] = new HotTerms { Subject = HotSubject.Merchant, Acquirer = 400001 };
        Encoding.ASCII.GetBytes("BADSHOP", rules.Hot[1].Id);
        Assert.True(new RulesDesk(State).TryActivate(in rules, out var payload, out _));
        Write(JournalKind.RulesActivated, payload, PayloadVersion.Four);
    }

    /// <summary>A snapshot of the finished segments, and the oldest of them gone.</summary>
    public void Snapshot(bool dropsSegments)
    {
        Assert.NotNull(SnapshotMaker.Make(Disk, NewState));
        if (dropsSegments) Retention.Apply(Disk, null, keepBytes: 1);
    }

    public void Commit()
    {
        _journal.Commit(Now);
        Volatile.Write(ref _durable, _journal.DurableSequence);
    }

    public void Dispose()
    {
        _journal.Dispose();
        _tokens.Dispose();
    }

    private Transaction Request(ushort mti, int merchant, int card, long amount)
    {
        var transaction = default(Transaction);
        ref var request = ref transaction.Request;
        (request.Mti, request.Pan, request.AmountMinor, request.Acquirer, request.Stan) = (mti, TokenOf(card), amount, _acquirer, ++_stan);
        (request.TraceTime, request.Currency, transaction.Generation) = (1122165047, Dollars, 1);
        request.TruncatedPan = TruncatedPan.Of(uint.Parse(_pans[card].AsSpan(0, 6)), uint.Parse(_pans[card].AsSpan(12)), 16);
        Encoding.ASCII.GetBytes("632616123456", request.Rrn);
        Encoding.ASCII.GetBytes($"T{merchant:D7}", request.Terminal);
        Encoding.ASCII.GetBytes($"SHOP{merchant:D11}", request.CardAcceptor);
        request.Has = RequestHas.Pan | RequestHas.ProcessingCode | RequestHas.Amount | RequestHas.TraceTime | RequestHas.Stan
            | RequestHas.Rrn | RequestHas.Terminal | RequestHas.CardAcceptor | RequestHas.Currency | RequestHas.Acquirer;
        RequestKeys.Seal(ref request, ref transaction.Original, in transaction.Charges);
        return transaction;
    }

    private Transaction Named(ushort mti, in Transaction original, long amount, RequestHas more, long stays)
    {
        var transaction = Request(mti, 0, 0, amount);
        (transaction.Request.Pan, transaction.Request.Terminal, transaction.Request.CardAcceptor) =
            (original.Request.Pan, original.Request.Terminal, original.Request.CardAcceptor);
        transaction.Request.Has |= RequestHas.ApprovalCode | more;
        (transaction.Original.ApprovalCode, transaction.Original.ReplacementMinor) = (original.Decided.ApprovalCode, stays);
        RequestKeys.Seal(ref transaction.Request, ref transaction.Original, in transaction.Charges);
        return transaction;
    }

    private void Decide(ref Transaction transaction)
    {
        Assert.Equal(Verdict.Answer, _decider.Decide(ref transaction, Now, _journal.LastSequence + 1));
        var payload = new byte[Decided.PayloadBytesMax];
        var bytes = Decided.Write(in transaction.Decided, in transaction.Original, in transaction.Charges, in transaction.Shared, payload);
        Append(JournalKind.Decided, Decided.Version, payload.AsSpan(0, bytes));
    }

    private void AddCard(string pan)
    {
        var token = TokenOf(Array.IndexOf(_pans, pan));
        var terms = new CardTerms(token, TruncatedPan.Of(uint.Parse(pan.AsSpan(0, 6)), uint.Parse(pan.AsSpan(12)), 16), 3012, Dollars, 1_000_000_000_000, 0);
        Assert.True(new CardDesk(State).TryAdd(terms, out var payload, out _));
        Write(JournalKind.CardAdded, payload);
    }

    private void Write<T>(JournalKind kind, T payload, ushort version = 1)
        where T : unmanaged => Append(kind, version, MemoryMarshal.AsBytes([payload]));

    private void Append(JournalKind kind, ushort version, ReadOnlySpan<byte> payload)
    {
        if (!_journal.HasRoom(payload.Length)) Commit();
        if (_journal.Supply.NeedsSegment) _journal.Supply.PrepareNext();
        var sequence = _journal.Append(kind, version, Now, 1, payload);
        State.Apply(kind, version, sequence, Now, payload);
    }
}

/// <summary>A disk in memory for several threads.</summary>
internal sealed class SharedDisk : IDisk
{
    private readonly MemoryDisk _disk = new();

    public IReadOnlyList<string> List() => Locked(_disk.List);

    public IDiskFile Create(string name, long bytes, bool prewritten) => Locked(() => new File(this, _disk.Create(name, bytes, prewritten)));

    public IDiskFile Open(string name, bool forWriting) => Locked(() => new File(this, _disk.Open(name, forWriting)));

    public void Rename(string from, string to) => Locked(() => { _disk.Rename(from, to); return 0; });

    public void Delete(string name) => Locked(() => { _disk.Delete(name); return 0; });

    private T Locked<T>(Func<T> act)
    {
        lock (_disk) return act();
    }

    private sealed class File(SharedDisk disk, IDiskFile file) : IDiskFile
    {
        public string Name => file.Name;

        public long Bytes => file.Bytes;

        public int Read(long offset, Span<byte> target)
        {
            lock (disk._disk) return file.Read(offset, target);
        }

        public void Write(long offset, ReadOnlySpan<byte> source)
        {
            lock (disk._disk) file.Write(offset, source);
        }

        public void Flush()
        {
            lock (disk._disk) file.Flush();
        }

        public void Dispose() => file.Dispose();
    }
}
