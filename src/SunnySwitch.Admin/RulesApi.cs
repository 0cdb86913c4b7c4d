using System.Globalization;
using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Admin;

/// <summary>A limit as it is shown.</summary>
public sealed record LimitShown(
    int Id, string Name, string Subject, string Counts, string Window, IReadOnlyList<string> Operations, int Currency, long CountMax, long AmountMax,
    long AttemptsMin = 0, long DeclinesPermille = 0, bool Shared = false);

/// <summary>Merchant categories as they are shown; days of 0 are those for all.</summary>
public sealed record CategoryShown(
    string From, string To, int HoldDays, int PreAuthorizationDays, int TolerancePermille, bool Refused, bool UnlinkedRefunds);

/// <summary>A product as it is shown; no home country: good everywhere.</summary>
public sealed record ProductShown(string Name, string Bin, string To, IReadOnlyList<string> Operations, bool PartialApproval, bool RefuseFallback,
    string HomeCountry, bool RefuseOtherAddress, string Pin, bool Cryptogram, bool CardCode, int CounterJump, string Authentication,
    string RefuseTvr, string RefuseCvr, int CvrAt);

/// <summary>A version of the rules as it is shown.</summary>
public sealed record RulesShown(
    uint Version, string Rules, string From, string Operator, string Reason, IReadOnlyList<LimitShown> Limits, int HoldDays,
    int PreAuthorizationDays, bool UnlinkedRefunds, IReadOnlyList<CategoryShown> Categories, IReadOnlyList<ProductShown> Products,
    bool CountriesAreAllowed, IReadOnlyList<string> Countries, IReadOnlyList<HotShown> Hot, string Acceptors, int PinTries);

/// <summary>An entry of the hot list as it is shown.</summary>
public sealed record HotShown(string Subject, string What, string Acquirer, string Reason, string From, string Until, string Region);

/// <summary>In force, in force before, and to come.</summary>
public sealed record AllRulesShown(RulesShown? Active, RulesShown? Previous, RulesShown? Pending);

/// <summary>The operators' rules over HTTP.</summary>
public sealed class RulesApi(OperatorDesk desk)
    : VersionsApi<RuleSet>(desk, "rules", CommandKind.RulesShow, CommandKind.RulesActivate, CommandKind.RulesUndo)
{
    /// <inheritdoc/>
    protected override RuleSet Read(ReadOnlyMemory<byte> json, out IReadOnlyList<string> problems) => RulesFile.Read(json, out problems);

    /// <inheritdoc/>
    protected override void Put(OperatorCommand command, in RuleSet set) => command.Rules = set;

    /// <inheritdoc/>
    protected override object? Shown(OperatorCommand command) => Shown(in command.Rules);

    /// <inheritdoc/>
    protected override object AllShown(OperatorCommand command)
    {
        var (active, previous, pending) = command.AllRules;
        return new AllRulesShown(Shown(in active), Shown(in previous), Shown(in pending));
    }

    private static RulesShown? Shown(in RuleSet rules)
    {
        if (rules.Version == 0) return null;
        var countries = new List<string>();
        foreach (var country in ((ReadOnlySpan<ushort>)rules.Countries)[..rules.CountryCount]) countries.Add($"{country:D3}");
        return new RulesShown(
            rules.Version, rules.Name.ToString(), Dates.Text(rules.EffectiveDay), rules.Operator.ToString(), rules.Reason.ToString(), Limits(in rules),
            rules.HoldDays == 0 ? SwitchState.HoldDaysUsual : rules.HoldDays,
            rules.PreAuthorizationDays == 0 ? SwitchState.PreAuthorizationDaysUsual : rules.PreAuthorizationDays,
            (rules.Flags & RuleFlags.NoUnlinkedRefunds) == 0, Categories(in rules), Products(in rules),
            (rules.Flags & RuleFlags.CountriesAreAllowed) != 0, countries, Hot(in rules), Acceptors(rules.Flags),
            rules.PinTriesMax == 0 ? SwitchState.PinTriesUsual : rules.PinTriesMax);
    }

    private static List<LimitShown> Limits(in RuleSet rules)
    {
        var limits = new List<LimitShown>();
        foreach (ref readonly var limit in ((ReadOnlySpan<LimitTerms>)rules.Limits)[..rules.Count])
        {
            var isRatio = limit.Kind == LimitCounts.Ratio;
            limits.Add(new LimitShown(
                limit.Id, limit.Name.ToString(), limit.Subject.ToString().ToLowerInvariant(), limit.Kind.ToString().ToLowerInvariant(),
                Window(limit.Minutes), Operations(limit.Operations), limit.Currency, isRatio ? 0 : limit.CountMax, isRatio ? 0 : limit.AmountMaxMinor,
                isRatio ? limit.CountMax : 0, isRatio ? limit.AmountMaxMinor : 0, limit.IsShared));
        }

        return limits;
    }

    private static string Window(int minutes) => minutes switch
    {
        LimitTerms.Day => "day",
        LimitTerms.Week => "week",
        LimitTerms.Month => "month",
        LimitTerms.Life => "ever",
        _ => $"{minutes}m",
    };

    private static string Acceptors(RuleFlags flags) =>
        (flags & RuleFlags.TerminalsAreRegistered) != 0 ? "terminals" : (flags & RuleFlags.MerchantsAreRegistered) != 0 ? "merchants" : "any";

    private static List<CategoryShown> Categories(in RuleSet rules)
    {
        var categories = new List<CategoryShown>();
        foreach (ref readonly var category in ((ReadOnlySpan<CategoryTerms>)rules.Categories)[..rules.CategoryCount])
        {
            categories.Add(new CategoryShown(
                $"{category.From:D4}", $"{category.To:D4}", category.HoldDays, category.PreAuthorizationDays, category.TolerancePermille,
                (category.Flags & CategoryFlags.Refused) != 0, (category.Flags & CategoryFlags.UnlinkedRefunds) != 0));
        }

        return categories;
    }

    private static List<ProductShown> Products(in RuleSet rules)
    {
        var products = new List<ProductShown>();
        foreach (ref readonly var product in ((ReadOnlySpan<ProductTerms>)rules.Products)[..rules.ProductCount])
        {
            var home = product.HomeCountry == 0 ? "" : $"{product.HomeCountry:D3}";
            var bit = products.Count;
            bool Is(ushort all) => (all >> bit & 1) != 0;
            var pin = Is(rules.PinAlways) ? "always" : Is(rules.PinForCash) ? "cash" : "never";
            var authentication = Is(rules.AuthenticationAlways) ? "always" : Is(rules.AuthenticationClaimed) ? "claimed" : "never";
            products.Add(new ProductShown(
                product.Name.ToString(), $"{product.BinFrom:D6}", $"{product.BinTo:D6}", Operations(product.Operations), product.PartialApproval != 0,
                product.RefuseFallback != 0, home, Is(rules.AddressNeeded), pin, Is(rules.CryptogramNeeded), Is(rules.CardCodeNeeded),
                rules.CounterJumpOf(bit), authentication, BitsOf(rules.Chips[bit].Terminal), BitsOf(rules.Chips[bit].Chip), rules.Chips[bit].ChipAt));
        }

        return products;
    }

    private static string BitsOf(ReadOnlySpan<byte> bits) => bits.ContainsAnyExcept((byte)0) ? Convert.ToHexString(bits) : "";

    private static List<HotShown> Hot(in RuleSet rules)
    {
        var all = new List<HotShown>();
        foreach (ref readonly var hot in ((ReadOnlySpan<HotTerms>)rules.Hot)[..rules.HotCount])
        {
            var isBin = hot.Subject == HotSubject.Bin;
            var what = isBin ? $"{hot.BinFrom:D6} to {hot.BinTo:D6}" : hot.Id.ToString().TrimEnd('\0');
            var acquirer = isBin ? "" : hot.Acquirer.ToString(CultureInfo.InvariantCulture);
            var reason = isBin ? hot.Reason.ToString() : "";
            all.Add(new HotShown(
                hot.Subject.ToString().ToLowerInvariant(), what, acquirer, reason, Dates.Text(hot.From), Dates.Text(hot.To),
                hot.Region == 0 ? "" : $"{hot.Region:D3}"));
        }

        return all;
    }

    private static List<string> Operations(uint bits)
    {
        var operations = new List<string>();
        if (bits == uint.MaxValue) return ["all"];
        foreach (var operation in Enum.GetValues<Operation>())
        {
            if ((bits >> (int)operation & 1) != 0) operations.Add(char.ToLowerInvariant(operation.ToString()[0]) + operation.ToString()[1..]);
        }

        return operations;
    }
}
