using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;

namespace SunnySwitch.Hsm.Desk;

/// <summary>Takes what a queued desk says, later: brings it to the kernel as an input. From any thread.</summary>
public interface IDeskAnswers
{
    /// <summary>Of a request that waits under a ticket: what was found, or what was made.</summary>
    /// <param name="ticket">Whose.</param>
    /// <param name="isDone">False: the module failed.</param>
    /// <param name="verdicts">On what it had brought, if that was asked.</param>
    /// <param name="data">What the chip gets, or the MAC.</param>
    void Put(long ticket, bool isDone, SecurityVerdicts verdicts, ReadOnlySpan<byte> data);
}

/// <summary>
/// The desk over a module that takes its time: requests are copied into a bounded queue, threads of its own ask the module, answers go back as
/// inputs. The kernel never waits; a full queue says so at once.
/// </summary>
/// <remarks>Called by the kernel's thread alone; whatever was copied is wiped when it was answered.</remarks>
public sealed class QueuedDesk : IHsmDesk, IDisposable
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _waiting = new(0);
    private readonly Work[] _slots;
    private readonly Stack<int> _free;
    private readonly Queue<int> _ready;
    private readonly IDeskAnswers _answers;
    private readonly Thread[] _threads;
    private volatile bool _isStopping;

    /// <summary>Starts a thread for each desk.</summary>
    /// <param name="desks">One for each thread: they are not shared.</param>
    /// <param name="answers">Where answers go.</param>
    /// <param name="slots">Most requests in the queue.</param>
    /// <param name="signedBytesMax">Longest message with a MAC.</param>
    public QueuedDesk(IReadOnlyList<PaymentDesk> desks, IDeskAnswers answers, int slots, int signedBytesMax)
    {
        _answers = answers;
        _slots = new Work[slots];
        (_free, _ready) = (new Stack<int>(slots), new Queue<int>(slots));
        for (var slot = 0; slot < slots; slot++)
        {
            _slots[slot] = new Work(signedBytesMax);
            _free.Push(slot);
        }

        _threads = [.. desks.Select((desk, index) => new Thread(() => Run(desk)) { Name = $"hsm {index + 1}", IsBackground = true })];
        foreach (var thread in _threads) thread.Start();
    }

    /// <summary>Requests in the queue or at the module.</summary>
    public int Pending
    {
        get
        {
            lock (_lock) return _slots.Length - _free.Count;
        }
    }

    /// <inheritdoc/>
    public DeskAnswer Verify(long ticket, EvidenceHas checks, in CardSecurity card, ref Transaction transaction)
    {
        if (!TryTake(ticket, out var slot)) return DeskAnswer.Full;
        _slots[slot].Copy(in transaction);
        (_slots[slot].Kind, _slots[slot].Checks, _slots[slot].Card) = (WorkKind.Verify, checks, card);
        return Put(slot);
    }

    /// <inheritdoc/>
    public DeskAnswer AnswerChip(long ticket, in Transaction transaction, Span<byte> data, out int bytes)
    {
        bytes = 0;
        if (!TryTake(ticket, out var slot)) return DeskAnswer.Full;
        _slots[slot].Copy(in transaction);
        _slots[slot].Kind = WorkKind.AnswerChip;
        return Put(slot);
    }

    /// <inheritdoc/>
    public DeskAnswer Sign(long ticket, uint link, ReadOnlySpan<byte> message, Span<byte> mac)
    {
        if (message.Length > _slots[0].SignedMax || !TryTake(ticket, out var slot)) return DeskAnswer.Full;
        _slots[slot].CopySigned(message);
        (_slots[slot].Kind, _slots[slot].Link, _slots[slot].MacBytes) = (WorkKind.Sign, link, mac.Length);
        return Put(slot);
    }

    /// <summary>Ends the threads; what is in the queue is not answered any more.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _waiting.Release(_threads.Length);
        foreach (var thread in _threads) thread.Join();
        _waiting.Dispose();
    }

    // Without a ticket there is no room to wait in the kernel.
    private bool TryTake(long ticket, out int slot)
    {
        slot = -1;
        if (ticket == 0) return false;
        lock (_lock)
        {
            if (!_free.TryPop(out slot)) return false;
        }

        _slots[slot].Ticket = ticket;
        return true;
    }

    private DeskAnswer Put(int slot)
    {
        lock (_lock) _ready.Enqueue(slot);
        _waiting.Release();
        return DeskAnswer.Pending;
    }

    private void Run(PaymentDesk desk)
    {
        while (true)
        {
            _waiting.Wait();
            if (_isStopping) return;
            int slot;
            lock (_lock) slot = _ready.Dequeue();
            _slots[slot].Answer(desk, _answers);
            lock (_lock) _free.Push(slot);
        }
    }

    private enum WorkKind : byte
    {
        Verify, AnswerChip, Sign,
    }

    private sealed class Work(int signedBytesMax)
    {
        private Transaction _transaction = Transaction.WithEvidence(signedBytesMax);

        public long Ticket;
        public WorkKind Kind;
        public EvidenceHas Checks;
        public CardSecurity Card;
        public uint Link;
        public int MacBytes;

        public int SignedMax => _transaction.Signed.Length;

        public void Copy(in Transaction transaction) => _transaction.Become(in transaction);

        public void CopySigned(ReadOnlySpan<byte> signed)
        {
            signed.CopyTo(_transaction.Signed);
            (_transaction.Brought, _transaction.SignedBytes) = (EvidenceHas.Mac, signed.Length);
        }

        public void Answer(PaymentDesk desk, IDeskAnswers answers)
        {
            Span<byte> data = stackalloc byte[16];
            var bytes = 0;
            var answer = DeskAnswer.Done;
            switch (Kind)
            {
                case WorkKind.Verify: answer = desk.Verify(Ticket, Checks, in Card, ref _transaction); break;
                case WorkKind.AnswerChip: answer = desk.AnswerChip(Ticket, in _transaction, data, out bytes); break;
                default:
                    answer = desk.Sign(Ticket, Link, _transaction.Signed[.._transaction.SignedBytes], data[..MacBytes]);
                    bytes = MacBytes;
                    break;
            }

            var verdicts = Kind == WorkKind.Verify ? _transaction.Request.Security : default;
            _transaction.Wipe();
            answers.Put(Ticket, answer == DeskAnswer.Done, verdicts, data[..bytes]);
        }
    }
}
