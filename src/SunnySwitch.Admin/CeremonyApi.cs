using System.Buffers;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace SunnySwitch.Admin;

/// <summary>The ceremonies of keys over HTTP, from this machine only: a component is clear on the way.</summary>
public sealed class CeremonyApi(IKeyCeremony ceremony)
{
    /// <summary>Most hex digits of a component.</summary>
    public const int ComponentDigitsMax = 128;

    private const int BodyMax = 256;

    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/keys/component", context => Guarded(context, async () => await Enter(context).ConfigureAwait(false)));
        Add<KeyToGenerate>(routes, "/keys/generate", ceremony.Generate);
        Add<KeyToImport>(routes, "/keys/import", ceremony.Import);
        Add<KeyToExport>(routes, "/keys/export", ceremony.Export);
        Add<KeyToRotate>(routes, "/keys/rotate", ceremony.Rotate);
        Add<KeyToRetire>(routes, "/keys/retire", ceremony.Retire);
        routes.MapGet("/keys", context => Guarded(context, async () => await ceremony.Inventory().ConfigureAwait(false)));
    }

    private static void Add<T>(IEndpointRouteBuilder routes, string path, Func<T, Task<KeyDone>> act)
        where T : class => routes.MapPost(path, context => Guarded(context, async () =>
    {
        T? wanted;
        try
        {
            wanted = await context.Request.ReadFromJsonAsync<T>(context.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception wrong) when (wrong is System.Text.Json.JsonException or InvalidOperationException)
        {
            wanted = null;
        }

        if (wanted is null) throw new KeyRefusedException(KeyRefusal.WrongInput, "a JSON object is expected");
        return await act(wanted).ConfigureAwait(false);
    }));

    private static async Task Guarded(HttpContext context, Func<Task<object>> act)
    {
        IResult answer;
        var from = context.Connection.RemoteIpAddress;
        if (from is not null && !IPAddress.IsLoopback(from))
        {
            answer = Results.Json(new Refusal(["keys are handled on the switch's own machine only"]), statusCode: StatusCodes.Status403Forbidden);
        }
        else
        {
            try
            {
                answer = Results.Ok(await act().ConfigureAwait(false));
            }
            catch (KeyRefusedException refused)
            {
                answer = Results.Json(new Refusal(refused.Problems), statusCode: refused.Refusal switch
                {
                    KeyRefusal.WrongInput => StatusCodes.Status400BadRequest,
                    KeyRefusal.NotNow => StatusCodes.Status409Conflict,
                    _ => StatusCodes.Status507InsufficientStorage,
                });
            }
        }

        await answer.ExecuteAsync(context).ConfigureAwait(false);
    }

    /// <summary>What is said of the component is in the address; the component is the body, hex, and nothing else has it.</summary>
    private async Task<KeyDone> Enter(HttpContext context)
    {
        var query = context.Request.Query;
        string? Text(string name) => query.TryGetValue(name, out var value) ? value.ToString() : null;
        int Number(string name) => int.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;
        var told = new ComponentTold(
            Text("label"), Text("usage"), Text("algorithm"), Number("bits"), Number("part"), Number("of"), Text("operator"), Text("mode"),
            Text("exportability"), Text("next") == "true", Text("expires"));
        var digits = GC.AllocateArray<byte>(BodyMax, pinned: true);
        var component = GC.AllocateArray<byte>(ComponentDigitsMax / 2, pinned: true);
        try
        {
            var count = WithoutBlanks(digits.AsSpan(0, await ReadBody(context, digits).ConfigureAwait(false)));
            var isHex = count is > 0 and <= ComponentDigitsMax
                && Convert.FromHexString(digits.AsSpan(0, count), component, out _, out var bytes) == OperationStatus.Done && bytes * 2 == count;
            if (!isHex) throw new KeyRefusedException(KeyRefusal.WrongInput, $"component: up to {ComponentDigitsMax} hex digits on standard input");
            return await ceremony.Enter(told, component.AsMemory(0, count / 2)).ConfigureAwait(false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(digits);
            CryptographicOperations.ZeroMemory(component);
        }
    }

    // Forms have components in groups.
    private static int WithoutBlanks(Span<byte> text)
    {
        var count = 0;
        foreach (var each in text)
        {
            if (each is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')) text[count++] = each;
        }

        return count;
    }

    // Straight from the connection's memory, which is overwritten as it is read: no buffer of the framework keeps a component.
    private static async Task<int> ReadBody(HttpContext context, byte[] target)
    {
        var (reader, count) = (context.Request.BodyReader, 0);
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted).ConfigureAwait(false);
            var isTooLong = count + read.Buffer.Length > target.Length;
            foreach (var piece in read.Buffer)
            {
                if (!isTooLong)
                {
                    piece.CopyTo(target.AsMemory(count));
                    count += piece.Length;
                }

                MemoryMarshal.AsMemory(piece).Span.Clear();
            }

            reader.AdvanceTo(read.Buffer.End);
            if (isTooLong) throw new KeyRefusedException(KeyRefusal.WrongInput, "component: too long");
            if (read.IsCompleted || read.IsCanceled) return count;
        }
    }
}
