using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SunnySwitch.Cell;

namespace SunnySwitch.Admin;

/// <summary>Where to go on sealing; 0 at first.</summary>
public sealed record ResealFrom(int Cursor);

/// <summary>How far it went.</summary>
/// <param name="DataKey">The current data key.</param>
/// <param name="Cursor">Where to go on; -1 at the end.</param>
/// <param name="Resealed">PANs sealed anew by this call.</param>
public sealed record Resealing(uint DataKey, int Cursor, int Resealed);

/// <summary>The operators' key commands over HTTP.</summary>
/// <param name="desk">The way into the ring.</param>
/// <param name="rotate">Makes a new data key and returns its number.</param>
/// <param name="currentKey">Number of the current one.</param>
public sealed class KeysApi(OperatorDesk desk, Func<uint> rotate, Func<uint> currentKey)
{
    // A call ends in time for a client that shows progress.
    private const int CommandsPerCall = 64;

    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/keys/data/rotate", () => Results.Ok(new Resealing(rotate(), 0, 0)));
        routes.MapPost("/keys/data/reseal", Reseal);
    }

    private async Task<IResult> Reseal(ResealFrom from)
    {
        if (from.Cursor < 0) return Results.BadRequest(new Refusal(["cursor: 0, or what the call before gave"]));
        var (cursor, resealed) = (from.Cursor, 0);
        for (var count = 0; count < CommandsPerCall && cursor >= 0; count++)
        {
            var begin = cursor;
            var command = await desk.Ask(CommandKind.ResealPans, asked => asked.Cursor = begin).ConfigureAwait(false);
            resealed += command.Resealed;
            cursor = command.Cursor;
            if (command.Outcome == CommandOutcome.Done) continue;
            return command.Outcome == CommandOutcome.PanUnreadable
                ? Results.Conflict(new Refusal(["a sealed PAN cannot be opened: data.keys is not the one it was sealed with; restore it from a backup"]))
                : Results.Json(new Refusal(["the journal's disk is full"]), statusCode: StatusCodes.Status507InsufficientStorage);
        }

        return Results.Ok(new Resealing(currentKey(), cursor, resealed));
    }
}
