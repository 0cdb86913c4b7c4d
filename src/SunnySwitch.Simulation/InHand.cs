using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;

namespace SunnySwitch.Simulation;

/// <summary>An input that is on the ring.</summary>
internal readonly record struct Published(
    SimConnection? Connection, Sent? Sent, LogEntry? Entry, OperatorCommand? Command, long AtNanos, DeskAnswered? Answered = null, Others? Others = null);

/// <summary>What a request waits for.</summary>
internal enum Awaited
{
    Nothing, Verdicts, Chip, Mac, Counts,
}

/// <summary>A request that the switch has taken and not answered yet.</summary>
internal sealed class Work(SimConnection connection, Sent sent, long atNanos)
{
    public SimConnection Connection => connection;

    public Sent Sent => sent;

    public long AtNanos => atNanos;

    /// <summary>What the desk's answer will name it by; 0: it never waited.</summary>
    public long Ticket { get; set; }

    public Awaited Awaited { get; set; }

    /// <summary>What the desk says of it, once it was asked.</summary>
    public Said? Said { get; set; }

    /// <summary>How the desk took it.</summary>
    public DeskAnswer Desk { get; set; }

    /// <summary>What other cells have counted, once that is known, or known not to be.</summary>
    public Others? Others { get; set; }

    /// <summary>The rules and the date that they were asked under.</summary>
    public (int Rules, int Date) Under { get; set; }

    /// <summary>What has to be answered, once it is decided.</summary>
    public Expected? Expected { get; set; }

    public bool IsChipAsked { get; set; }

    /// <summary>Those with its key that came meanwhile.</summary>
    public List<Work> Followers { get; } = [];
}

/// <summary>
/// What the switch has in hand, in the order in which it has to go about it: a batch, requests that wait for the desk, those that wait behind
/// them. Knows what needs no answer; each call of the switch is held against <see cref="Current"/>.
/// </summary>
/// <param name="parkingMax">Requests that can wait.</param>
/// <param name="now">Virtual time.</param>
/// <param name="commanded">Told of each command that was obeyed or refused.</param>
/// <param name="happened">Told, in a word or two, of what ends without an answer.</param>
internal sealed class InHand(int parkingMax, Func<long> now, Action<Published> commanded, Action<string> happened)
{
    private const int SlotBits = 16;
    private readonly Queue<Published> _batch = new();
    private readonly Queue<Work> _retaken = new();
    private readonly SortedDictionary<long, Work> _waiting = [];
    private readonly Queue<long> _inOrder = new();
    private readonly Queue<(long Ticket, long AtNanos)> _counts = new();
    private SimConnection? _ending;
    private Work? _current;
    private bool _holdsSlot;
    private bool _isBatch;
    private int _used;

    /// <summary>Requests that wait, and those behind them.</summary>
    public int Waiting => _used;

    public bool IsFull => _used >= parkingMax;

    public bool IsHalfFull => parkingMax - _used <= parkingMax / 2;

    public bool Waits(long ticket) => _waiting.ContainsKey(ticket);

    /// <summary>How long a request may take.</summary>
    private bool IsLate(long atNanos) => now() - atNanos > SimNode.DeadlineNanos;

    public void Take(Published input)
    {
        _batch.Enqueue(input);
        _isBatch = true;
    }

    public void Clear()
    {
        _batch.Clear();
        _retaken.Clear();
        _waiting.Clear();
        _inOrder.Clear();
        _counts.Clear();
        (_ending, _current, _holdsSlot, _isBatch, _used) = (null, null, false, false, 0);
    }

    /// <summary>The request that the switch has to be at now; null: none. What needs no call on the way is done.</summary>
    public Work? Current()
    {
        while (_current is null)
        {
            if (_holdsSlot) (_holdsSlot, _used) = (false, _used - 1);
            if (_retaken.TryDequeue(out var follower))
            {
                _holdsSlot = true;
                Begin(follower);
            }
            else if (_ending is { } ended)
            {
                if (TicketOf(ended) is { } ticket) Forget(ticket, "wait ended with its link");
                else _ending = null;
            }
            else if (_batch.TryPeek(out var input))
            {
                if (input.Command is { Outcome: CommandOutcome.Pending }) return null;
                _batch.Dequeue();
                TakeInput(input);
            }
            else if (_isBatch && Impatient() is { } impatient) DecideWith(impatient, Others.Without(SharedSource.Late));
            else if (_isBatch && LateTicket() is { } late) Forget(late, "wait ended by its deadline");
            else return null;
        }

        return _current;
    }

    /// <summary>True when all of the batch is done.</summary>
    public bool IsDone()
    {
        var isDone = Current() is null && _batch.Count == 0;
        _isBatch = false;
        return isDone;
    }

    /// <summary>The current one waits, under a ticket of its own.</summary>
    public void Wait(long ticket, Awaited what)
    {
        var work = _current!;
        (_current, work.Awaited) = (null, what);
        happened($"waits for {what}");
        if (what == Awaited.Counts) _counts.Enqueue((ticket, now()));
        if (work.Ticket != 0) return;
        work.Ticket = ticket;
        Ledger.Check(_waiting.TryAdd(ticket, work), "I8", $"ticket {ticket:X} waits already");
        _inOrder.Enqueue(ticket);
        _used++;
    }

    /// <summary>The current one is answered, or will not be.</summary>
    public void Finish()
    {
        var work = _current!;
        _current = null;
        work.Connection.InHand--;
        if (work.Ticket != 0) End(work.Ticket);
    }

    private void TakeInput(Published input)
    {
        if (input.Command is not null) commanded(input);
        else if (input is { Answered: { } told, Others: { } others }) TakeOthers(in told, others);
        else if (input.Answered is { } answered) TakeAnswer(in answered);
        else if (input.Sent is { } sent) Begin(new Work(input.Connection!, sent, input.AtNanos));
        else if (input.Connection is { } ended)
        {
            foreach (var first in _waiting.Values) _used -= first.Followers.RemoveAll(work => IsOf(work, ended));
            _ending = ended;
        }
    }

    private bool IsOf(Work work, SimConnection ended)
    {
        if (work.Connection != ended) return false;
        happened("wait behind another ended with its link");
        return true;
    }

    /// <summary>Late, or behind one with its key, or to be decided.</summary>
    private void Begin(Work work)
    {
        if (IsLate(work.AtNanos)) Drop(work, "late");
        else if (work.Said is null && FirstWith(work.Sent.Key) is { } first) Follow(first, work);
        else _current = work;
    }

    private void Follow(Work first, Work work)
    {
        if (IsFull)
        {
            Drop(work, "no room behind the first");
            return;
        }

        happened("waits behind the first");
        first.Followers.Add(work);
        _used++;
    }

    private void TakeAnswer(in DeskAnswered answered)
    {
        if (!_waiting.TryGetValue(answered.Ticket, out var work) || work.Awaited == Awaited.Counts)
        {
            happened("desk's answer to nobody");
            return;
        }

        var awaited = work.Awaited;
        var isDone = answered.Answer == DeskAnswer.Done;
        work.Awaited = Awaited.Nothing;
        if (awaited == Awaited.Chip) work.Expected = work.Expected!.Value with { Chip = isDone ? SimDesk.ChipOf(work.Sent) : "" };
        if (awaited == Awaited.Verdicts) work.Desk = answered.Answer;
        var isLate = awaited == Awaited.Verdicts && IsLate(work.AtNanos);
        if (isLate) Forget(work.Ticket, "desk's answer after the deadline");
        else if (awaited == Awaited.Mac && !isDone) Forget(work.Ticket, "no MAC, no answer");
        else _current = work;
    }

    private void TakeOthers(in DeskAnswered answered, Others told)
    {
        if (_waiting.TryGetValue(answered.Ticket, out var work) && work.Awaited == Awaited.Counts)
            DecideWith(work, answered.Answer == DeskAnswer.Done ? told : Others.Without(SimOthers.Of(answered.Answer)));
        else happened("others' answer to nobody");
    }

    private void DecideWith(Work work, Others others)
    {
        (work.Awaited, work.Others) = (Awaited.Nothing, others);
        if (IsLate(work.AtNanos)) Forget(work.Ticket, "others' answer after the deadline");
        else _current = work;
    }

    /// <summary>The oldest that waits for others, if it has for too long.</summary>
    private Work? Impatient()
    {
        while (_counts.TryPeek(out var first))
        {
            var work = _waiting.GetValueOrDefault(first.Ticket);
            var isWaiting = work is { Awaited: Awaited.Counts };
            if (isWaiting && first.AtNanos > now() - SunnySwitch.Cell.Cell.SharedPatienceUsual) return null;
            _counts.Dequeue();
            if (isWaiting) return work;
        }

        return null;
    }

    private Work? FirstWith(ReferenceSwitch.Name key) => _waiting.Values.FirstOrDefault(work => work.Sent.Key == key);

    private long? TicketOf(SimConnection ended) =>
        _waiting.Values.Where(work => work.Connection == ended).OrderBy(work => work.Ticket & ((1 << SlotBits) - 1)).FirstOrDefault()?.Ticket;

    private long? LateTicket()
    {
        while (_inOrder.TryPeek(out var ticket))
        {
            if (_waiting.TryGetValue(ticket, out var work)) return IsLate(work.AtNanos) ? ticket : null;
            _inOrder.Dequeue();
        }

        return null;
    }

    private void Forget(long ticket, string why)
    {
        Drop(_waiting[ticket], why);
        End(ticket);
    }

    private void Drop(Work work, string why)
    {
        work.Connection.InHand--;
        happened(why);
    }

    /// <summary>Those behind it are taken anew, before anything else.</summary>
    private void End(long ticket)
    {
        _waiting.Remove(ticket, out var work);
        _used--;
        Must.Hold(_retaken.Count == 0);
        foreach (var follower in work!.Followers) _retaken.Enqueue(follower);
    }
}
