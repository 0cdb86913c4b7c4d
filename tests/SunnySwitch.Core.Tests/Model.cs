namespace SunnySwitch.Core.Tests;

/// <summary>A message in the words of the field; what the model reads.</summary>
internal sealed record Message(
    int Class, bool Advice, int Acquirer, uint Stan, string Terminal, string Pan, long Amount, uint OriginalStan = 0,
    int OriginalClass = 0, bool OriginalAdvice = false, uint ApprovalCode = 0, long? Stays = null, int Function = 0, long Cash = 0,
    Says Says = Says.Nothing, int Counter = 0, int Chip = 0, bool AtCutOver = false, Authentic Authentic = Authentic.Nothing,
    Tells Tells = Tells.Nothing, int Serial = 0);

/// <summary>What an e-commerce payment says of its cardholder's authentication.</summary>
internal enum Authentic
{
    Nothing, NotTried, ClaimedOnly, Right, Wrong,
}

/// <summary>What terminal and chip tell of a payment.</summary>
internal enum Tells
{
    Nothing, Harmless, TerminalRisk, ChipRisk, ChipDeclines,
}

/// <summary>What a message says beside its type and function.</summary>
[Flags]
internal enum Says
{
    Nothing = 0, Estimate = 1, Increment = 2, Completion = 4, MoreFollow = 8, PartialOk = 16, DeclinedElsewhere = 32, WrongCryptogram = 64,
}

/// <summary>
/// The rules of architecture section 6 and of docs/authorization.md once more, with lists and strings and no thought for speed: what
/// the switch is compared with. Knows no hashes, slots or frames. Cash tips at TERM0002 may be a fifth above what was authorized. A message with a
/// counter was read by a chip; its cryptogram is right unless it says otherwise. One with a serial number has a right PIN, under a key of its terminal.
/// </summary>
internal sealed class Model(int firstDay)
{
    public const int HoldDays = 3, EstimateDays = 6, TipPermille = 200, CounterJump = 32, CountersBelow = 64, ChipWithoutKey = 3;
    private const string NotTold = "NotChecked";
    private readonly List<Answer> _answers = [];
    private readonly List<Authorization> _authorizations = [];
    private readonly List<(string Original, int Day)> _tombstones = [];
    private readonly Dictionary<(string Pan, int Chip), SortedSet<int>> _counters = [];
    private readonly Dictionary<string, int> _serials = [];
    private int _today = firstDay;
    private int _yesterday;

    public Dictionary<string, (long Ledger, long Held)> Accounts { get; } = [];

    public void OpenDay(int day)
    {
        (_yesterday, _today) = (_today, day);
        _answers.RemoveAll(answer => answer.Day < _yesterday);
        _tombstones.RemoveAll(tombstone => tombstone.Day < _yesterday);
    }

    /// <summary>Ends what is over.</summary>
    public void Sweep()
    {
        foreach (var authorization in _authorizations.Where(IsOver).ToList())
        {
            Move(authorization.Pan, 0, -authorization.Held);
            authorization.Held = 0;
            var isKept = authorization.CompletedOn is null && authorization.Captured > 0;
            if (isKept) authorization.CompletedOn = _today;
            else _authorizations.Remove(authorization);
        }
    }

    /// <summary>The code, and whether it is a repeat's.</summary>
    /// <param name="message">What was sent.</param>
    /// <param name="approvalCode">The approval code that an approval would get.</param>
    public (string Code, bool Repeat) Send(Message message, uint approvalCode)
    {
        ProofTold = NotTold;
        var name = NameOf(message.Acquirer, message.Class, message.Advice, message.Stan);
        var what = WhatOf(message);
        var namesOne = message.OriginalStan != 0 || message.ApprovalCode != 0;
        if (what is What.Reversal or What.Void or What.Increment or What.Completion && !namesOne) return ("30", false);
        var key = $"{name}/{message.Terminal}";
        var known = _answers.Find(entry => entry.Key == key);
        if (known is not null)
        {
            (Told, Part) = (known.Told, known.Part);
            if (IsBodyOf(known.Message, message))
            {
                ProofTold = known.ProofTold;
                return (known.Code, true);
            }

            return (IsRefusedNow(message) ? "90" : "94", false);
        }

        if (IsRefusedNow(message)) return ("90", false);
        var isReversed = _tombstones.Exists(entry => entry.Original == name);
        if (isReversed && !message.Advice) return ("94", false);
        var answer = new Answer { Key = key, Name = name, Message = message, Day = _today, IsCardKnown = Accounts.ContainsKey(message.Pan) };
        answer.ApprovalCode = message.Advice && message.ApprovalCode != 0 ? message.ApprovalCode : approvalCode;
        answer.Code = isReversed ? "00" : what == What.Reversal ? Reverse(message, answer) : Decide(what, message, answer);
        Part = answer.Part;
        _answers.Add(answer);
        if (IsPinRead(message)) _serials[message.Terminal] = Math.Max(message.Serial, _serials.GetValueOrDefault(message.Terminal));
        return (answer.Code, false);
    }

    // What the chip says is no part of the body, nor what proves the cardholder, nor when and over which link it came;
    // nor an approval code beside the original that it names.
    private static bool IsBodyOf(Message known, Message message) => known == message with
    {
        ApprovalCode = message.OriginalStan != 0 ? known.ApprovalCode : message.ApprovalCode,
        Counter = known.Counter,
        Chip = known.Chip,
        AtCutOver = known.AtCutOver,
        Authentic = known.Authentic,
        Tells = known.Tells,
        Serial = known.Serial,
        Says = (message.Says & ~Says.WrongCryptogram) | (known.Says & Says.WrongCryptogram),
    };

    /// <summary>Nobody asks for the PIN of an advice, a reversal or a card that is not ours.</summary>
    public bool IsPinRead(Message message) => message is { Serial: > 0, Advice: false, Class: not 4 } && Accounts.ContainsKey(message.Pan);

    private static bool IsRefusedNow(Message message) => message is { AtCutOver: true, Advice: false, Class: not 4 };

    /// <summary>Available and ledger that the last inquiry, or its repeat, was told.</summary>
    public (long Available, long Ledger) Told { get; private set; }

    /// <summary>What the last answer, or its repeat, told of a proof of authentication.</summary>
    public string ProofTold { get; private set; } = NotTold;

    /// <summary>What the last partial approval, or its repeat, approved.</summary>
    public long Part { get; private set; }

    private enum What
    {
        Nothing, Purchase, Refund, Inquiry, Verification, Increment, Completion, ForcePost, Void, Reversal,
    }

    private static What WhatOf(Message message)
    {
        if (message.Class == 4) return What.Reversal;
        var isSale = message.Function is 0 or 1 or 9;
        var byOriginal = message.OriginalStan != 0;
        var namesOne = byOriginal || message.ApprovalCode != 0;
        if (message.Class == 2 && isSale)
        {
            if (namesOne || message.Says.HasFlag(Says.Completion)) return What.Completion;
            if (message.Advice) return What.ForcePost;
        }

        if (message is { Class: 1, Function: 0 })
        {
            if (message.Says.HasFlag(Says.Increment) || (message.Advice ? byOriginal : namesOne)) return What.Increment;
            if (message.Amount == 0 && !message.Advice) return What.Verification;
        }

        return message.Function switch { 0 or 1 or 9 => What.Purchase, 2 => What.Void, 20 => What.Refund, 30 or 31 => What.Inquiry, _ => What.Nothing };
    }

    private string Decide(What what, Message message, Answer answer)
    {
        if (what == What.Nothing) return "40";
        if (what == What.Inquiry ? message.Amount != 0 : message.Amount == 0 && what is not (What.Verification or What.Void)) return "13";
        var isCashBack = what == What.Purchase && message.Function == 9;
        if (isCashBack && (message.Cash == 0 || message.Cash > message.Amount)) return "13";
        if (!Accounts.TryGetValue(message.Pan, out var account)) return "14";
        var namesOne = message.OriginalStan != 0 || message.ApprovalCode != 0;
        var isFollowUp = what is What.Completion or What.Void || (what == What.Refund && namesOne);
        if (what != What.Void && message.Says.HasFlag(Says.DeclinedElsewhere) && (message.Advice || isFollowUp)) return "00";
        var isByChip = message is { Counter: > 0, Advice: false } && !isFollowUp;
        if (isByChip && !IsCryptogramGood(message)) return "82";
        if (isByChip && message.Chip != ChipWithoutKey && message.Tells > Tells.Harmless) return "05";
        var isRequest = !message.Advice && !isFollowUp;
        if (isRequest && message.Authentic is (Authentic.Right or Authentic.Wrong)) answer.ProofTold = ProofTold = message.Authentic.ToString();
        if (isRequest && IsPinRead(message) && message.Serial <= _serials.GetValueOrDefault(message.Terminal)) return "63";
        if (isRequest && message.Authentic is (Authentic.Wrong or Authentic.ClaimedOnly)) return message.Authentic == Authentic.Wrong ? "05" : "1A";
        var available = account.Ledger - account.Held;
        switch (what)
        {
            case What.Inquiry:
                if (message.Advice) return "40";
                answer.Told = Told = (available, account.Ledger);
                return "00";
            case What.Verification: return "00";
            case What.Completion: return Complete(message, answer, available);
            case What.Void: return Void(message, answer);
            case What.Increment: return Increment(message, answer, available);
            case What.Refund when namesOne: return RefundNamed(message, answer);
            case What.Refund:
                if (message.Class == 2) Post(answer, message.Amount, isCredit: true);
                return "00";
            case What.ForcePost:
                Post(answer, message.Amount, isCredit: false);
                return "00";
            default: return Purchase(message, answer, available);
        }
    }

    // Each counter once; as far below the highest as is remembered, or as far above as may be.
    private bool IsCryptogramGood(Message message)
    {
        if (message.Says.HasFlag(Says.WrongCryptogram)) return false;
        if (message.Chip == ChipWithoutKey) return true;
        if (!_counters.TryGetValue((message.Pan, message.Chip), out var seen)) seen = _counters[(message.Pan, message.Chip)] = [];
        if (seen.Count > 0 && (message.Counter < seen.Max - CountersBelow || message.Counter > seen.Max + CounterJump)) return false;
        return seen.Add(message.Counter);
    }

    private string Purchase(Message message, Answer answer, long available)
    {
        var amount = message.Amount;
        var isPart = !message.Advice && available < amount;
        if (isPart)
        {
            var isEstimate = message.Class == 1 && message.Says.HasFlag(Says.Estimate);
            if (message.Function != 0 || isEstimate || !message.Says.HasFlag(Says.PartialOk) || available <= 0) return "51";
            answer.Part = amount = available;
        }

        if (message.Class == 2) Post(answer, amount, isCredit: false);
        else Hold(message, answer, amount);
        return isPart ? "10" : "00";
    }

    private void Hold(Message message, Answer answer, long amount)
    {
        var isEstimate = message.Function == 0 && message.Says.HasFlag(Says.Estimate);
        var code = message.Advice && (message.ApprovalCode == 0 || AllByCode(message).Count > 0) ? 0 : answer.ApprovalCode;
        answer.Kind = Kind.Hold;
        answer.Of = new Authorization
        {
            Opening = answer,
            Pan = message.Pan,
            Acquirer = message.Acquirer,
            ApprovalCode = code,
            Held = amount,
            Authorized = amount,
            Expires = _today + (isEstimate ? EstimateDays : HoldDays),
            HasTips = message.Terminal == "TERM0002",
        };
        _authorizations.Add(answer.Of);
        Move(message.Pan, 0, amount);
    }

    private void Post(Answer answer, long amount, bool isCredit)
    {
        (answer.Kind, answer.Left) = (isCredit ? Kind.Credit : Kind.Posting, amount);
        Move(answer.Message.Pan, isCredit ? amount : -amount, 0);
    }

    private string Increment(Message message, Answer answer, long available)
    {
        if (FindOpen(message, out var authorization) is { } problem) return problem;
        if (!message.Advice && available < message.Amount) return "51";
        authorization!.Held += message.Amount;
        authorization.Authorized += message.Amount;
        authorization.Expires = Math.Max(authorization.Expires, _today + EstimateDays);
        (answer.Kind, answer.Of, answer.Left) = (Kind.Increment, authorization, message.Amount);
        Move(message.Pan, 0, message.Amount);
        return "00";
    }

    private string Complete(Message message, Answer answer, long available)
    {
        if (FindOpen(message, out var authorization) is { } problem)
        {
            var isVoice = message is { Advice: true, OriginalStan: 0 } && !message.Says.HasFlag(Says.Completion) && authorization is null && problem == "25";
            if (!isVoice || Ambiguous(message)) return problem;
            Post(answer, message.Amount, isCredit: false);
            return "00";
        }

        var tip = authorization!.HasTips ? authorization.Authorized * TipPermille / 1_000 : 0;
        if (authorization.Captured + message.Amount > authorization.Authorized + tip) return "64";
        if (!message.Advice && message.Amount > authorization.Held && available < message.Amount - authorization.Held) return "51";
        var isLast = !message.Says.HasFlag(Says.MoreFollow);
        answer.Freed = isLast ? authorization.Held : Math.Min(authorization.Held, message.Amount);
        (answer.Kind, answer.Of, answer.Left, answer.IsLast) = (Kind.Completion, authorization, message.Amount, isLast);
        authorization.Held -= answer.Freed;
        authorization.Captured += message.Amount;
        if (isLast) authorization.CompletedOn = _today;
        Move(message.Pan, -message.Amount, -answer.Freed);
        return "00";
    }

    private string RefundNamed(Message message, Answer answer)
    {
        var found = Named(message, out var code);
        if (code is not null) return "25";
        if (found is not null) return Refund(found, null, message.Amount, message, answer);
        var authorization = ByCode(message);
        return authorization is null ? "25" : Refund(null, authorization, message.Amount, message, answer);
    }

    private string Refund(Answer? of, Authorization? authorization, long amount, Message message, Answer answer)
    {
        long left;
        if (of is { Kind: Kind.Posting }) left = of.Left;
        else if (of is { Kind: Kind.Completion })
        {
            authorization = of.Of!;
            left = IsThere(authorization) ? Math.Min(of.Left, authorization.Captured) : 0;
        }
        else if (of is not null)
        {
            authorization = of.Of;
            if (of.Kind != Kind.Hold || !IsThere(authorization) || authorization!.Captured == 0) return "12";
            left = authorization.Captured;
        }
        else left = authorization!.Captured;

        if (amount > left) return "64";
        if (message.Class == 1 && message.Function != 2) return "00";
        if (authorization is not null) authorization.Captured -= amount;
        else TakeFrom(of!, amount);
        (answer.Kind, answer.Of, answer.RefundOf, answer.Left) = (Kind.Refund, authorization, authorization is null ? of : null, amount);
        Move(message.Pan, amount, 0);
        return "00";
    }

    private string Void(Message message, Answer answer)
    {
        var found = Named(message, out var code);
        if (code is null && found is { IsUndone: false, Kind: Kind.Posting or Kind.Completion } && found.Day < _today)
        {
            var left = found.Kind == Kind.Posting ? found.Left : IsThere(found.Of) ? Math.Min(found.Left, found.Of!.Captured) : 0;
            return left == 0 ? "00" : Refund(found, null, left, message, answer);
        }

        return Reverse(message, answer);
    }

    private string Reverse(Message message, Answer answer)
    {
        string No(string code) => message.Advice ? "00" : code;
        var found = Named(message, out var code);
        if (code is not null)
        {
            if (code == "other card") SetTombstone(message);
            return No("25");
        }

        if (found is not null) return Undo(found, message, answer);
        if (Ambiguous(message)) return No("25");
        var authorization = ByCode(message);
        if (authorization is null)
        {
            SetTombstone(message);
            return No("25");
        }

        if (_answers.Contains(authorization.Opening)) return Undo(authorization.Opening, message, answer);
        if (authorization.Held == 0) return No("25");
        var stays = message.Stays ?? 0;
        if (stays >= authorization.Held) return No("64");
        Release(authorization, authorization.Held - stays, ends: true);
        answer.Kind = Kind.Undoing;
        return "00";
    }

    private string Undo(Answer original, Message message, Answer answer)
    {
        string No(string code) => message.Advice ? "00" : code;
        if (original.IsUndone && original.Kind != Kind.Completion) return "00";
        var of = original.Of;
        var left = original.Left;
        switch (original.Kind)
        {
            case Kind.Undoing: return No("12");
            case Kind.Hold:
                left = IsThere(of) ? of!.Held : 0;
                if (left == 0) return No("25");
                break;
            case Kind.Increment:
                if (!IsThere(of)) return "00";
                left = Math.Min(left, of!.Held);
                if (left == 0) return No("25");
                break;
            case Kind.Completion:
                left = IsThere(of) ? Math.Min(left, of!.Captured) : 0;
                if (left == 0) return "00";
                break;
        }

        var stays = left > 0 ? message.Stays ?? 0 : 0;
        if (left > 0 && stays >= left) return original.IsPartlyUndone && stays == left ? "00" : No("64");
        answer.Kind = Kind.Undoing;
        GiveBack(original, left - stays, isWhole: stays == 0);
        return "00";
    }

    private void GiveBack(Answer original, long back, bool isWhole)
    {
        var pan = original.Message.Pan;
        var of = original.Of;
        switch (original.Kind)
        {
            case Kind.Hold: Release(of!, back, ends: true); break;
            case Kind.Increment:
                Release(of!, back, ends: false);
                original.Left -= back;
                break;
            case Kind.Posting:
                original.Left -= back;
                Move(pan, back, 0);
                break;
            case Kind.Credit:
                original.Left -= back;
                Move(pan, -back, 0);
                break;
            case Kind.Refund:
                original.Left -= back;
                if (of is not null && IsThere(of)) of.Captured += back;
                if (original.RefundOf is { } refunded && _answers.Contains(refunded)) TakeFrom(refunded, -back);
                Move(pan, -back, 0);
                break;
            case Kind.Completion:
                original.Left -= back;
                of!.Captured -= back;
                var again = isWhole && (of.CompletedOn is null || original.IsLast) ? original.Freed : 0;
                original.Freed -= again;
                of.Held += again;
                if (isWhole && original.IsLast) of.CompletedOn = null;
                Move(pan, back, again);
                break;
        }

        original.IsUndone = isWhole;
        original.IsPartlyUndone = !isWhole;
    }

    private void Release(Authorization authorization, long amount, bool ends)
    {
        authorization.Held -= amount;
        authorization.Authorized -= amount;
        Move(authorization.Pan, 0, -amount);
        if (authorization.Held > 0) return;
        if (authorization.Captured == 0) _authorizations.Remove(authorization);
        else if (ends) authorization.CompletedOn = _today;
    }

    private static void TakeFrom(Answer posting, long amount)
    {
        posting.Left -= amount;
        posting.IsUndone = posting.Left == 0;
        posting.IsPartlyUndone = posting.Left > 0;
    }

    private void SetTombstone(Message message)
    {
        if (message.Class != 4 || message.OriginalStan == 0) return;
        var name = NameOf(message.Acquirer, message.OriginalClass, message.OriginalAdvice, message.OriginalStan);
        if (!_tombstones.Exists(entry => entry.Original == name)) _tombstones.Add((name, _today));
    }

    private string? FindOpen(Message message, out Authorization? authorization)
    {
        authorization = null;
        var found = Named(message, out var code);
        if (code is not null) return "25";
        if (found is not null)
        {
            if (found.Kind is not (Kind.Hold or Kind.Increment)) return "12";
            authorization = found.Of;
            if (!IsThere(authorization)) return "25";
        }
        else authorization = ByCode(message);

        if (authorization is null) return "25";
        return authorization.CompletedOn is not null || IsOver(authorization) ? "25" : null;
    }

    /// <summary>The answer that DE90 names; a code where it names more than one, or another card's.</summary>
    private Answer? Named(Message message, out string? code)
    {
        code = null;
        if (message.OriginalStan == 0) return null;
        var name = NameOf(message.Acquirer, message.OriginalClass, message.OriginalAdvice, message.OriginalStan);
        var all = _answers.FindAll(answer => answer.Name == name);
        var ofCard = all.FindAll(answer => Accounts.ContainsKey(message.Pan)
            ? answer.IsCardKnown && answer.Message.Pan == message.Pan
            : !answer.IsCardKnown);
        if (ofCard.Count > 1) code = "ambiguous";
        else if (ofCard.Count == 0 && all.Count > 0) code = "other card";
        return ofCard.Count == 1 ? ofCard[0] : null;
    }

    private List<Authorization> AllByCode(Message message) => message.ApprovalCode == 0 ? [] : _authorizations.FindAll(authorization =>
        authorization.Pan == message.Pan && authorization.ApprovalCode == message.ApprovalCode && authorization.Acquirer == message.Acquirer);

    private Authorization? ByCode(Message message) => AllByCode(message) is [var one] ? one : null;

    private bool Ambiguous(Message message) => AllByCode(message).Count > 1;

    private bool IsThere(Authorization? authorization) => authorization is not null && _authorizations.Contains(authorization);

    private bool IsOver(Authorization authorization) =>
        authorization.CompletedOn is { } day ? day < _yesterday : authorization.Expires <= _today;

    private static string NameOf(int acquirer, int messageClass, bool isAdvice, uint stan) => $"{acquirer}/{messageClass}{(isAdvice ? 'a' : 'r')}/{stan}";

    private void Move(string pan, long ledger, long held) =>
        Accounts[pan] = (Accounts[pan].Ledger + ledger, Accounts[pan].Held + held);

    private enum Kind
    {
        Nothing, Hold, Posting, Credit, Increment, Completion, Refund, Undoing,
    }

    private sealed class Authorization
    {
        public required Answer Opening { get; init; }
        public required string Pan { get; init; }
        public required int Acquirer { get; init; }
        public required uint ApprovalCode { get; init; }
        public required bool HasTips { get; init; }
        public long Held { get; set; }
        public long Authorized { get; set; }
        public long Captured { get; set; }
        public int Expires { get; set; }
        public int? CompletedOn { get; set; }
    }

    private sealed class Answer
    {
        public required string Key { get; init; }
        public required string Name { get; init; }
        public required Message Message { get; init; }
        public required int Day { get; init; }
        public required bool IsCardKnown { get; init; }
        public string Code { get; set; } = "";
        public uint ApprovalCode { get; set; }
        public Kind Kind { get; set; }
        public long Left { get; set; }
        public Authorization? Of { get; set; }
        public Answer? RefundOf { get; set; }
        public long Freed { get; set; }
        public bool IsLast { get; set; }
        public bool IsUndone { get; set; }
        public bool IsPartlyUndone { get; set; }
        public (long Available, long Ledger) Told { get; set; }

        public string ProofTold { get; set; } = NotTold;
        public long Part { get; set; }
    }
}
