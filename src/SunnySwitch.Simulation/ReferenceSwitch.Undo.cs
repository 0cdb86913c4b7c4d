namespace SunnySwitch.Simulation;

/// <content>What undoes: reversals and voids.</content>
internal sealed partial class ReferenceSwitch
{
    /// <summary>Before the cut-over the original is undone, after it what was posted is refunded.</summary>
    private string Void(Answered answer)
    {
        var original = Named(answer.Message, out _);
        if (original is not { Kind: Kind.Posting or Kind.Completion } || original.Day == _day || original.Undone == Undone.Whole) return Reverse(answer);
        var rest = Refundable(original)!;
        return rest.Billed == 0 ? "00" : Refund(answer, original, original.Of, rest.Billed, rest.Whole);
    }

    private string Reverse(Answered answer)
    {
        var message = answer.Message;
        var original = Named(message, out var isAmbiguous);
        if (original is not null) return Undo(answer, original);
        if (!isAmbiguous && ByCode(message) is { } authorization) return UndoByCode(answer, authorization);
        var name = new Name(message.OriginalClass, message.OriginalAdvice, message.OriginalStan);
        if (!isAmbiguous && message is { Class: 4, OriginalStan: not 0, OriginalClass: not 4 } && !_tombstones.ContainsKey(name))
        {
            if (_tombstones.Count >= swarm.TombstonesPerLinkMax) return "96";
            _tombstones.Add(name, _day);
            _tombstonesInOrder.Enqueue(name);
        }

        return No(message, "25");
    }

    /// <summary>An approval code outlives its answer.</summary>
    private string UndoByCode(Answered answer, Authorization of)
    {
        var message = answer.Message;
        if (!of.Opening.IsForgotten) return Undo(answer, of.Opening);
        if (of.Held == 0) return No(message, "25");
        if (StaysHeld(message, of) is var stays && stays >= of.Held) return No(message, "64");
        Lower(answer, of, of.Held - stays, isByItself: true);
        answer.Kind = Kind.Undoing;
        return "00";
    }

    private static long StaysHeld(Message message, Authorization of)
    {
        var stays = message.Stays ?? 0;
        return of.Rate is { } rate && stays > 0 ? Math.Max(1, rate.Convert(stays, of.Currency, of.Account.Currency)) : stays;
    }

    private void Lower(Answered answer, Authorization of, long back, bool isByItself)
    {
        of.Held -= back;
        of.Authorized -= back;
        Free(of, back);
        answer.Moves = new Moves(-back, 0, 0, 0);
        if (of.Held == 0) End(of, isByItself);
    }

    private static string No(Message message, string code) => message.Advice ? "00" : code;

    private string Undo(Answered answer, Answered original)
    {
        var message = answer.Message;
        if (original.Undone == Undone.Whole && original.Kind != Kind.Completion) return "00";
        switch (original.Kind)
        {
            case Kind.Undoing: return No(message, "12");
            case Kind.Hold:
                return IsThere(original.Of) && original.Of!.Held > 0 ? Release(answer, original, original.Of.Held) : No(message, "25");
            case Kind.Increment:
                if (!IsThere(original.Of)) return "00";
                var held = Math.Min(original.HeldLeft, original.Of!.Held);
                return held > 0 ? Release(answer, original, held) : No(message, "25");
            case Kind.Completion:
                var captured = IsThere(original.Of) ? Math.Min(original.Booked, original.Of!.Captured) : 0;
                return captured > 0 ? MoveBack(answer, original, captured) : "00";
            case Kind.Refund when original.Booked == 0: return "00";
            case Kind.Posting or Kind.Credit or Kind.Refund: return MoveBack(answer, original, original.Booked);
            default:
                Mark(answer, original, Undone.Whole, stays: 0);
                return "00";
        }
    }

    /// <summary>DE95 is what stays held, in the currency of the authorization.</summary>
    private string Release(Answered answer, Answered original, long held)
    {
        var (message, of) = (answer.Message, original.Of!);
        var stays = StaysHeld(message, of);
        if (stays >= held) return original.Undone == Undone.InPart && stays == held ? "00" : No(message, "64");
        var back = held - stays;
        var isIncrement = original.Kind == Kind.Increment;
        var captured = !isIncrement || of.Captured == 0 ? of.Captured : Math.Max(0, original.HeldLeft - back - (message.Stays ?? 0));
        // What was captured in another currency nobody knows in the amount that was counted: none of it is given back.
        if (captured > 0 && of.Rate is not null) captured = long.MaxValue / 2;
        if (isIncrement) original.HeldLeft -= back;
        Lower(answer, of, back, isByItself: !isIncrement);
        var isWhole = isIncrement ? message.Stays is null or 0 : stays == 0;
        Mark(answer, original, isWhole ? Undone.Whole : Undone.InPart, (isWhole ? 0 : message.Stays ?? 0) + captured);
        return "00";
    }

    private void End(Authorization authorization, bool isByItself)
    {
        if (authorization.Captured == 0) Remove(authorization);
        else if (isByItself) authorization.CompletedOn = _day;
    }

    private void Remove(Authorization authorization)
    {
        authorization.IsGone = true;
        _authorizations.Remove(authorization.Number);
    }

    private string MoveBack(Answered answer, Answered original, long left)
    {
        var message = answer.Message;
        var rest = RestOf(original, left, original.Booked);
        // The fee stays with what stays, and less cannot stay than a fee that was given for it.
        var stays = message.Stays ?? 0;
        var canStay = stays == 0 || (stays < rest.Amount && stays > -rest.Fee);
        if (!canStay) return original.Undone == Undone.InPart && stays == rest.Amount ? "00" : No(message, "64");
        var isWhole = stays == 0;
        var back = isWhole ? rest.Billed : rest.Part(rest.Amount - stays);
        var bill = isWhole ? rest.Whole : rest.Of(rest.Amount - stays);
        var isTakenBack = original.Kind is Kind.Credit or Kind.Refund;
        Post(answer, Kind.Undoing, isTakenBack ? back : -back, isTakenBack ? bill : Opposite(bill));
        var undone = isWhole ? Undone.Whole : Undone.InPart;
        switch (original.Kind)
        {
            case Kind.Completion:
                Uncapture(answer, original, back, isWhole);
                break;
            case Kind.Refund when original.RefundOf is { } posting:
                if (!posting.IsForgotten) TakeFrom(posting, -back, Opposite(bill));
                break;
            case Kind.Refund:
                if (IsThere(original.Of)) original.Of!.Captured += back;
                break;
            default:
                // Of so little that no part of it can stay.
                if (back == original.Booked) undone = Undone.Whole;
                break;
        }

        original.Booked -= back;
        if (bill is { } part && original.BillLeft is { } before)
        {
            original.BillLeft = before with { Amount = before.Amount - part.Amount, Fee = before.Fee - part.Fee };
        }

        Mark(answer, original, undone, undone == Undone.Whole ? 0 : stays);
        return "00";
    }

    /// <summary>What a part released is held again as long as its authorization is open; what the last one released, always.</summary>
    private void Uncapture(Answered answer, Answered original, long back, bool isWhole)
    {
        var of = original.Of!;
        of.Captured -= back;
        if (!isWhole) return;
        var again = of.CompletedOn is null || original.IsLast ? original.HeldLeft : 0;
        if (original.IsLast) of.CompletedOn = null;
        original.HeldLeft -= again;
        of.Held += again;
        Free(of, -again);
        answer.Moves = answer.Moves with { Held = again };
    }

    private void Mark(Answered answer, Answered original, Undone undone, long stays)
    {
        (answer.Kind, answer.Undid) = (Kind.Undoing, original);
        original.Undone = undone;
        if (original.CountedAs is { } counted) Limits.GiveBack(counted, original.Day == _day, stays);
    }
}
