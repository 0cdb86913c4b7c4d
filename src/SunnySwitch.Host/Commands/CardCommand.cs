using System.CommandLine;
using System.Net.Http.Json;
using System.Text.Json;
using SunnySwitch.Admin;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny card add|show|change</c> against the running switch.</summary>
internal static class CardCommand
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web) { WriteIndented = false };

    public static Command Create()
    {
        var api = new Option<string>("--api")
        {
            Description = "The switch's HTTP address.",
            DefaultValueFactory = _ => "http://127.0.0.1:8580",
            Recursive = true,
        };
        var json = new Option<bool>("--json") { Description = "One JSON object instead of text.", Recursive = true };
        return new Command("card", "Cards of the running switch.")
        {
            Add(api, json), Show(api, json), Change(api, json), api, json,
        };
    }

    private static Option<string> Pan() => new("--pan")
    {
        Description = "Card number; - reads it from standard input, so that it does not show in the process list.",
        Required = true,
    };

    private static Command Add(Option<string> api, Option<bool> json)
    {
        var pan = Pan();
        var expiry = new Option<string>("--expiry") { Description = "YYMM.", Required = true };
        var balance = new Option<long>("--balance") { Description = "Balance in minor units.", DefaultValueFactory = _ => 0 };
        var credit = new Option<long>("--credit-line") { Description = "Credit line in minor units.", DefaultValueFactory = _ => 0 };
        var currency = new Option<int>("--currency") { Description = "ISO 4217 number.", DefaultValueFactory = _ => 840 };
        var command = new Command("add", "Adds a card with its account.") { pan, expiry, balance, credit, currency };
        command.SetAction((parsed, stop) =>
        {
            var card = new CardToAdd(
                ReadPan(parsed.GetValue(pan)!), parsed.GetValue(expiry)!, parsed.GetValue(balance),
                parsed.GetValue(currency), parsed.GetValue(credit));
            return Send(parsed.GetValue(api)!, "cards", card, parsed.GetValue(json), stop);
        });
        return command;
    }

    private static Command Show(Option<string> api, Option<bool> json)
    {
        var pan = Pan();
        var command = new Command("show", "Shows a card: status, balance, held money.") { pan };
        command.SetAction((parsed, stop) =>
        {
            var wanted = new CardWanted(ReadPan(parsed.GetValue(pan)!));
            return Send(parsed.GetValue(api)!, "cards/show", wanted, parsed.GetValue(json), stop);
        });
        return command;
    }

    private static Command Change(Option<string> api, Option<bool> json)
    {
        var pan = Pan();
        var status = new Option<string?>("--status") { Description = "Active, NotActive, Closed or Blocked." };
        var hot = new Option<string?>("--hot") { Description = "None, Lost, Stolen, PickUp or Restricted." };
        var from = new Option<string?>("--hot-from") { Description = "First business date on the hot list, such as 2026-12-31; without it, since ever." };
        var to = new Option<string?>("--hot-to") { Description = "The last one; without it, for ever." };
        var command = new Command("change", "Changes a card's status or hot-list entry.") { pan, status, hot, from, to };
        command.SetAction((parsed, stop) => Send(parsed.GetValue(api)!, "cards/change", new CardToChange(
            ReadPan(parsed.GetValue(pan)!), parsed.GetValue(status), parsed.GetValue(hot), parsed.GetValue(from), parsed.GetValue(to)),
            parsed.GetValue(json), stop));
        return command;
    }

    private static string ReadPan(string given) => given == "-" ? Console.In.ReadLine()?.Trim() ?? "" : given;

    private static async Task<int> Send<T>(string api, string path, T body, bool json, CancellationToken stop)
    {
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri(api), Timeout = TimeSpan.FromSeconds(15) };
            using var response = await client.PostAsJsonAsync(path, body, Web, stop).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                Print(await response.Content.ReadFromJsonAsync<CardShown>(Web, stop).ConfigureAwait(false), json);
                return 0;
            }

            var refusal = await response.Content.ReadFromJsonAsync<Refusal>(Web, stop).ConfigureAwait(false);
            foreach (var problem in refusal?.Problems ?? []) await Console.Error.WriteLineAsync($"sunny: {problem}").ConfigureAwait(false);
            return response.StatusCode == System.Net.HttpStatusCode.BadRequest ? 2 : 1;
        }
        catch (Exception error) when (error is HttpRequestException or UriFormatException or TaskCanceledException or JsonException)
        {
            await Console.Error.WriteLineAsync($"sunny: {api}: {error.Message}; is the switch running?").ConfigureAwait(false);
            return 1;
        }
    }

    private static void Print(CardShown? card, bool json)
    {
        if (card is null) return;
        Console.WriteLine(json
            ? JsonSerializer.Serialize(card, Web)
            : $"{card.Pan}  expiry {card.Expiry}  {card.Status}{(card.Hot == "None" ? "" : $", hot: {card.Hot}{Dates(card)}")}"
                + $"  currency {card.Currency}  ledger {card.LedgerMinor}  held {card.HeldMinor}"
                + $"  available {card.AvailableMinor}");
    }

    private static string Dates(CardShown card) =>
        (card.HotFrom.Length > 0 ? $" from {card.HotFrom}" : "") + (card.HotTo.Length > 0 ? $" to {card.HotTo}" : "");
}
