using System.Globalization;
using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Simulation;

/// <summary>Rules and rates that operators bring into force, at once or from a business date, and take back.</summary>
internal sealed class SimRules(Swarm swarm, Prng prng, Prng ofProofs, Prng ofOthers, Action<SimNode, OperatorCommand, LogEntry?> submit)
{
    private static readonly What[] _spending = [What.Purchase, What.Cash, What.PreAuthorization, What.Increment];
    private static readonly What[] _all = [.. _spending, What.Refund, What.Inquiry, What.Verification];

    // What an id stands for is the same in every version.
    private static readonly LimitRule[] _pool =
    [
        new(1, LimitSubject.Card, LimitCounts.Approvals, 20, 0, 0, null, _spending),
        new(2, LimitSubject.Card, LimitCounts.Approvals, 0, 20_000, 0, "840", _spending),
        new(3, LimitSubject.Account, LimitCounts.Approvals, 0, 12_000, 30, "978", _spending),
        new(4, LimitSubject.Terminal, LimitCounts.Approvals, 60, 0, 7, null, _all),
        new(5, LimitSubject.Merchant, LimitCounts.Approvals, 80, 0, 0, null, _all),
        new(6, LimitSubject.Bin, LimitCounts.Approvals, 30, 30_000, 0, "840", [What.Purchase, What.PreAuthorization]),
        new(7, LimitSubject.Merchant, LimitCounts.Approvals, 0, 60_000, 1_440, "840", _spending),
        new(8, LimitSubject.Terminal, LimitCounts.Declines, 40, 0, 10, null, _all),
        new(9, LimitSubject.Card, LimitCounts.Attempts, 60, 0, 60, null, _all),
        new(10, LimitSubject.Bin, LimitCounts.Attempts, 90, 0, 0, null, _spending),
        new(11, LimitSubject.Account, LimitCounts.Declines, 25, 0, 0, null, _all),
    ];

    private static readonly string[] _currencies = ["048", "392", "840", "978"];

    /// <summary>Some limits with other bounds, in any order, and how long holds live; or the last change is taken back.</summary>
    public void ChangeRules(SimNode node, int day)
    {
        if (prng.Chance(250))
        {
            var undo = new OperatorCommand(CommandKind.RulesUndo, _ => { });
            submit(node, undo, new LogEntry(JournalKind.RulesActivated));
            return;
        }

        var limits = new List<LimitRule>();
        foreach (var limit in _pool)
        {
            if (!prng.Chance(350)) continue;
            var factor = prng.Between(1, 4);
            var place = prng.Below(limits.Count + 1);
            var isShared = IsShared(limit, limits);
            limits.Insert(place, limit with { CountMax = limit.CountMax * factor, AmountMax = limit.AmountMax * factor, IsShared = isShared });
        }

        var file = new RuleFile(limits, prng.Chance(500) ? 0 : prng.Between(1, 3), prng.Chance(500) ? 0 : prng.Between(2, 6), PinTries(), Products());
        var from = From(day);
        submit(
            node, new OperatorCommand(CommandKind.RulesActivate, _ => { }) { Rules = Written(file, from) },
            new LogEntry(JournalKind.RulesActivated) { Rules = file, Day = from });
    }

    /// <summary>Most rates, some of them missing; or the last change is taken back.</summary>
    public void ChangeRates(SimNode node, int day)
    {
        if (prng.Chance(200))
        {
            submit(node, new OperatorCommand(CommandKind.RatesUndo, _ => { }), new LogEntry(JournalKind.RatesActivated));
            return;
        }

        var rates = new SortedDictionary<(string From, string To), Quote>();
        foreach (var one in _currencies)
        {
            foreach (var other in _currencies)
            {
                if (one == other || prng.Chance(150)) continue;
                // Some so weak that what is billed is a few minor units, and a part of it less than one.
                var isWeak = prng.Chance(250);
                rates.Add((one, other), isWeak ? new Quote(prng.Between(1, 99), 5) : new Quote(prng.Between(500_000, 9_999_999), prng.Between(6, 7)));
            }
        }

        var from = From(day);
        var written = new RateSet { EffectiveDay = from, Count = rates.Count };
        var place = 0;
        foreach (var ((one, other), quote) in rates)
        {
            var rate = Rate.Of((uint)quote.Digits, quote.Decimals);
            written.Rates[place++] = new RateTerms { From = Number(one), To = Number(other), Rate = rate };
        }

        submit(
            node, new OperatorCommand(CommandKind.RatesActivate, _ => { }) { Rates = written },
            new LogEntry(JournalKind.RatesActivated) { Rates = new RateTable(rates), Day = from });
    }

    /// <summary>There is something to take back for the switch where there is for the reference.</summary>
    public static void CheckUndo(OperatorCommand command, ReferenceSwitch reference)
    {
        if (command.Outcome is not (CommandOutcome.Done or CommandOutcome.NothingToUndo)) return;
        var canUndo = command.Kind == CommandKind.RulesUndo ? reference.Limits.CanUndo : reference.CanUndoRates;
        Ledger.Check(canUndo == (command.Outcome == CommandOutcome.Done), "I2", $"{command.Kind}: {command.Outcome}, to be undone: {canUndo}");
    }

    /// <summary>ISO 4217.</summary>
    public static ushort Number(string currency) => ushort.Parse(currency, CultureInfo.InvariantCulture);

    private int From(int day) => prng.Chance(700) ? 0 : day + prng.Between(1, 3);

    private int PinTries() => swarm.HasDesk && ofProofs.Chance(500) ? ofProofs.Between(1, 5) : 0;

    private List<ProductRule> Products()
    {
        var products = new List<ProductRule>();
        foreach (var pan in Traffic.Cards)
        {
            if (!swarm.HasDesk || !ofProofs.Chance(300)) continue;
            products.Add(new ProductRule(pan[..6], (PinNeed)ofProofs.Below(3), ofProofs.Chance(500), ofProofs.Chance(500)));
        }

        return products;
    }

    private bool IsShared(LimitRule limit, List<LimitRule> others) =>
        swarm.HasShared && limit.Subject != LimitSubject.Account && others.Count(each => each.IsShared) < SharedCounts.LimitsMax
        && ofOthers.Chance(600);

    private static RuleSet Written(RuleFile file, int from)
    {
        var written = new RuleSet
        {
            EffectiveDay = from,
            Count = file.Limits.Count,
            HoldDays = (ushort)file.HoldDays,
            PreAuthorizationDays = (ushort)file.EstimateDays,
            PinTriesMax = (byte)file.PinTries,
            ProductCount = (byte)file.Products.Count,
        };
        for (var index = 0; index < file.Products.Count; index++)
        {
            var (product, bit) = (file.Products[index], (ushort)(1 << index));
            var bin = uint.Parse(product.Bin, CultureInfo.InvariantCulture);
            written.Products[index] = new ProductTerms { BinFrom = bin, BinTo = bin, Operations = uint.MaxValue, PartialApproval = 1 };
            if (product.Pin == PinNeed.Always) written.PinAlways |= bit;
            if (product.Pin == PinNeed.ForCash) written.PinForCash |= bit;
            if (product.Chip) written.CryptogramNeeded |= bit;
            if (product.Code) written.CardCodeNeeded |= bit;
        }

        for (var index = 0; index < file.Limits.Count; index++)
        {
            var limit = file.Limits[index];
            written.Limits[index] = new LimitTerms
            {
                Id = (byte)limit.Id,
                Subject = limit.Subject,
                Kind = limit.Kind,
                Shared = limit.IsShared ? (byte)1 : (byte)0,
                CountMax = limit.CountMax,
                AmountMaxMinor = limit.AmountMax,
                Minutes = limit.Minutes,
                Currency = limit.Currency is null ? (ushort)0 : Number(limit.Currency),
                Operations = (ushort)limit.Operations.Sum(what => 1 << (int)OperationOf(what)),
            };
        }

        return written;
    }

    private static Operation OperationOf(What what) => what switch
    {
        What.Purchase => Operation.Purchase,
        What.Cash => Operation.Cash,
        What.PreAuthorization => Operation.PreAuthorization,
        What.Increment => Operation.Increment,
        What.Refund => Operation.Refund,
        What.Inquiry => Operation.Inquiry,
        _ => Operation.Verification,
    };
}
