using System.CommandLine;
using System.Net.Http.Json;
using System.Text.Json;
using SunnySwitch.Admin;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny key rotate-data</c> against the running switch; the ceremonies are <see cref="CeremonyCommands"/>.</summary>
internal static class KeyCommand
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    public static Command Create()
    {
        var api = new Option<string>("--api") { Description = "The switch's HTTP address.", DefaultValueFactory = _ => "http://127.0.0.1:8580" };
        var goOn = new Option<bool>("--go-on") { Description = "No new key: goes on where an earlier call was cut short." };
        var json = new Option<bool>("--json") { Description = "One JSON object instead of text." };
        var rotate = new Command("rotate-data", "Makes a new data key and seals every PAN at rest with it, while the switch runs.") { api, goOn, json };
        rotate.SetAction((parsed, stop) => Rotate(parsed.GetValue(api)!, parsed.GetValue(goOn), parsed.GetValue(json), stop));
        var key = new Command("key", "Keys of the running switch.") { rotate };
        foreach (var ceremony in CeremonyCommands.Create()) key.Add(ceremony);
        return key;
    }

    private static async Task<int> Rotate(string api, bool goOn, bool json, CancellationToken stop)
    {
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri(api), Timeout = TimeSpan.FromSeconds(60) };
            if (!goOn && await Post(client, "keys/data/rotate", new ResealFrom(0), stop).ConfigureAwait(false) is null) return 1;
            var (cursor, total, shown, key) = (0, 0L, 0L, 0U);
            while (cursor >= 0)
            {
                if (await Post(client, "keys/data/reseal", new ResealFrom(cursor), stop).ConfigureAwait(false) is not { } part) return 1;
                (cursor, key) = (part.Cursor, part.DataKey);
                total += part.Resealed;
                if (json || total - shown < 100_000) continue;
                shown = total;
                Console.WriteLine($"{total:N0} PANs sealed with data key {key}");
            }

            Console.WriteLine(json
                ? JsonSerializer.Serialize(new { dataKey = key, resealed = total }, Web)
                : $"data key {key}: {total:N0} PANs sealed with it");
            return 0;
        }
        catch (Exception error) when (error is HttpRequestException or UriFormatException or TaskCanceledException or JsonException)
        {
            await Console.Error.WriteLineAsync($"sunny: {api}: {error.Message}; is the switch running? --go-on finishes what was begun").ConfigureAwait(false);
            return 1;
        }
    }

    private static async Task<Resealing?> Post(HttpClient client, string path, ResealFrom body, CancellationToken stop)
    {
        using var response = await client.PostAsJsonAsync(path, body, Web, stop).ConfigureAwait(false);
        if (response.IsSuccessStatusCode) return await response.Content.ReadFromJsonAsync<Resealing>(Web, stop).ConfigureAwait(false);
        var refusal = await response.Content.ReadFromJsonAsync<Refusal>(Web, stop).ConfigureAwait(false);
        foreach (var problem in refusal?.Problems ?? []) await Console.Error.WriteLineAsync($"sunny: {problem}").ConfigureAwait(false);
        return null;
    }
}
