using SunnySwitch.Core.Domain;

namespace SunnySwitch.Simulation;

/// <summary>A limit as an operator writes it.</summary>
internal sealed record LimitRule(
    int Id, LimitSubject Subject, LimitCounts Kind, int CountMax, long AmountMax, int Minutes, string? Currency, What[] Operations, bool IsShared = false);

/// <summary>Rules as an operator writes them.</summary>
/// <param name="Limits">In the order of the file.</param>
/// <param name="HoldDays">0: as usual.</param>
/// <param name="EstimateDays">Likewise.</param>
/// <param name="PinTries">Likewise.</param>
/// <param name="Products">What cards have to bring, the first that fits.</param>
internal sealed record RuleFile(IReadOnlyList<LimitRule> Limits, int HoldDays, int EstimateDays, int PinTries, IReadOnlyList<ProductRule> Products);

/// <summary>A transaction as limits see it.</summary>
internal sealed class Asked
{
    public required What What { get; init; }

    public required Message Message { get; init; }

    public required bool IsCardKnown { get; init; }

    public required int Minute { get; init; }

    /// <summary>What other cells had counted; null: nobody was asked.</summary>
    public required Others? Others { get; init; }

    /// <summary>Limits that count it.</summary>
    public List<(LimitRule Rule, int Since)> CountedBy { get; } = [];

    /// <summary>A limit on attempts refused it: it is not counted.</summary>
    public bool IsTurnedAway { get; set; }
}

/// <summary>What limits counted an approved transaction as, to be given back.</summary>
internal sealed class CountedAs
{
    public required Asked Asked { get; init; }

    public required int Version { get; init; }

    public required List<int> Limits { get; init; }

    public required long Amount { get; set; }
}

/// <summary>Limits once more: a list of what each counted of whom, by business date and minute.</summary>
internal sealed class ReferenceLimits(Swarm swarm)
{
    private static readonly RuleFile _none = new([], 0, 0, 0, []);

    private readonly ReferenceVersions<Version> _versions = new(new Version(_none, []), (one, other) =>
        one.Since.SequenceEqual(other.Since) && one.File.Limits.SequenceEqual(other.File.Limits)
        && (one.File.HoldDays, one.File.EstimateDays, one.File.PinTries) == (other.File.HoldDays, other.File.EstimateDays, other.File.PinTries)
        && one.File.Products.SequenceEqual(other.File.Products));

    private Dictionary<(int Id, int Since, string Subject), Counter> _today = [];
    private Dictionary<(int Id, int Since, string Subject), Counter> _yesterday = [];
    private readonly TwoDays _days = new();
    private readonly TwoDays _slidings = new();
    private readonly TwoDays _receipts = new();

    private Version InForce => _versions.Active.Content;

    /// <summary>What is in force.</summary>
    public RuleFile File => InForce.File;

    public int HoldDays(bool isEstimate)
    {
        var days = isEstimate ? InForce.File.EstimateDays : InForce.File.HoldDays;
        return days > 0 ? days : isEstimate ? 30 : 7;
    }

    public bool CanUndo => _versions.CanUndo;

    /// <summary>An id that was neither in force nor before that stands for a new limit: what was counted for it is gone.</summary>
    public void Activate(RuleFile file, int from, int today)
    {
        int SinceOf(LimitRule rule) => InForce.SinceOf(rule.Id) ?? _versions.Previous.SinceOf(rule.Id) ?? _versions.Next;
        _versions.Activate(new Version(file, [.. file.Limits.Select(SinceOf)]), from, today);
    }

    public void Undo() => _versions.Undo();

    public void OpenDay(int date)
    {
        (_yesterday, _today) = (_today, []);
        _days.OpenDay();
        _slidings.OpenDay();
        _receipts.OpenDay();
        _versions.OpenDay(date);
    }

    /// <summary>The code of the first limit that would be exceeded; 96 when no more can be counted; null: none is.</summary>
    public string? Judge(Asked asked, bool isAttempt)
    {
        if (InForce.File.Limits.Count == 0) return null;
        var first = asked.CountedBy.Count;
        for (var index = 0; index < InForce.File.Limits.Count; index++)
        {
            var rule = InForce.File.Limits[index];
            if (rule.Kind == LimitCounts.Approvals != isAttempt && Counts(rule, asked.What, asked.Message)) asked.CountedBy.Add((rule, InForce.Since[index]));
        }

        if (first == asked.CountedBy.Count) return null;
        if (!HasRoom(asked.CountedBy)) return "96";
        foreach (var (rule, since) in asked.CountedBy[first..])
        {
            var (count, amount) = Used(rule, since, asked);
            if (rule.IsShared && asked.Others is { } others) (count, amount) = (count + others.Of(rule.Id).Count, amount + others.Of(rule.Id).Amount);
            var isCount = rule.CountMax > 0 && count >= rule.CountMax;
            if (!isCount && (rule.AmountMax == 0 || amount + asked.Message.Amount <= rule.AmountMax)) continue;
            asked.IsTurnedAway = isAttempt;
            return rule.Subject is LimitSubject.Merchant or LimitSubject.Terminal ? "58" : isCount ? "65" : "61";
        }

        return null;
    }

    /// <summary>Number of what is in force.</summary>
    public int Number => _versions.Active.Number;

    /// <summary>True if other cells may be asked for anything.</summary>
    public bool IsAnyShared => InForce.File.Limits.Any(rule => rule.IsShared);

    /// <summary>Shared limits that count such a request.</summary>
    public IReadOnlyList<LimitRule> SharedOf(What what, Message message) =>
        [.. InForce.File.Limits.Where(rule => rule.IsShared && Counts(rule, what, message))];

    private static bool Counts(LimitRule rule, What what, Message message) =>
        rule.Operations.Contains(what) && (rule.Currency is null || rule.Currency == message.Currency);

    /// <summary>Counts an answer; what was approved can be given back.</summary>
    public CountedAs? Count(Asked asked, bool isApproval, long amount)
    {
        List<int>? approvals = null;
        foreach (var (rule, since) in asked.CountedBy)
        {
            var isCounted = rule.Kind switch
            {
                LimitCounts.Approvals => isApproval,
                LimitCounts.Declines => !asked.IsTurnedAway && !isApproval,
                _ => !asked.IsTurnedAway,
            };
            if (!isCounted) continue;
            if (rule.Kind == LimitCounts.Approvals) (approvals ??= []).Add(rule.Id);
            var key = (rule.Id, since, SubjectOf(rule, asked));
            if (!_today.TryGetValue(key, out var counter))
            {
                _today[key] = counter = new Counter();
                (rule.Minutes == 0 ? _days : _slidings).Add();
            }

            counter.Add(PieceOf(rule, asked.Minute), 1, rule.AmountMax > 0 ? amount : 0);
        }

        if (approvals is null) return null;
        _receipts.Add();
        return new CountedAs { Asked = asked, Version = _versions.Active.Number, Limits = approvals, Amount = amount };
    }

    /// <summary>To the counters of its own time, once, and only where the limit is in force.</summary>
    public void GiveBack(CountedAs counted, bool isToday, long stays)
    {
        var back = counted.Amount - Math.Min(stays, counted.Amount);
        for (var index = 0; index < InForce.File.Limits.Count; index++)
        {
            var (rule, since) = (InForce.File.Limits[index], InForce.Since[index]);
            if (!counted.Limits.Contains(rule.Id) || since > counted.Version) continue;
            var counters = isToday ? _today : _yesterday;
            if (!counters.TryGetValue((rule.Id, since, SubjectOf(rule, counted.Asked)), out var counter)) continue;
            counter.Add(PieceOf(rule, counted.Asked.Minute), stays == 0 ? -1 : 0, rule.AmountMax > 0 ? -back : 0);
        }

        counted.Amount -= back;
        if (stays == 0) counted.Limits.Clear();
    }

    // What could not be remembered is refused, and nothing else.
    private bool HasRoom(List<(LimitRule Rule, int Since)> counting)
    {
        var days = counting.Count(each => each.Rule.Minutes == 0);
        var (slidings, isGivenBack) = (counting.Count - days, counting.Exists(each => each.Rule.Kind == LimitCounts.Approvals));
        return (!isGivenBack || _receipts.Live < swarm.SideTablesMax) && (days == 0 || _days.Live + days <= swarm.SideTablesMax)
            && (slidings == 0 || _slidings.Live + slidings <= swarm.SideTablesMax);
    }

    private (long Count, long Amount) Used(LimitRule rule, int since, Asked asked)
    {
        var key = (rule.Id, since, SubjectOf(rule, asked));
        var piece = PieceOf(rule, asked.Minute);
        var (count, amount) = _today.TryGetValue(key, out var today) ? today.Within(piece) : default;
        if (rule.Minutes == 0 || !_yesterday.TryGetValue(key, out var yesterday)) return (count, amount);
        var before = yesterday.Within(piece);
        return (count + before.Count, amount + before.Amount);
    }

    // Eight pieces of a seventh of the window each; a business date is one piece.
    private static int PieceOf(LimitRule rule, int minute) => rule.Minutes == 0 ? 0 : minute / ((rule.Minutes + 6) / 7);

    private static string SubjectOf(LimitRule rule, Asked asked) => rule.Subject switch
    {
        LimitSubject.Card => asked.Message.Pan,
        LimitSubject.Account => asked.IsCardKnown ? asked.Message.Pan : "nobody's",
        LimitSubject.Terminal => asked.Message.Terminal,
        LimitSubject.Bin => asked.Message.Pan[..6],
        _ => "the merchant",
    };

    private sealed record Version(RuleFile File, int[] Since)
    {
        public int? SinceOf(int id)
        {
            for (var index = 0; index < Since.Length; index++)
            {
                if (File.Limits[index].Id == id) return Since[index];
            }

            return null;
        }
    }

    private sealed class Counter
    {
        private readonly List<(int Piece, long Count, long Amount)> _pieces = [];

        public void Add(int piece, long count, long amount)
        {
            var at = _pieces.FindIndex(each => each.Piece == piece);
            if (at < 0) _pieces.Add((piece, count, amount));
            else _pieces[at] = (piece, _pieces[at].Count + count, _pieces[at].Amount + amount);
        }

        public (long Count, long Amount) Within(int piece)
        {
            var (count, amount) = (0L, 0L);
            foreach (var each in _pieces)
            {
                if (each.Piece <= piece - 8) continue;
                count += each.Count;
                amount += each.Amount;
            }

            return (count, amount);
        }
    }
}
