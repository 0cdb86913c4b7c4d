using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace SunnySwitch.Admin;

/// <summary>A link that speaks another version now; versions are CRC-32C of the files, in hex.</summary>
public sealed record DialectChange(string Link, string Dialect, string Before, string After);

/// <summary>What a reload did: changes, or every problem, and then nothing changed.</summary>
public sealed record DialectsReloaded(IReadOnlyList<DialectChange> Changes, IReadOnlyList<string> Problems);

/// <summary>Dialect files over HTTP.</summary>
/// <param name="reload">Reads them again.</param>
public sealed class DialectsApi(Func<DialectsReloaded> reload)
{
    /// <summary>Adds the route.</summary>
    public void Map(IEndpointRouteBuilder routes) => routes.MapPost("/dialects/reload", () =>
    {
        var done = reload();
        return done.Problems.Count == 0 ? Results.Ok(done) : Results.UnprocessableEntity(new Refusal(done.Problems));
    });
}
