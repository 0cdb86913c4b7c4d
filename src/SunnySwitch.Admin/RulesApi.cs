using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Admin;

/// <summary>Rules to be activated: the file, who, why, and from which business date (today without one).</summary>
public sealed record RulesToActivate(JsonElement File, string? Operator, string? Reason, string? From = null);

/// <summary>Who takes the last activation back, and why.</summary>
public sealed record RulesToUndo(string? Operator, string? Reason);

/// <summary>A limit as it is shown.</summary>
public sealed record LimitShown(
    int Id, string Name, string Subject, string Counts, string Window, IReadOnlyList<string> Operations, int Currency, long CountMax, long AmountMax);

/// <summary>Merchant categories as they are shown; days of 0 are those for all.</summary>
public sealed record CategoryShown(
    string From, string To, int HoldDays, int PreAuthorizationDays, int TolerancePermille, bool Refused, bool UnlinkedRefunds);

/// <summary>A product as it is shown; no home country: good everywhere.</summary>
public sealed record ProductShown(string Name, string Bin, string To, IReadOnlyList<string> Operations, bool PartialApproval, bool RefuseFallback,
    string HomeCountry);

/// <summary>A version of the rules as it is shown.</summary>
public sealed record RulesShown(
    uint Version, string Rules, string From, string Operator, string Reason, IReadOnlyList<LimitShown> Limits, int HoldDays,
    int PreAuthorizationDays, bool UnlinkedRefunds, IReadOnlyList<CategoryShown> Categories, IReadOnlyList<ProductShown> Products,
    bool CountriesAreAllowed, IReadOnlyList<string> Countries, IReadOnlyList<HotShown> Hot);

/// <summary>An entry of the hot list as it is shown.</summary>
public sealed record HotShown(string Subject, string What, string Acquirer, string Reason, string From, string Until);

/// <summary>In force, in force before, and to come.</summary>
public sealed record AllRulesShown(RulesShown? Active, RulesShown? Previous, RulesShown? Pending);

/// <summary>The operators' rules over HTTP. Every change is a frame of the journal, with who and why.</summary>
public sealed class RulesApi(OperatorDesk desk)
{
    private static readonly DateOnly _epoch = new(1970, 1, 1);

    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/rules", Show);
        routes.MapPost("/rules/activate", Activate);
        routes.MapPost("/rules/undo", Undo);
    }

    private async Task<IResult> Show()
    {
        var command = await desk.Ask(CommandKind.RulesShow, _ => { }).ConfigureAwait(false);
        var (active, previous, pending) = command.AllRules;
        return Results.Ok(new AllRulesShown(Shown(in active), Shown(in previous), Shown(in pending)));
    }

    private async Task<IResult> Activate(RulesToActivate wanted)
    {
        if (wanted.File.ValueKind == JsonValueKind.Undefined) return Results.UnprocessableEntity(new Refusal(["file: missing"]));
        var rules = RulesFile.Read(Encoding.UTF8.GetBytes(wanted.File.GetRawText()), out var found);
        var problems = found.Concat(RulesFile.Sign(ref rules, wanted.Operator, wanted.Reason)).ToList();
        if (DayOf(wanted.From) is { } day) rules.EffectiveDay = day;
        else problems.Add("from: a date as 2026-12-31");
        if (problems.Count > 0) return Results.UnprocessableEntity(new Refusal(problems));
        return Answer(await desk.Ask(CommandKind.RulesActivate, command => command.Rules = rules).ConfigureAwait(false));
    }

    private async Task<IResult> Undo(RulesToUndo wanted)
    {
        var rules = default(RuleSet);
        var problems = RulesFile.Sign(ref rules, wanted.Operator, wanted.Reason).ToList();
        if (problems.Count > 0) return Results.UnprocessableEntity(new Refusal(problems));
        return Answer(await desk.Ask(CommandKind.RulesUndo, command => command.Rules = rules).ConfigureAwait(false));
    }

    private static IResult Answer(OperatorCommand command) => command.Outcome switch
    {
        CommandOutcome.Done => Results.Ok(Shown(in command.Rules)),
        CommandOutcome.LimitIdMeansOther => Results.Conflict(new Refusal(
            [$"limits: id {command.LimitId} stands for another subject, count, window or currency already: take an id that was not used"])),
        CommandOutcome.NothingToUndo => Results.Conflict(new Refusal(["there are no rules to take back"])),
        _ => Results.Json(new Refusal(["the journal's disk is full"]), statusCode: StatusCodes.Status507InsufficientStorage),
    };

    /// <summary>Days since 1970-01-01; 0 without a date, null if it is none.</summary>
    internal static int? DayOf(string? date)
    {
        if (date is null) return 0;
        var isDate = DateOnly.TryParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day);
        return isDate && day > _epoch && day.Year < 2100 ? day.DayNumber - _epoch.DayNumber : null;
    }

    internal static string DateOf(int day) => day == 0 ? "" : _epoch.AddDays(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static RulesShown? Shown(in RuleSet rules)
    {
        if (rules.Version == 0) return null;
        var countries = new List<string>();
        foreach (var country in ((ReadOnlySpan<ushort>)rules.Countries)[..rules.CountryCount]) countries.Add($"{country:D3}");
        return new RulesShown(
            rules.Version, rules.Name.ToString(), DateOf(rules.EffectiveDay), rules.Operator.ToString(), rules.Reason.ToString(), Limits(in rules),
            rules.HoldDays == 0 ? SwitchState.HoldDaysUsual : rules.HoldDays,
            rules.PreAuthorizationDays == 0 ? SwitchState.PreAuthorizationDaysUsual : rules.PreAuthorizationDays,
            (rules.Flags & RuleFlags.NoUnlinkedRefunds) == 0, Categories(in rules), Products(in rules),
            (rules.Flags & RuleFlags.CountriesAreAllowed) != 0, countries, Hot(in rules));
    }

    private static List<LimitShown> Limits(in RuleSet rules)
    {
        var limits = new List<LimitShown>();
        foreach (ref readonly var limit in ((ReadOnlySpan<LimitTerms>)rules.Limits)[..rules.Count])
        {
            limits.Add(new LimitShown(
                limit.Id, limit.Name.ToString(), limit.Subject.ToString().ToLowerInvariant(), limit.Kind.ToString().ToLowerInvariant(),
                limit.Minutes == 0 ? "day" : $"{limit.Minutes}m",
                Operations(limit.Operations), limit.Currency, limit.CountMax, limit.AmountMaxMinor));
        }

        return limits;
    }

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
            products.Add(new ProductShown(
                product.Name.ToString(), $"{product.BinFrom:D6}", $"{product.BinTo:D6}", Operations(product.Operations), product.PartialApproval != 0,
                product.RefuseFallback != 0, home));
        }

        return products;
    }

    private static List<HotShown> Hot(in RuleSet rules)
    {
        var all = new List<HotShown>();
        foreach (ref readonly var hot in ((ReadOnlySpan<HotTerms>)rules.Hot)[..rules.HotCount])
        {
            var isBin = hot.Subject == HotSubject.Bin;
            all.Add(new HotShown(
                hot.Subject.ToString().ToLowerInvariant(), isBin ? $"{hot.BinFrom:D6} to {hot.BinTo:D6}" : hot.Id.ToString().TrimEnd('\0'),
                isBin ? "" : hot.Acquirer.ToString(CultureInfo.InvariantCulture), isBin ? hot.Reason.ToString() : "", DateOf(hot.From), DateOf(hot.To)));
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
