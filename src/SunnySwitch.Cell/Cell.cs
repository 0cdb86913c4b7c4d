using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using SunnySwitch.Disruptor;
using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Cell;

/// <summary>
/// The duty cycle: inputs, decisions, frames, one flush, then the replies leave. A thread runs it, a simulator steps it.
/// </summary>
/// <remarks>
/// Replies are encoded when they are decided, while the request is in cache, into the connection's output, but nothing
/// leaves before <see cref="ReplyGate"/> agrees: one flush of the journal, then one flush per connection.
/// </remarks>
public sealed partial class Cell : IBatchEventHandler<Input>
{
    /// <summary>Requests that can wait for an HSM at once; one more gets 96.</summary>
    public const int ParkingMaxUsual = 1_024;

    /// <summary>How long a request waits for what other cells have counted, at most; then it is decided without.</summary>
    public const long SharedPatienceUsual = 20_000_000;

    private const int PrefetchGroup = 16;
    private const int ResealsMax = 64, ResealLooksMax = 16_384, ExpireLooksMax = 4_096;
    private const int FrameBytesMax = Decided.PayloadBytesMax;
    private static readonly ResponseCode SystemMalfunction = Outcomes.Of(InternalResult.TableFull).Code;

    private readonly SwitchState _state;
    private readonly Decider _decider;
    private readonly Journal.Journal _journal;
    private readonly ReplyGate _gate;
    private readonly LinkProfile[] _links;
    private readonly ILinkDesk _desk;
    private readonly IClock _clock;
    private readonly CardDesk _cards;
    private readonly RulesDesk _rules;
    private readonly RegisterDesk _registers;
    private readonly IPanVault _vault;
    private readonly IHsmDesk _hsm;
    private readonly Parking _parking;
    private readonly long _sharedPatienceNanos;

    private readonly int[] _dirty;
    private readonly bool[] _isDirty;
    private int _dirtyCount;
    private readonly List<(int Connection, uint Generation)> _ended = new(256);
    private readonly List<OperatorCommand> _commands = new(64);
    private readonly long[] _arrivals;
    private int _arrivalCount;
    private Instant _before;
    private FieldTable _fields;

    /// <summary>Puts the parts together. The state is what <paramref name="journal"/>'s recovery folded.</summary>
    public Cell(
        SwitchState state, Journal.Journal journal, LinkProfile[] links, ILinkDesk desk, IClock clock, IPanVault vault, int connectionsMax,
        int batchMax, IHsmDesk? hsm = null, int parkingMax = ParkingMaxUsual, ISharedDesk? shared = null,
        long sharedPatienceNanos = SharedPatienceUsual)
    {
        _state = state;
        _journal = journal;
        _links = links;
        _desk = desk;
        _clock = clock;
        _hsm = hsm ?? NoHsmDesk.Instance;
        _sharedPatienceNanos = sharedPatienceNanos;
        _decider = new Decider(state, Array.ConvertAll(links, link => link.Terms), _hsm, shared);
        _parking = new Parking(hsm is null && shared is null ? 1 : parkingMax, Array.Exists(links, link => link.Terms.MacRequired) ? Intake.SignedBytesMax : 0);
        _cards = new CardDesk(state);
        _rules = new RulesDesk(state);
        _registers = new RegisterDesk(state);
        _vault = vault;
        _gate = new ReplyGate(journal.DurableSequence);
        _dirty = new int[connectionsMax];
        _isDirty = new bool[connectionsMax];
        _arrivals = new long[batchMax];
        MaxBatchSize = batchMax;
        Counters = new CellCounters(links.Length);
    }

    /// <summary>What the kernel thread counts.</summary>
    public CellCounters Counters { get; }

    /// <inheritdoc/>
    public int MaxBatchSize { get; }

    /// <summary>Newest durable frame.</summary>
    public long DurableSequence => _journal.DurableSequence;

    /// <summary>Opens an epoch and, if it is another day, the business date. Called once, before the first input.</summary>
    public void Start(ulong epoch, uint tokenKeyCheck, int dayNumber)
    {
        var now = _clock.Now;
        // Both frames of a start, or none: a full disk is told in words before anything is decided.
        if (!_journal.HasRoom(2 * FrameBytesMax))
        {
            throw new StopToProtectDataException(
                "journal: the disk is full and the last segment has no room to start in: free some space, then start again");
        }

        _journal.Epoch = epoch;
        Record(JournalKind.EpochStarted, 1, now, 0, new EpochStarted { Epoch = epoch, TokenKeyCheck = tokenKeyCheck });
        if (_state.BusinessDay < dayNumber) Record(JournalKind.BusinessDateOpened, 1, now, 0, new BusinessDateOpened { DayNumber = dayNumber });
        CrashPoints.Pass(CrashPoint.StartRecorded);
        Commit(now);
        CrashPoints.Pass(CrashPoint.StartDurable);
    }

    /// <inheritdoc/>
    public void OnBatch(EventBatch<Input> batch, long firstSequence)
    {
        var now = _clock.Now;

        // Every deadline is a difference of two of these.
        Must.Hold(now.UnixNanos >= _before.UnixNanos);
        _before = now;
        for (var first = 0; first < batch.Count; first += PrefetchGroup)
        {
            var end = Math.Min(first + PrefetchGroup, batch.Count);
            for (var pass = 0; pass < _state.PrefetchPasses; pass++)
            {
                for (var index = first; index < end; index++) Prefetch(batch[index], pass);
            }

            for (var index = first; index < end; index++) Take(batch[index], now);
        }

        if (_parking.Count > 0)
        {
            DecideWithout(now);
            ForgetLate(now);
        }

        Counters.Batches++;
        Counters.Inputs += batch.Count;
        Commit(now);
    }

    /// <summary>The batch's slots are free again.</summary>
    public void OnReleased() => _desk.WakeStarved();

    /// <summary>Reads what deciding will need, so that the cache misses of a group overlap instead of queueing up.</summary>
    private void Prefetch(Input input, int pass)
    {
        if (input.Kind == InputKind.Message) _state.Prefetch(in input.Transaction.Request, pass);
    }

    private void Take(Input input, Instant now)
    {
        switch (input.Kind)
        {
            case InputKind.Message:
                TakeMessage(input, now);
                input.Transaction.Wipe();
                break;
            case InputKind.ConnectionEnded: TakeEnd(input, now); break;
            case InputKind.Command: TakeCommand(input.Command!, now); break;
            case InputKind.DeskAnswer: TakeDeskAnswer(in input.Answered, now); break;
            case InputKind.SharedAnswer: TakeSharedAnswer(in input.Answered, in input.Transaction.Shared, now); break;
            case InputKind.KeepAlive: AnswerKeepAlive(in input.Transaction); break;
            default: Must.Hold(input.Kind == InputKind.None); break;
        }
    }

    private void TakeMessage(Input input, Instant now)
    {
        ref var transaction = ref input.Transaction;
        var link = _links[transaction.LinkIndex];
        Counters.RingWait.Record(now.UnixNanos - input.ArrivedAt.UnixNanos);
        var isExcused = Mutant.Is(Mutation.IgnoreDeadline) || (transaction.IsVerified && Mutant.Is(Mutation.LateVerdictDecides));
        if (now.UnixNanos - input.ArrivedAt.UnixNanos > link.DeadlineNanos && !isExcused)
        {
            Counters.Late++;
            return;
        }

        if (input.Draft.Bytes == 0)
        {
            Counters.Silent++;
            return;
        }

        var hasWaited = _parking.Has(input);
        if (_parking.Count > 0 && !hasWaited && Follow(input)) return;
        if (!hasWaited) transaction.Ticket = _parking.NextTicket;
        // Half of the room is left to those who cannot do without an answer.
        transaction.SharedTicket = hasWaited || !_parking.IsHalfFull ? transaction.Ticket : 0;
        var hasRoom = MakeRoom(now);
        transaction.Alarm = InternalResult.None;
        var verdict = _decider.Decide(ref transaction, now, _journal.LastSequence + 1);
        transaction.Decided.Explanation.WaitedNanos = (uint)Math.Clamp(now.UnixNanos - input.ArrivedAt.UnixNanos, 0, uint.MaxValue);
        CountAlarm(transaction.Alarm);
        if (verdict is Verdict.Answer or Verdict.SessionChange && !(hasRoom && MayRecord(transaction.Request.Mti))) verdict = RefuseForSpace(ref transaction);
        switch (verdict)
        {
            case Verdict.Answer when Mutant.Is(Mutation.ForgetDeclines) && transaction.Decided.Effect == EffectKind.None: break;
            case Verdict.Answer: RecordDecision(ref transaction, now); break;
            case Verdict.SessionChange: Record(JournalKind.SessionChanged, 1, now, transaction.Session.Link, transaction.Session); break;
            case Verdict.Repeat: Counters.Repeats++; break;
            case Verdict.NonAnswer: break;
            case Verdict.Parked: Wait(input, DeskWait.Verdicts); return;
            case Verdict.ParkedForCounts: WaitForCounts(input, now); return;
            default: Counters.Silent++; return;
        }

        _gate.OnDecided(_journal.LastSequence);
        Counters.CountAnswer(transaction.LinkIndex, input.Dialect!.AnswerMti(transaction.Request.Mti), transaction.Decided.Code);
        Reply(link, input, verdict);
    }

    /// <summary>Room for the longest frame, in this batch or the next; false when the journal can take nothing more.</summary>
    private bool MakeRoom(Instant now, int frameBytes = FrameBytesMax)
    {
        if (_journal.HasRoom(frameBytes)) return true;
        Commit(now);
        return _journal.HasRoom(frameBytes);
    }

    /// <summary>With the disk full, reversals are still taken from the reserve; new requests would eat it up.</summary>
    private bool MayRecord(ushort mti) => _journal.HasSegmentAhead || ((mti >> 8) & 0xF) is not (1 or 2);

    private Verdict RefuseForSpace(ref Transaction transaction)
    {
        Counters.JournalFull++;
        transaction.Decided.Code = SystemMalfunction;
        transaction.Decided.ApprovalCode = Decided.NoApprovalCode;
        return Verdict.NonAnswer;
    }

    private void CountAlarm(InternalResult alarm)
    {
        if (alarm == InternalResult.None) return;
        if (alarm == InternalResult.SameKeyOtherBody) Counters.SameKeyOtherBody++;
        else if (alarm == InternalResult.TableFull) Counters.TableFull++;
        else if (alarm == InternalResult.DeskFull) Counters.DeskFull++;
        else if (alarm is InternalResult.DeskFailed or InternalResult.DeskLate) Counters.DeskFailed++;
        else if (alarm == InternalResult.MacWrong) Counters.MacWrong++;
        else if (alarm is InternalResult.AcceptorLimit or InternalResult.CountLimit or InternalResult.DeclineStorm) Counters.TurnedAway++;
    }

    private void RecordDecision(ref Transaction transaction, Instant now)
    {
        ref readonly var decided = ref transaction.Decided;
        var link = _links[transaction.LinkIndex].Terms.Link;
        long sequence;
        if (!decided.HasTail)
        {
            sequence = _journal.Append(JournalKind.Decided, Decided.Version, now, link, Decided.FixedPart(in decided));
        }
        else
        {
            Span<byte> whole = stackalloc byte[Decided.PayloadBytesMax];
            whole = whole[..Decided.Write(in decided, in transaction.Original, in transaction.Charges, in transaction.Shared, whole)];
            sequence = _journal.Append(JournalKind.Decided, Decided.Version, now, link, whole);
        }

        CrashPoints.Pass(CrashPoint.FrameAppended);
        _state.ApplyDecision(in decided, in transaction.Original, in transaction.Charges, sequence, now);
        CrashPoints.Pass(CrashPoint.FrameApplied);
    }

    private void Record<T>(JournalKind kind, ushort version, Instant now, uint link, in T payload)
        where T : struct
    {
        var bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in payload));
        _state.Apply(kind, version, _journal.Append(kind, version, now, link, bytes), now, bytes);
    }

    /// <summary>
    /// Encodes the answer into the connection's output; where the HSM adds something to it and needs its time, the request waits once more,
    /// behind its frame.
    /// </summary>
    private void Reply(LinkProfile link, Input input, Verdict verdict)
    {
        ref var transaction = ref input.Transaction;
        ref readonly var decided = ref transaction.Decided;
        var dialect = input.Dialect!;
        var isAnswer = verdict is Verdict.Answer or Verdict.Repeat;
        if (isAnswer && (transaction.Brought & EvidenceHas.Cryptogram) != 0 && input.ChipBytes < 0 && !AskForChip(input)) return;
        var target = _desk.Claim(transaction.Connection, transaction.Generation, ReplyEncoder.ReplyBytesMax);
        if (target.IsEmpty)
        {
            Counters.Undeliverable++;
            return;
        }

        var bytes = ReplyEncoder.Finish(link.Framing, dialect, input.Reply, input.Draft, in decided, target);
        var security = new AnswerSecurity { Chip = ChipOf(input), HasMac = link.Terms.MacRequired };
        if (security.IsThere || AnswerDetails.AreToldBy(dialect, in decided, in transaction.Charges))
        {
            bytes = AnswerDetails.Insert(
                link.Framing, dialect, target, bytes, in decided, in transaction.Charges, in security, ref _fields, out var mac);
            if (mac.At > 0 && !TrySign(link, input, target, mac)) return;
        }

        _desk.Commit(transaction.Connection, bytes);
        if (_arrivalCount < _arrivals.Length) _arrivals[_arrivalCount++] = input.ArrivedAt.UnixNanos;
        MarkDirty(transaction.Connection);
    }

    private void MarkDirty(int connection)
    {
        if (_isDirty[connection]) return;
        _isDirty[connection] = true;
        _dirty[_dirtyCount++] = connection;
    }

    private void AnswerKeepAlive(in Transaction transaction)
    {
        var framing = _links[transaction.LinkIndex].Framing;
        var target = _desk.Claim(transaction.Connection, transaction.Generation, framing.KeepAliveBytes);
        if (target.IsEmpty) return;
        framing.WriteKeepAlive(target);
        _desk.Commit(transaction.Connection, framing.KeepAliveBytes);
        MarkDirty(transaction.Connection);
    }

    private void TakeEnd(Input input, Instant now)
    {
        ref var transaction = ref input.Transaction;
        if (_parking.Count > 0) ForgetConnection(transaction.Connection, transaction.Generation, now);
        if (MakeRoom(now) && _state.SessionOf(transaction.Connection, transaction.Generation) != SessionState.None)
        {
            Record(JournalKind.SessionChanged, 1, now, _links[transaction.LinkIndex].Terms.Link, new SessionChanged
            {
                Connection = transaction.Connection,
                Generation = transaction.Generation,
                Link = _links[transaction.LinkIndex].Terms.Link,
                State = SessionState.None,
            });
        }

        _ended.Add((transaction.Connection, transaction.Generation));
    }

    /// <summary>Makes everything decided so far durable, then lets its effects leave.</summary>
    private void Commit(Instant now)
    {
        if (Mutant.Is(Mutation.ReplyBeforeDurable)) Flush();
        if (_journal.HasPending)
        {
            _journal.Commit(now);
            Counters.Commit.Record(_clock.Now.UnixNanos - now.UnixNanos);
        }

        _gate.OnDurable(_journal.DurableSequence);
        _gate.BeforeReplies();
        Flush();
        CountTotals();
        LetGo();
    }

    private void Flush()
    {
        for (var index = 0; index < _dirtyCount; index++)
        {
            _isDirty[_dirty[index]] = false;
            _desk.Flush(_dirty[index]);
            CrashPoints.Pass(CrashPoint.FirstReplySent);
        }

        if (_dirtyCount > 0) CrashPoints.Pass(CrashPoint.RepliesSent);
        _dirtyCount = 0;
    }

    private void CountTotals()
    {
        if (_arrivalCount == 0) return;
        var left = _clock.Now.UnixNanos;
        for (var index = 0; index < _arrivalCount; index++) Counters.Total.Record(left - _arrivals[index]);
        _arrivalCount = 0;
    }

    private void LetGo()
    {
        foreach (var (connection, generation) in _ended) _desk.Release(connection, generation);
        _ended.Clear();
        foreach (var command in _commands) command.Complete();
        _commands.Clear();
    }
}
