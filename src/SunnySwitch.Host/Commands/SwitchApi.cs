using System.CommandLine;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using SunnySwitch.Admin;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Host.Commands;

/// <summary>How commands ask a running switch, and what they have in common.</summary>
internal static class SwitchApi
{
    private const int Done = 0, SomethingFailed = 1, WrongUse = 2;

    internal static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    public static Option<string> Address() => new("--api")
    {
        Description = "The switch's HTTP address.",
        DefaultValueFactory = _ => "http://127.0.0.1:8580",
        Recursive = true,
    };

    public static Option<bool> Json() => new("--json") { Description = "One JSON object instead of text.", Recursive = true };

    /// <summary>Who asks; who is logged on, where it is not said.</summary>
    public static Option<string> Operator() => new("--operator")
    {
        Description = "Who asks for it, 1 to 16 characters; without it, who is logged on.",
        DefaultValueFactory = _ => Environment.UserName.Length > Text16.Characters ? Environment.UserName[..Text16.Characters] : Environment.UserName,
    };

    /// <summary>Posts a body and prints the answer, or why it was refused; the command's exit code.</summary>
    public static Task<int> Post<TBody, TAnswer>(string api, string path, TBody body, Action<TAnswer?> print, bool json, CancellationToken stop) =>
        Send(api, client => client.PostAsJsonAsync(path, body, Web, stop), print, json, stop);

    /// <summary>Asks the switch and prints its answer, or why it refused; the command's exit code.</summary>
    public static async Task<int> Send<T>(string api, Func<HttpClient, Task<HttpResponseMessage>> ask, Action<T?> print, bool json, CancellationToken stop)
    {
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri(api), Timeout = TimeSpan.FromSeconds(30) };
            using var response = await ask(client).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                var refusal = await response.Content.ReadFromJsonAsync<Refusal>(Web, stop).ConfigureAwait(false);
                foreach (var problem in refusal?.Problems ?? []) await Console.Error.WriteLineAsync($"sunny: {problem}").ConfigureAwait(false);
                return response.StatusCode == HttpStatusCode.BadRequest ? WrongUse : SomethingFailed;
            }

            if (json) Console.WriteLine(await response.Content.ReadAsStringAsync(stop).ConfigureAwait(false));
            else print(await response.Content.ReadFromJsonAsync<T>(Web, stop).ConfigureAwait(false));
            return Done;
        }
        catch (Exception error) when (error is HttpRequestException or UriFormatException or TaskCanceledException or JsonException)
        {
            await Console.Error.WriteLineAsync($"sunny: {api}: {error.Message}; is the switch running?").ConfigureAwait(false);
            return SomethingFailed;
        }
    }
}
