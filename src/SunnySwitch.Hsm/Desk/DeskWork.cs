using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;

namespace SunnySwitch.Hsm.Desk;

/// <summary>A slot of the queued desk: a request in memory of its own, and where it stands. What is in it is read by one thread at a time; where it
/// stands changes under the queue's lock.</summary>
internal sealed class DeskWork(int signedBytesMax)
{
    private Transaction _transaction = Transaction.WithEvidence(signedBytesMax);
    private Kind _kind;
    private Stage _stage;
    private EvidenceHas _checks;
    private CardSecurity _card;
    private uint _link;
    private int _macBytes;
    private uint _asked;
    private int _token = -1;

    private enum Kind : byte
    {
        Verify, AnswerChip, Sign,
    }

    private enum Stage : byte
    {
        Free, Queued, Asked, AnsweredInQueue, AnsweredWhileAsked,
    }

    public long Ticket { get; private set; }

    public long PutAt { get; private set; }

    public void SetVerify(long ticket, EvidenceHas checks, in CardSecurity card, in Transaction transaction)
    {
        _transaction.Become(in transaction);
        (Ticket, _kind, _checks, _card) = (ticket, Kind.Verify, checks, card);
    }

    public void SetAnswerChip(long ticket, in Transaction transaction)
    {
        _transaction.Become(in transaction);
        (Ticket, _kind) = (ticket, Kind.AnswerChip);
    }

    public void SetSign(long ticket, uint link, ReadOnlySpan<byte> message, int macBytes)
    {
        message.CopyTo(_transaction.Signed);
        (_transaction.Brought, _transaction.SignedBytes) = (EvidenceHas.Mac, message.Length);
        (Ticket, _kind, _link, _macBytes) = (ticket, Kind.Sign, link, macBytes);
    }

    public void Start(long now) => (PutAt, _asked, _token, _stage) = (now, 0, -1, Stage.Queued);

    /// <summary>False: it was answered while it waited, and is free again.</summary>
    public bool TryBegin(int token)
    {
        if (_stage == Stage.AnsweredInQueue)
        {
            Free();
            return false;
        }

        Must.Hold(_stage == Stage.Queued);
        (_stage, _token, _asked) = (Stage.Asked, token, _asked | 1u << token);
        return true;
    }

    /// <summary>True if this token was asked before.</summary>
    public bool HasAsked(int token) => (_asked & 1u << token) != 0;

    /// <summary>It waits again, for another token; false: nobody waits for it any more.</summary>
    public bool TryRequeue()
    {
        if (_stage is Stage.AnsweredInQueue or Stage.AnsweredWhileAsked) return false;
        (_stage, _token) = (Stage.Queued, -1);
        return true;
    }

    /// <summary>It is over, and wiped; true: its answer is still to be given.</summary>
    public bool End()
    {
        var isOurs = _stage is Stage.Asked or Stage.Queued;
        Free();
        return isOurs;
    }

    /// <summary>Whoever put it in before that time is answered as late, by the caller.</summary>
    /// <param name="before">Ticks of the stopwatch.</param>
    /// <param name="token">The one that has it; -1: none.</param>
    public bool TryGiveUp(long before, out int token)
    {
        token = _token;
        if (_stage is not (Stage.Queued or Stage.Asked) || PutAt >= before) return false;
        _stage = _stage == Stage.Queued ? Stage.AnsweredInQueue : Stage.AnsweredWhileAsked;
        return true;
    }

    public DeskAnswer Ask(IHsmDesk desk, Span<byte> data, out int bytes, out SecurityVerdicts verdicts)
    {
        bytes = 0;
        verdicts = default;
        switch (_kind)
        {
            case Kind.Verify:
                var answer = desk.Verify(Ticket, _checks, in _card, ref _transaction);
                if (answer == DeskAnswer.Done) verdicts = _transaction.Request.Security;
                return answer;
            case Kind.AnswerChip:
                return desk.AnswerChip(Ticket, in _transaction, data, out bytes);
            default:
                bytes = _macBytes;
                return desk.Sign(Ticket, _link, _transaction.Signed[.._transaction.SignedBytes], data[..bytes]);
        }
    }

    private void Free()
    {
        _transaction.Wipe();
        (_stage, _token) = (Stage.Free, -1);
    }
}
