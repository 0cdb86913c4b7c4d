using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Protocol.Meaning;

namespace SunnySwitch.Admin;

/// <summary>A rate as it is shown.</summary>
public sealed record RateShown(string From, string To, string Rate);

/// <summary>A version of the rates as it is shown.</summary>
public sealed record RatesShown(uint Version, string Rates, string From, string Operator, string Reason, IReadOnlyList<RateShown> Of);

/// <summary>In force, in force before, and to come.</summary>
public sealed record AllRatesShown(RatesShown? Active, RatesShown? Previous, RatesShown? Pending);

/// <summary>The operators' conversion rates over HTTP. Every change is a frame of the journal, with who and why.</summary>
public sealed class RatesApi(OperatorDesk desk)
{
    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/rates", Show);
        routes.MapPost("/rates/activate", Activate);
        routes.MapPost("/rates/undo", Undo);
    }

    private async Task<IResult> Show()
    {
        var command = await desk.Ask(CommandKind.RatesShow, _ => { }).ConfigureAwait(false);
        var (active, previous, pending) = command.AllRates;
        return Results.Ok(new AllRatesShown(Shown(in active), Shown(in previous), Shown(in pending)));
    }

    private async Task<IResult> Activate(RulesToActivate wanted)
    {
        if (wanted.File.ValueKind == JsonValueKind.Undefined) return Results.UnprocessableEntity(new Refusal(["file: missing"]));
        var rates = RatesFile.Read(Encoding.UTF8.GetBytes(wanted.File.GetRawText()), out var found);
        var problems = found.Concat(RatesFile.Sign(ref rates, wanted.Operator, wanted.Reason)).ToList();
        if (RulesApi.DayOf(wanted.From) is { } day) rates.EffectiveDay = day;
        else problems.Add("from: a date as 2026-12-31");
        if (problems.Count > 0) return Results.UnprocessableEntity(new Refusal(problems));
        return Answer(await desk.Ask(CommandKind.RatesActivate, command => command.Rates = rates).ConfigureAwait(false));
    }

    private async Task<IResult> Undo(RulesToUndo wanted)
    {
        var rates = default(RateSet);
        var problems = RatesFile.Sign(ref rates, wanted.Operator, wanted.Reason).ToList();
        if (problems.Count > 0) return Results.UnprocessableEntity(new Refusal(problems));
        return Answer(await desk.Ask(CommandKind.RatesUndo, command => command.Rates = rates).ConfigureAwait(false));
    }

    private static IResult Answer(OperatorCommand command) => command.Outcome switch
    {
        CommandOutcome.Done => Results.Ok(Shown(in command.Rates)),
        CommandOutcome.NothingToUndo => Results.Conflict(new Refusal(["there are no rates to take back"])),
        _ => Results.Json(new Refusal(["the journal's disk is full"]), statusCode: StatusCodes.Status507InsufficientStorage),
    };

    private static RatesShown? Shown(in RateSet rates)
    {
        if (rates.Version == 0) return null;
        var all = new List<RateShown>();
        foreach (ref readonly var terms in ((ReadOnlySpan<RateTerms>)rates.Rates)[..rates.Count])
        {
            all.Add(new RateShown(CodeOf(terms.From), CodeOf(terms.To), RatesFile.Text(terms.Rate)));
        }

        return new RatesShown(
            rates.Version, rates.Name.ToString(), RulesApi.DateOf(rates.EffectiveDay), rates.Operator.ToString(), rates.Reason.ToString(), all);
    }

    private static string CodeOf(ushort currency) =>
        Currencies.TryFind(currency.ToString("D3", CultureInfo.InvariantCulture), out var found) ? found.Code : $"{currency:D3}";
}
