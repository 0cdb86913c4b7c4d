namespace SunnySwitch.Simulation;

/// <content>What takes and gives money: purchases, increments, completions, refunds.</content>
internal sealed partial class ReferenceSwitch
{
    /// <summary>What an amount with its fee is at the account; a code when it cannot be.</summary>
    private string? Price(Answered answer, long fee, Quote? ofHold, out long billed)
    {
        var (message, account) = (answer.Message, answer.Account!);
        billed = message.Amount + fee;
        Quote? rate = null;
        if (message.Currency != account.Currency)
        {
            rate = ofHold;
            if (rate is null && _rates.Active.Content.Rates.TryGetValue((message.Currency, account.Currency), out var quote)) rate = quote;
            if (rate is null) return "13";
        }

        if (billed <= 0) return "13";
        if (rate is { } found) billed = found.Convert(billed, message.Currency, account.Currency);
        if (billed <= 0) return "13";
        if (rate is null && fee == 0) return null;
        answer.Bill = new Bill(message.Amount, fee, message.Currency, rate);
        return HasRoomFor(rate is not null) ? null : "96";
    }

    private bool HasRoomFor(bool isForeign) =>
        _charges.Live < swarm.SideTablesMax && (!isForeign || _balances.Live < swarm.SideTablesMax);

    private string Take(Answered answer, bool isHeld, bool isEstimate = false)
    {
        var (message, account) = (answer.Message, answer.Account!);
        if (Price(answer, message.Fee, null, out var billed) is { } problem) return problem;
        var available = account.Ledger - account.Held;
        var isPart = !message.Advice && available < billed;
        if (isPart)
        {
            var mayTakePart = message.Says.HasFlag(Says.PartialOk) && answer.Asked!.What == What.Purchase && answer.Bill is null;
            if (!mayTakePart || available <= 0) return "51";
            if (_balances.Live >= swarm.SideTablesMax) return "96";
            answer.Part = billed = available;
        }

        if (isHeld)
        {
            if (_authorizations.Count >= swarm.HoldsMax) return "96";
            Hold(answer, billed, _date + Limits.HoldDays(isEstimate));
        }
        else Post(answer, Kind.Posting, billed, answer.Bill);
        return isPart ? "10" : "00";
    }

    private void Hold(Answered answer, long billed, int expires)
    {
        answer.Kind = Kind.Hold;
        answer.Of = new Authorization
        {
            Opening = answer,
            Account = answer.Account!,
            Currency = answer.Message.Currency,
            Rate = answer.Bill?.Rate,
            Held = billed,
            Authorized = billed,
            Expires = expires,
        };
        Free(answer.Of, -billed);
        answer.Moves = new Moves(billed, 0, 0, 0);
    }

    /// <summary>A refund that is only authorized moves nothing.</summary>
    private string Credit(Answered answer)
    {
        if (Price(answer, 0, null, out var billed) is { } problem) return problem;
        if (answer.Message.Class == 2) Post(answer, Kind.Credit, -billed, Opposite(answer.Bill));
        return "00";
    }

    /// <summary>Takes from the account, or gives where it is negative.</summary>
    private static void Post(Answered answer, Kind kind, long taken, Bill? signed)
    {
        answer.Kind = kind;
        answer.Booked = Math.Abs(taken);
        answer.BillLeft = kind is Kind.Credit or Kind.Refund ? Opposite(signed) : signed;
        answer.Account!.Ledger -= taken;
        answer.Moves = new Moves(0, -taken, signed?.Amount ?? taken, signed?.Fee ?? 0);
        if (signed is not null) answer.Bill = signed;
    }

    private string Increment(Answered answer)
    {
        if (FindOpen(answer.Message, out var authorization) is { } problem) return problem;
        if (PriceOf(answer, authorization!, out var billed) is { } refusal) return refusal;
        var account = answer.Account!;
        if (!answer.Message.Advice && account.Ledger - account.Held < billed) return "51";
        if (_steps.Live >= swarm.SideTablesMax) return "96";
        (answer.Kind, answer.Of, answer.HeldLeft) = (Kind.Increment, authorization, billed);
        authorization!.Held += billed;
        authorization.Authorized += billed;
        authorization.Expires = Math.Max(authorization.Expires, _date + Limits.HoldDays(isEstimate: true));
        Free(authorization, -billed);
        answer.Moves = new Moves(billed, 0, 0, 0);
        return "00";
    }

    /// <summary>In its authorization's currency, at its rate.</summary>
    private string? PriceOf(Answered answer, Authorization authorization, out long billed)
    {
        billed = 0;
        return answer.Message.Currency != authorization.Currency ? "13" : Price(answer, answer.Message.Fee, authorization.Rate, out billed);
    }

    /// <summary>All of it is captured, or a part; after the last one the rest of the hold is free.</summary>
    private string Complete(Answered answer)
    {
        var (message, account) = (answer.Message, answer.Account!);
        if (FindOpen(message, out var authorization) is { } problem)
        {
            // An approval code that is not ours, and nothing else, is a voice approval's.
            var isForced = message is { Advice: true, OriginalStan: 0 } && authorization is null;
            return isForced ? Take(answer, isHeld: false) : problem;
        }

        if (PriceOf(answer, authorization!, out var billed) is { } refusal) return refusal;
        var rounding = authorization!.Rate is null ? 0 : 2;
        if (billed > authorization.Authorized + rounding - authorization.Captured) return "64";
        var above = billed - authorization.Held;
        if (above > 0 && !message.Advice && account.Ledger - account.Held < above) return "51";
        var isLast = !message.Says.HasFlag(Says.MoreFollow);
        var freed = isLast ? authorization.Held : Math.Min(billed, authorization.Held);
        Post(answer, Kind.Completion, billed, answer.Bill);
        (answer.Of, answer.HeldLeft, answer.IsLast) = (authorization, freed, isLast);
        authorization.Held -= freed;
        authorization.Captured += billed;
        if (isLast) authorization.CompletedOn = _day;
        Free(authorization, freed);
        answer.Moves = answer.Moves with { Held = -freed };
        return "00";
    }

    private string RefundNamed(Answered answer)
    {
        var message = answer.Message;
        var original = Named(message, out var isAmbiguous);
        var authorization = original is null && !isAmbiguous ? ByCode(message) : null;
        if (original is null && authorization is null) return "25";
        if ((original is null ? CapturesOf(authorization!) : Refundable(original)) is not { } rest) return "12";
        if (rest.Currency != message.Currency) return "13";
        // A fee that the acquirer gave lowered what there is to be refunded.
        var most = rest.Amount + Math.Min(0, rest.Fee);
        if (message.Amount > most || rest.Billed == 0) return "64";
        var billed = message.Amount == most && rest.Fee <= 0 ? rest.Billed : rest.Part(message.Amount);
        return Refund(answer, original, authorization ?? original!.Of, billed, rest.Of(message.Amount));
    }

    private string Refund(Answered answer, Answered? original, Authorization? of, long billed, Bill? bill)
    {
        if (bill is not null && !HasRoomFor(bill.Value.Rate is not null)) return "96";
        answer.Bill = Opposite(bill);
        // The money comes with the financial message.
        if (answer.Message.Class != 2 && answer.Message.Function != 2) return "00";
        Post(answer, Kind.Refund, -billed, Opposite(bill));
        if (original is { Kind: Kind.Posting })
        {
            answer.RefundOf = original;
            TakeFrom(original, billed, bill);
        }
        else
        {
            answer.Of = of;
            of!.Captured -= billed;
        }

        return "00";
    }

    /// <summary>What is left to be refunded of an answer; null when it took no money.</summary>
    private static Rest? Refundable(Answered original)
    {
        var of = original.Of;
        switch (original.Kind)
        {
            case Kind.Posting: return RestOf(original, original.Booked, original.Booked);
            case Kind.Completion:
                return RestOf(original, IsThere(of) ? Math.Min(original.Booked, of!.Captured) : 0, original.Booked);
            case Kind.Hold when IsThere(of) && of!.Captured > 0: return CapturesOf(of);
            default: return null;
        }
    }

    private static Rest CapturesOf(Authorization of) => of.Rate is not { } rate ? Plain(of.Captured, of.Account.Currency) : new Rest
    {
        Billed = of.Captured,
        Amount = rate.MostFor(of.Captured, of.Currency, of.Account.Currency),
        Fee = 0,
        Currency = of.Currency,
        Rate = rate,
        AtRateTo = of.Account.Currency,
        IsCharged = true,
    };

    private static Rest Plain(long billed, string currency) => new() { Billed = billed, Amount = billed, Fee = 0, Currency = currency };

    /// <summary>What is left of an answer's own bill, in proportion where something else took from its money.</summary>
    private static Rest RestOf(Answered original, long billed, long whole)
    {
        if (original.BillLeft is not { } bill) return Plain(billed, original.Account!.Currency);
        var (amount, fee) = (bill.Amount, bill.Fee);
        if (billed < whole)
        {
            amount = Rest.Rounded((decimal)bill.Amount * billed / whole);
            fee = bill.Rate is null ? billed - amount : Rest.Rounded((decimal)bill.Fee * billed / whole);
        }

        return new Rest { Billed = billed, Amount = amount, Fee = fee, Currency = bill.Currency, Rate = bill.Rate, IsCharged = true };
    }

    /// <summary>Of a posting's money and bill; gives back where it is negative.</summary>
    private static void TakeFrom(Answered posting, long billed, Bill? bill)
    {
        posting.Booked -= billed;
        if (bill is { } part && posting.BillLeft is { } left)
        {
            posting.BillLeft = left with { Amount = left.Amount - part.Amount, Fee = left.Fee - part.Fee };
        }

        posting.Undone = posting.Booked > 0 ? Undone.InPart : Undone.Whole;
    }

    private string? FindOpen(Message message, out Authorization? authorization)
    {
        authorization = null;
        if (Named(message, out var isAmbiguous) is { } original)
        {
            if (original.Kind is not (Kind.Hold or Kind.Increment)) return "12";
            authorization = original.Of;
        }
        else if (!isAmbiguous) authorization = ByCode(message);

        return !IsThere(authorization) || authorization!.CompletedOn is not null || authorization.Expires <= _date ? "25" : null;
    }

    /// <summary>The one answer that DE90 names of this card.</summary>
    private Answered? Named(Message message, out bool isAmbiguous)
    {
        isAmbiguous = false;
        var name = new Name(message.OriginalClass, message.OriginalAdvice, message.OriginalStan);
        if (message.OriginalClass == 4 || !_byName.TryGetValue(name, out var all)) return null;
        var sameCard = all.FindAll(answer => SameCard(answer.Message.Pan, message.Pan));
        isAmbiguous = sameCard.Count > 1;
        return sameCard.Count == 1 ? sameCard[0] : null;
    }

    /// <summary>The authorization that DE38 names of this card: as long as it lives.</summary>
    private Authorization? ByCode(Message message) =>
        _authorizations.TryGetValue(message.ApprovedBy, out var found) && Accounts.TryGetValue(message.Pan, out var account) && found.Account == account
            ? found : null;

    private bool SameCard(string left, string right) =>
        left == right || (!Accounts.ContainsKey(left) && !Accounts.ContainsKey(right));

    private static bool IsThere(Authorization? authorization) => authorization is { IsGone: false };

    private static Bill? Opposite(Bill? bill) => bill is { } is_ ? is_ with { Amount = -is_.Amount, Fee = -is_.Fee } : null;

    private void Free(Authorization authorization, long amount)
    {
        authorization.Account.Held -= amount;
        HeldMinor -= amount;
    }

    private enum Kind
    {
        Nothing, Hold, Posting, Credit, Told, Increment, Completion, Refund, Undoing,
    }

    private enum Undone
    {
        Nothing, InPart, Whole,
    }

    /// <summary>What an approval opened and nothing has ended yet.</summary>
    private sealed class Authorization
    {
        /// <summary>Of the answer that opened it.</summary>
        public long Number { get; set; }

        /// <summary>The answer that opened it.</summary>
        public required Answered Opening { get; init; }

        public required Account Account { get; init; }

        public required string Currency { get; init; }

        public Quote? Rate { get; init; }

        public long Held { get; set; }

        public long Authorized { get; set; }

        public long Captured { get; set; }

        /// <summary>Business date from which it is over.</summary>
        public int Expires { get; set; }

        /// <summary>Number of the business date of the last capture.</summary>
        public int? CompletedOn { get; set; }

        public bool IsGone { get; set; }
    }

    /// <summary>A journalled answer.</summary>
    private sealed class Answered
    {
        public required Key Key { get; init; }

        public required Message Message { get; init; }

        public required int Day { get; init; }

        /// <summary>Two business dates are over.</summary>
        public bool IsForgotten { get; set; }

        /// <summary>From 1: what the switch calls its hold by. A key that ended with its business date may come again, a number not.</summary>
        public long Number { get; set; }

        public string Code { get; set; } = "";

        public string Told { get; set; } = "";

        public (long Ledger, long Available) ToldBalances { get; set; }

        /// <summary>Approved of the amount, where it was not all.</summary>
        public long? Part { get; set; }

        public Account? Account { get; set; }

        public Kind Kind { get; set; }

        public Moves Moves { get; set; }

        /// <summary>What it is to the acquirer, due to it where positive.</summary>
        public Bill? Bill { get; set; }

        /// <summary>What is left of it, positive.</summary>
        public Bill? BillLeft { get; set; }

        /// <summary>At the account, of what it took or gave.</summary>
        public long Booked { get; set; }

        /// <summary>What an increment still holds, or a completion freed.</summary>
        public long HeldLeft { get; set; }

        public bool IsLast { get; set; }

        public Authorization? Of { get; set; }

        public Answered? RefundOf { get; set; }

        public Undone Undone { get; set; }

        public Asked? Asked { get; set; }

        /// <summary>What the desk said.</summary>
        public Said Said { get; init; }

        /// <summary>Its right cryptogram was looked at, and is used up.</summary>
        public bool TakesCounter { get; set; }

        /// <summary>Wrong PINs that its card has from now on.</summary>
        public int? PinTries { get; set; }

        /// <summary>Why it is declined, where what it brought is why.</summary>
        public string Reason { get; private set; } = "";

        public string Because(string code, string reason)
        {
            Reason = reason;
            return code;
        }

        public CountedAs? CountedAs { get; set; }

        /// <summary>What it undid, where it did.</summary>
        public Answered? Undid { get; set; }

        public string Did
        {
            get
            {
                if (Kind is Kind.Nothing) return Code switch { "58" or "61" or "65" => "limit", "64" => "above", _ => Reason };
                var did = Undid is { } of ? $"{of.Kind} undone" : $"{Kind}";
                if (Undid?.Undone == Undone.InPart || Part is not null) did += " in part";
                if (Bill is { Fee: not 0 }) did += " with fee";
                return Bill?.Rate is null ? did : did + " at a rate";
            }
        }
    }
}
