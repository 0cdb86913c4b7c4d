using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;

namespace SunnySwitch.Cell;

/// <content>Requests that wait for the HSM or for what other cells have counted, and what comes back for them.</content>
public sealed partial class Cell
{
    /// <summary>A request that has to wait is copied out of its slot; one that waits already stays where it is.</summary>
    private void Wait(Input input, DeskWait what)
    {
        input.Waits = what;
        if (_parking.Has(input)) return;
        _parking.Park(input);
        Counters.Parked++;
    }

    /// <summary>True if it waits behind one with its key: the HSM is asked once, and both get the one answer.</summary>
    private bool Follow(Input input)
    {
        if (!_parking.IsWaiting(input.Transaction.Request.KeyPrimary)) return false;
        if (!_parking.TryFollow(input)) Counters.DeskFull++;               // No room: not answered, its sender tries again.
        return true;
    }

    private void TakeDeskAnswer(in DeskAnswered answered, Instant now)
    {
        if (!_parking.TryFind(answered.Ticket, out var input) || input.Waits == DeskWait.Counts)
        {
            Counters.DeskLate++;
            return;
        }

        ref var transaction = ref input.Transaction;
        var link = _links[transaction.LinkIndex];
        var waited = input.Waits;
        input.Waits = DeskWait.Nothing;
        var isDone = answered.Answer == DeskAnswer.Done;
        if (!isDone && waited != DeskWait.Verdicts) Count(answered.Answer);
        switch (waited)
        {
            case DeskWait.Verdicts:
                transaction.Request.Security = answered.Verdicts;
                (transaction.IsVerified, transaction.Desk) = (true, answered.Answer);
                TakeMessage(input, now);
                break;
            case DeskWait.Chip:
                (input.Chip, input.ChipBytes) = (answered.Data, isDone ? answered.DataBytes : 0);
                Reply(link, input, Verdict.Answer);
                break;
            default:
                Must.Hold(waited == DeskWait.Mac);
                (input.Mac, input.MacBytes) = (answered.Data, answered.DataBytes);
                input.ChipBytes = Math.Max(input.ChipBytes, 0);            // The MAC is over what there was: a refusal has no part of the chip's.
                if (isDone) Reply(link, input, Verdict.Answer);
                else Counters.Undeliverable++;                             // Without a MAC it does not leave.
                break;
        }

        if (input.Waits == DeskWait.Nothing) EndWait(answered.Ticket, now);
    }

    private void WaitForCounts(Input input, Instant now)
    {
        Counters.SharedAsked++;
        Wait(input, DeskWait.Counts);
        _parking.AwaitCounts(input.Transaction.Ticket, now.UnixNanos);
    }

    /// <summary>An answer that comes too late is nobody's: it was decided without.</summary>
    private void TakeSharedAnswer(in DeskAnswered answered, in SharedCounts shared, Instant now)
    {
        if (!_parking.TryFind(answered.Ticket, out var input) || input.Waits != DeskWait.Counts)
        {
            Counters.SharedLate++;
            return;
        }

        if (answered.Answer == DeskAnswer.Done)
        {
            Counters.SharedTold++;
            input.Transaction.Shared = shared;
        }

        DecideWith(input, answered.Ticket, answered.Answer, now);
    }

    private void DecideWith(Input input, long ticket, DeskAnswer answer, Instant now)
    {
        input.Waits = DeskWait.Nothing;
        input.Transaction.TakeShared(answer);
        TakeMessage(input, now);
        if (input.Waits == DeskWait.Nothing) EndWait(ticket, now);
    }

    /// <summary>What other cells have counted is not waited for any longer.</summary>
    private void DecideWithout(Instant now)
    {
        while (_parking.TryFindImpatient(now.UnixNanos - _sharedPatienceNanos, out var input))
        {
            DecideWith(input, input.Transaction.Ticket, DeskAnswer.Late, now);
        }
    }

    /// <summary>Those that waited behind it are decided now: as repeats, or in its place.</summary>
    private void EndWait(long ticket, Instant now)
    {
        for (var follower = _parking.Leave(ticket); follower >= 0; follower = _parking.Next(follower)) TakeMessage(_parking.Follower(follower), now);
    }

    /// <summary>Answers that did not come in time are not waited for any longer.</summary>
    private void ForgetLate(Instant now)
    {
        while (_parking.TryFindLate(now.UnixNanos, _links, out var ticket))
        {
            Counters.Late++;
            EndWait(ticket, now);
        }
    }

    /// <summary>Nobody is there any more to be answered.</summary>
    private void ForgetConnection(int connection, uint generation, Instant now)
    {
        if (Mutant.Is(Mutation.EndedLinkWaitsOn)) return;
        _parking.LeaveFollowers(connection, generation);
        while (_parking.TryFindOf(connection, generation, out var ticket)) EndWait(ticket, now);
    }

    /// <summary>Asks for what the chip gets; false: it waits.</summary>
    private bool AskForChip(Input input)
    {
        ref var transaction = ref input.Transaction;
        switch (_hsm.AnswerChip(transaction.Ticket, in transaction, input.Chip, out var bytes))
        {
            case DeskAnswer.Pending:
                Wait(input, DeskWait.Chip);
                return false;
            case DeskAnswer.Done:
                break;
            case var other:
                Count(other);
                bytes = 0;                                                 // An answer without it is better than none.
                break;
        }

        input.ChipBytes = bytes;
        return true;
    }

    private void Count(DeskAnswer answer)
    {
        if (answer == DeskAnswer.Full) Counters.DeskFull++;
        else Counters.DeskFailed++;
    }

    private static ReadOnlySpan<byte> ChipOf(Input input) => input.ChipBytes <= 0 ? default : ((ReadOnlySpan<byte>)input.Chip)[..input.ChipBytes];

    /// <summary>Puts the MAC in; false: it waits, or there is none and it does not leave.</summary>
    private bool TrySign(LinkProfile link, Input input, Span<byte> target, (int Field, int At) place)
    {
        ref readonly var transaction = ref input.Transaction;
        var dialect = input.Dialect!;
        var units = Math.Min(AnswerSecurity.MacBytesMax, dialect.UnitsMax(place.Field));
        Span<byte> mac = input.Mac;
        if (input.MacBytes == 0)
        {
            switch (_hsm.Sign(transaction.Ticket, link.Terms.Link, target[link.Framing.LeadBytes..place.At], mac[..units]))
            {
                case DeskAnswer.Pending:
                    Wait(input, DeskWait.Mac);
                    return false;
                case DeskAnswer.Done:
                    break;
                case var other:
                    Count(other);
                    Counters.Undeliverable++;
                    return false;
            }
        }

        dialect.WriteBytes(place.Field, mac[..units], target[place.At..]);
        return true;
    }
}
