using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SunnySwitch.Cell;
using SunnySwitch.Core.State;

namespace SunnySwitch.Admin;

/// <summary>A version to be activated: the file, who, why, and from which business date (today without one).</summary>
public sealed record VersionToActivate(JsonElement File, string? Operator, string? Reason, string? From = null);

/// <summary>Who takes the last activation back, and why.</summary>
public sealed record VersionToUndo(string? Operator, string? Reason);

/// <summary>
/// What operators bring into force as a whole, over HTTP: show, activate, undo. Every change is a frame of the journal, with who and why.
/// </summary>
public abstract class VersionsApi<T>(OperatorDesk desk, string what, CommandKind show, CommandKind activate, CommandKind undo)
    where T : unmanaged, IVersioned
{
    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet($"/{what}", Show);
        routes.MapPost($"/{what}/activate", Activate);
        routes.MapPost($"/{what}/undo", Undo);
    }

    /// <summary>Reads a file; what it gives is meant only without problems.</summary>
    protected abstract T Read(ReadOnlyMemory<byte> json, out IReadOnlyList<string> problems);

    /// <summary>Puts it into a command.</summary>
    protected abstract void Put(OperatorCommand command, in T set);

    /// <summary>The one in force, the one before and the one to come, of a command that asked.</summary>
    protected abstract object AllShown(OperatorCommand command);

    /// <summary>The one that a command brought into force.</summary>
    protected abstract object? Shown(OperatorCommand command);

    private async Task<IResult> Show() => Results.Ok(AllShown(await desk.Ask(show, _ => { }).ConfigureAwait(false)));

    private async Task<IResult> Activate(VersionToActivate wanted)
    {
        if (wanted.File.ValueKind == JsonValueKind.Undefined) return Results.UnprocessableEntity(new Refusal(["file: missing"]));
        var set = Read(Encoding.UTF8.GetBytes(wanted.File.GetRawText()), out var found);
        var problems = found.Concat(RulesFile.Sign(ref set, wanted.Operator, wanted.Reason)).ToList();
        if (Dates.Of(wanted.From) is { } day) set.EffectiveDay = day;
        else problems.Add("from: a date as 2026-12-31");
        return await AskUnless(problems, activate, set).ConfigureAwait(false);
    }

    private async Task<IResult> Undo(VersionToUndo wanted)
    {
        var set = default(T);
        return await AskUnless(RulesFile.Sign(ref set, wanted.Operator, wanted.Reason), undo, set).ConfigureAwait(false);
    }

    private async Task<IResult> AskUnless(List<string> problems, CommandKind kind, T set)
    {
        if (problems.Count > 0) return Results.UnprocessableEntity(new Refusal(problems));
        var command = await desk.Ask(kind, asked => Put(asked, in set)).ConfigureAwait(false);
        return command.Outcome switch
        {
            CommandOutcome.Done => Results.Ok(Shown(command)),
            CommandOutcome.LimitIdMeansOther => Results.Conflict(new Refusal(
                [$"limits: id {command.LimitId} stands for another subject, count, window or currency already: take an id that was not used"])),
            CommandOutcome.NothingToUndo => Results.Conflict(new Refusal([$"there are no {what} to take back"])),
            _ => Results.Json(new Refusal(["the journal's disk is full"]), statusCode: StatusCodes.Status507InsufficientStorage),
        };
    }
}
