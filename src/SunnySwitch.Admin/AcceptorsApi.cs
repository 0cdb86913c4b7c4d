using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Admin;

/// <summary>A merchant of an acquirer, or one of its terminals, as an operator gives it.</summary>
/// <param name="Acquirer">DE32, up to eleven digits.</param>
/// <param name="Merchant">DE42, up to sixteen characters.</param>
/// <param name="Terminal">DE41; without it, the merchant itself.</param>
/// <param name="Category">ISO 18245, four digits; without it, any.</param>
/// <param name="Status">active, suspended or closed.</param>
public sealed record AcceptorGiven(string? Acquirer, string? Merchant, string? Terminal = null, string? Category = null, string? Status = null);

/// <summary>What is to be said of merchants and terminals, in this order, and who says it.</summary>
public sealed record AcceptorsToSet(IReadOnlyList<AcceptorGiven>? Acceptors, string? Operator);

/// <summary>How many were set.</summary>
public sealed record AcceptorsSet(int Count);

/// <summary>The operators' register of merchants and terminals over HTTP.</summary>
public sealed class AcceptorsApi(OperatorDesk desk)
{
    /// <summary>Most in one call.</summary>
    public const int CallMax = 1_000;

    private const int TogetherMax = 200;

    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/acceptors", Set);
        routes.MapPost("/acceptors/show", Show);
    }

    /// <summary>Reads one; says what is wrong with it.</summary>
    public static List<string> Problems(AcceptorGiven given, string? operatorName, out AcceptorSet acceptor)
    {
        var problems = new List<string>();
        acceptor = default;
        var isAcquirer = given.Acquirer is { Length: > 0 and <= 11 }
            && ulong.TryParse(given.Acquirer, NumberStyles.None, CultureInfo.InvariantCulture, out acceptor.Acquirer) && acceptor.Acquirer > 0;
        if (!isAcquirer) problems.Add("acquirer: up to eleven digits, not all zero");
        RulesFile.SetText(given.Merchant?.TrimEnd(), Text16.Characters, "merchant", acceptor.Merchant, problems);
        if (!string.IsNullOrWhiteSpace(given.Terminal))
        {
            RulesFile.SetText(given.Terminal.TrimEnd(), Text16.Characters, "terminal", acceptor.Terminal, problems);
        }

        var hasCategory = !string.IsNullOrEmpty(given.Category);
        var isCategory = given.Category is { Length: 4 }
            && ushort.TryParse(given.Category, NumberStyles.None, CultureInfo.InvariantCulture, out acceptor.Category);
        if (hasCategory && !isCategory) problems.Add("category: four digits");
        acceptor.Status = given.Status?.ToLowerInvariant() switch
        {
            null or "" or "active" => AcceptorStatus.Active,
            "suspended" => AcceptorStatus.Suspended,
            "closed" => AcceptorStatus.Closed,
            _ => AcceptorStatus.None,
        };
        if (acceptor.Status == AcceptorStatus.None) problems.Add("status: active, suspended or closed");
        RulesFile.SetText(operatorName, Text16.Characters, "operator", acceptor.Operator, problems);
        return problems;
    }

    private async Task<IResult> Set(AcceptorsToSet wanted)
    {
        var given = wanted.Acceptors ?? [];
        if (given.Count is 0 or > CallMax) return Results.BadRequest(new Refusal([$"acceptors: 1 to {CallMax}"]));
        var problems = new List<string>();
        var all = new List<AcceptorSet>(given.Count);
        for (var index = 0; index < given.Count; index++)
        {
            problems.AddRange(Problems(given[index], wanted.Operator, out var acceptor).Select(problem => $"acceptors.{index}.{problem}"));
            all.Add(acceptor);
        }

        if (problems.Count > 0) return Results.BadRequest(new Refusal(problems));
        for (var from = 0; from < all.Count; from += TogetherMax)
        {
            // One batch of the journal for many; the ring keeps their order.
            var asked = all.Skip(from).Take(TogetherMax).Select(each => desk.Ask(CommandKind.AcceptorSet, command => command.Acceptor = each)).ToList();
            var commands = await Task.WhenAll(asked).ConfigureAwait(false);
            var failed = Array.FindIndex(commands, command => command.Outcome != CommandOutcome.Done);
            if (failed >= 0) return Refused(commands[failed].Outcome, from + failed);
        }

        return Results.Ok(new AcceptorsSet(all.Count));
    }

    private async Task<IResult> Show(AcceptorGiven wanted)
    {
        var problems = Problems(wanted, "show", out var acceptor);
        if (problems.Count > 0) return Results.BadRequest(new Refusal(problems));
        var command = await desk.Ask(CommandKind.AcceptorShow, asked => asked.Acceptor = acceptor).ConfigureAwait(false);
        var (status, category) = (command.Acceptor.Status, command.Acceptor.Category);
        if (status == AcceptorStatus.None) return Results.NotFound(new Refusal(["it is not in the register"]));
        return Results.Ok(wanted with { Status = status.ToString().ToLowerInvariant(), Category = category == 0 ? "" : $"{category:D4}" });
    }

    private static IResult Refused(CommandOutcome outcome, int index) => outcome switch
    {
        CommandOutcome.CardUnknown => Results.Conflict(new Refusal([$"acceptors.{index}: its merchant is not in the register; those before it are"])),
        CommandOutcome.TableFull => Results.Conflict(new Refusal([$"acceptors.{index}: the register is full: tables.acceptors; those before it are in"])),
        CommandOutcome.BadTerms => Results.BadRequest(new Refusal([$"acceptors.{index}: out of range"])),
        _ => Results.Json(new Refusal(["the journal's disk is full"]), statusCode: StatusCodes.Status507InsufficientStorage),
    };
}
