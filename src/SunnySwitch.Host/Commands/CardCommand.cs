using System.CommandLine;
using SunnySwitch.Admin;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny card add|show|change|address|stop|pin</c> against the running switch.</summary>
internal static class CardCommand
{
    public static Command Create()
    {
        var (api, json) = (SwitchApi.Address(), SwitchApi.Json());
        return new Command("card", "Cards of the running switch.")
        {
            Add(api, json), Show(api, json), Change(api, json), Address(api, json), Stop(api, json), Pin(api, json), api, json,
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
        var region = new Option<string?>("--hot-region") { Description = "Country or region of UN M49, three digits; without it, everywhere." };
        var who = SwitchApi.Operator();
        var command = new Command("change", "Changes a card's status or hot-list entry.") { pan, status, hot, from, to, region, who };
        command.SetAction((parsed, stop) => Send(parsed.GetValue(api)!, "cards/change", new CardToChange(
            ReadPan(parsed.GetValue(pan)!), parsed.GetValue(status), parsed.GetValue(hot), parsed.GetValue(from), parsed.GetValue(to),
            parsed.GetValue(region), parsed.GetValue(who)), parsed.GetValue(json), stop));
        return command;
    }

    private static Command Address(Option<string> api, Option<bool> json)
    {
        var pan = Pan();
        var postal = new Option<string?>("--postal") { Description = "Postal code; blanks and punctuation do not count." };
        var street = new Option<string?>("--street") { Description = "Street and number; the first number in it counts." };
        var who = SwitchApi.Operator();
        var command = new Command("address", "Says where a cardholder lives: keyed checks of it are kept, the address is not.") { pan, postal, street, who };
        command.SetAction((parsed, stop) => Send(parsed.GetValue(api)!, "cards/address", new CardToAddress(
            ReadPan(parsed.GetValue(pan)!), parsed.GetValue(postal), parsed.GetValue(street), parsed.GetValue(who)), parsed.GetValue(json), stop));
        return command;
    }

    private static Command Stop(Option<string> api, Option<bool> json)
    {
        var pan = Pan();
        var kind = new Option<string>("--kind")
        {
            Description = "payment (R0) or order (R1) of a merchant, allOrders (R3); none ends what was stopped before.",
            Required = true,
        };
        var merchant = new Option<string?>("--merchant") { Description = "Merchant id, as field 42 has it." };
        var acquirer = new Option<string?>("--acquirer") { Description = "Of this acquirer only; without it, of any." };
        var from = new Option<string?>("--from") { Description = "First business date, such as 2026-12-31; without it, since ever." };
        var until = new Option<string?>("--until") { Description = "The last one; without it, for ever." };
        var who = SwitchApi.Operator();
        var command = new Command("stop", "Stops payments of a cardholder's standing orders.") { pan, kind, merchant, acquirer, from, until, who };
        command.SetAction((parsed, stop) => Send(parsed.GetValue(api)!, "cards/stop", new PaymentToStop(
            ReadPan(parsed.GetValue(pan)!), parsed.GetValue(kind), parsed.GetValue(merchant), parsed.GetValue(acquirer), parsed.GetValue(from),
            parsed.GetValue(until), parsed.GetValue(who)), parsed.GetValue(json), stop));
        return command;
    }

    private static Command Pin(Option<string> api, Option<bool> json)
    {
        var pan = Pan();
        var method = new Option<string>("--method") { Description = "pvv, ibm3624 or ofProduct.", Required = true };
        var value = new Option<string?>("--value") { Description = "The PVV, or the offset; - reads it from standard input, after the card number." };
        var index = new Option<int>("--key-index") { Description = "PVKI, 0 to 9." };
        var who = SwitchApi.Operator();
        var command = new Command("pin", "Says how a card's PIN is known; wrong PINs are forgotten.") { pan, method, value, index, who };
        command.SetAction((parsed, stop) => Send(parsed.GetValue(api)!, "cards/pin", new CardPin(
            ReadPan(parsed.GetValue(pan)!), parsed.GetValue(method), parsed.GetValue(value) is { } given ? ReadPan(given) : null, parsed.GetValue(index),
            parsed.GetValue(who)), parsed.GetValue(json), stop));
        return command;
    }

    private static string ReadPan(string given) => given == "-" ? Console.In.ReadLine()?.Trim() ?? "" : given;

    private static Task<int> Send<T>(string api, string path, T body, bool json, CancellationToken stop) =>
        SwitchApi.Post<T, CardShown>(api, path, body, Print, json, stop);

    private static void Print(CardShown? card)
    {
        if (card is null) return;
        Console.WriteLine(
            $"{card.Pan}  expiry {card.Expiry}  {card.Status}{(card.Hot == "None" ? "" : $", hot: {card.Hot}{Dates(card)}")}"
                + $"  currency {card.Currency}  ledger {card.LedgerMinor}  held {card.HeldMinor}"
                + $"  available {card.AvailableMinor}{(card.PinTries > 0 ? $"  wrong PINs {card.PinTries}" : "")}");
    }

    private static string Dates(CardShown card) =>
        (card.HotFrom.Length > 0 ? $" from {card.HotFrom}" : "") + (card.HotTo.Length > 0 ? $" to {card.HotTo}" : "")
        + (card.HotRegion.Length > 0 ? $" in {card.HotRegion}" : "");
}
