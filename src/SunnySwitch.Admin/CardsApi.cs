using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Admin;

/// <summary>A card as an operator enters it. The PAN is in the body, never in an address: addresses are logged.</summary>
public sealed record CardToAdd(string Pan, string Expiry, long BalanceMinor, int Currency = 840, long CreditLineMinor = 0);

/// <summary>Which card.</summary>
public sealed record CardWanted(string Pan);

/// <summary>A new status or hot-list entry.</summary>
public sealed record CardToChange(
    string Pan, string? Status = null, string? Hot = null, string? HotFrom = null, string? HotTo = null, string? HotRegion = null, string? Operator = null);

/// <summary>Where a cardholder lives: only keyed checks of it are kept.</summary>
public sealed record CardToAddress(string Pan, string? Postal, string? Street, string? Operator = null);

/// <summary>
/// What a cardholder stopped: <c>payment</c> or <c>order</c> with a merchant (DE42; of one acquirer, or of any), <c>allOrders</c> without, <c>none</c>
/// to end it.
/// </summary>
public sealed record PaymentToStop(
    string Pan, string? Kind, string? Merchant = null, string? Acquirer = null, string? From = null, string? Until = null, string? Operator = null);

/// <summary>
/// How a card's PIN is known: <c>pvv</c> (four digits, key index 0 to 9), <c>ibm3624</c> (offset of 4 to 12 digits), <c>ofProduct</c> (nothing of its
/// own). Wrong PINs are forgotten with it.
/// </summary>
public sealed record CardPin(string Pan, string? Method, string? Value = null, int KeyIndex = 0, string? Operator = null);

/// <summary>A card as it is shown; the PAN truncated.</summary>
public sealed record CardShown(
    string Pan, string Expiry, string Status, string Hot, int Currency, long LedgerMinor, long HeldMinor, long AvailableMinor,
    string HotFrom, string HotTo, string HotRegion, bool HasAddress, string PinMethod, int PinTries);

/// <summary>What went wrong, for people.</summary>
public sealed record Refusal(IReadOnlyList<string> Problems);

/// <summary>The operators' card commands over HTTP.</summary>
public sealed class CardsApi(OperatorDesk desk, CardNumbers numbers)
{
    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/cards", Add);
        routes.MapPost("/cards/show", Show);
        routes.MapPost("/cards/change", Change);
        routes.MapPost("/cards/address", Address);
        routes.MapPost("/cards/stop", Stop);
        routes.MapPost("/cards/pin", SetPin);
    }

    private async Task<IResult> Add(CardToAdd card)
    {
        var problems = CardNumbers.Problems(card.Pan).Concat(Problems(card)).ToList();
        if (problems.Count > 0) return Results.BadRequest(new Refusal(problems));
        var shown = TruncatedPan.Of(uint.Parse(card.Pan.AsSpan(0, 6)), uint.Parse(card.Pan.AsSpan(card.Pan.Length - 4)), card.Pan.Length);
        var terms = new CardTerms(numbers.Token(card.Pan), shown, ushort.Parse(card.Expiry), (ushort)card.Currency, card.BalanceMinor, card.CreditLineMinor);
        var block = CardNumbers.Block(card.Pan);
        var command = await desk.Ask(CommandKind.CardAdd, asked => (asked.Card, asked.PanBlock) = (terms, block)).ConfigureAwait(false);
        return command.Outcome == CommandOutcome.Done ? await Show(new CardWanted(card.Pan)).ConfigureAwait(false) : Refused(command.Outcome);
    }

    private async Task<IResult> Show(CardWanted wanted)
    {
        var problems = CardNumbers.Problems(wanted.Pan).ToList();
        if (problems.Count > 0) return Results.BadRequest(new Refusal(problems));
        var command = await desk.Ask(CommandKind.CardShow, asked => asked.Pan = numbers.Token(wanted.Pan)).ConfigureAwait(false);
        if (command.Outcome != CommandOutcome.Done) return Refused(command.Outcome);
        var view = command.View;
        return Results.Ok(new CardShown(
            view.Pan.ToString(), view.Expiry.ToString("D4"), view.Status.ToString(), view.Hot.ToString(), view.Currency,
            view.LedgerMinor, view.HeldMinor, view.AvailableMinor, Dates.Text(view.HotFrom), Dates.Text(view.HotTo),
            view.HotRegion == 0 ? "" : $"{view.HotRegion:D3}", view.HasAddress, view.PinMethod.ToString(),
            view.PinTries));
    }

    private async Task<IResult> Change(CardToChange change)
    {
        var problems = CardNumbers.Problems(change.Pan).ToList();
        var status = Named<CardStatus>(change.Status, "status", problems);
        var hot = Named<HotReason>(change.Hot, "hot", problems);
        var (from, to) = (Dates.Of(change.HotFrom), Dates.Of(change.HotTo));
        if (from is null) problems.Add("hotFrom: a date as 2026-12-31");
        if (to is null) problems.Add("hotTo: a date as 2026-12-31");
        if (to > 0 && from > to) problems.Add("hotTo: not before hotFrom");
        var region = RegionOf(change.HotRegion, problems);
        if ((from > 0 || to > 0 || region > 0) && hot is null or HotReason.None) problems.Add("hotFrom, hotTo, hotRegion: only with a reason in hot");
        var who = Signature(change.Operator, problems);
        if (problems.Count > 0) return Results.BadRequest(new Refusal(problems));
        var token = numbers.Token(change.Pan);
        var now = await desk.Ask(CommandKind.CardShow, asked => asked.Pan = token).ConfigureAwait(false);
        if (now.Outcome != CommandOutcome.Done) return Refused(now.Outcome);
        // A new reason has its own dates; without one, those that were stay.
        var wanted = new CardChanged
        {
            Pan = token,
            Status = status ?? now.View.Status,
            Hot = hot ?? now.View.Hot,
            HotFrom = hot is null ? now.View.HotFrom : (ushort)from!.Value,
            HotTo = hot is null ? now.View.HotTo : (ushort)to!.Value,
            HotRegion = hot is null ? now.View.HotRegion : region,
            Operator = who,
        };
        var command = await desk.Ask(CommandKind.CardChange, asked => asked.Change = wanted).ConfigureAwait(false);
        return command.Outcome == CommandOutcome.Done ? await Show(new CardWanted(change.Pan)).ConfigureAwait(false) : Refused(command.Outcome);
    }

    private async Task<IResult> Address(CardToAddress wanted)
    {
        var problems = CardNumbers.Problems(wanted.Pan).ToList();
        var who = Signature(wanted.Operator, problems);
        if (problems.Count > 0) return Results.BadRequest(new Refusal(problems));
        var token = numbers.Token(wanted.Pan);
        var addressed = new CardAddressed { Pan = token, Address = numbers.Address(token, wanted.Postal, wanted.Street), Operator = who };
        var command = await desk.Ask(CommandKind.CardAddress, asked => asked.Address = addressed).ConfigureAwait(false);
        return command.Outcome == CommandOutcome.Done ? await Show(new CardWanted(wanted.Pan)).ConfigureAwait(false) : Refused(command.Outcome);
    }

    private async Task<IResult> SetPin(CardPin wanted)
    {
        var problems = CardNumbers.Problems(wanted.Pan).ToList();
        var method = Named<PinMethod>(wanted.Method ?? "", "method", problems);
        var digits = System.Text.Encoding.ASCII.GetBytes(wanted.Value ?? "");
        var fits = method switch
        {
            PinMethod.Pvv => digits.Length == 4,
            PinMethod.Ibm3624 => digits.Length is >= 4 and <= 12,
            _ => digits.Length == 0,
        };
        // Never shown back: it helps whoever has the key.
        if (!CardSecurity.TryPack(digits, out var value) || (method is not null && !fits)) problems.Add("value: four digits of a PVV, 4 to 12 of an offset");
        if (wanted.KeyIndex is < 0 or > 9) problems.Add("keyIndex: 0 to 9");
        var who = Signature(wanted.Operator, problems);
        if (problems.Count > 0) return Results.BadRequest(new Refusal(problems));
        var set = new CardPinSet
        {
            Pan = numbers.Token(wanted.Pan),
            Method = method!.Value,
            KeyIndex = (byte)wanted.KeyIndex,
            Value = digits.Length == 0 ? 0 : value,
            Operator = who,
        };
        var command = await desk.Ask(CommandKind.CardPin, asked => asked.Pin = set).ConfigureAwait(false);
        return command.Outcome == CommandOutcome.Done ? await Show(new CardWanted(wanted.Pan)).ConfigureAwait(false) : Refused(command.Outcome);
    }

    private async Task<IResult> Stop(PaymentToStop wanted)
    {
        var problems = CardNumbers.Problems(wanted.Pan).ToList();
        var kind = Named<StopKind>(wanted.Kind ?? "", "kind", problems);
        var order = new PaymentStopped { Kind = kind ?? StopKind.None, Operator = Signature(wanted.Operator, problems) };
        var (from, until) = (Dates.Of(wanted.From), Dates.Of(wanted.Until));
        if (from is null || until is null) problems.Add("from, until: a date as 2026-12-31");
        if (until > 0 && from > until) problems.Add("until: not before from");
        if (wanted.Merchant is not null) RulesFile.SetText(wanted.Merchant.TrimEnd(), Text16.Characters, "merchant", order.Merchant, problems);
        if (kind is StopKind.Payment or StopKind.Order && wanted.Merchant is null) problems.Add("merchant: missing");
        if (kind == StopKind.AllOrders && (wanted.Merchant ?? wanted.Acquirer) is not null) problems.Add("merchant, acquirer: not with allOrders");
        if (wanted.Merchant is null && wanted.Acquirer is not null) problems.Add("acquirer: only with a merchant");
        if (wanted.Acquirer is not null && !(wanted.Acquirer.Length <= 11 && ulong.TryParse(wanted.Acquirer, out order.Acquirer)))
        {
            problems.Add("acquirer: up to eleven digits");
        }

        if (problems.Count > 0) return Results.BadRequest(new Refusal(problems));
        (order.Pan, order.From, order.To) = (numbers.Token(wanted.Pan), (ushort)from!.Value, (ushort)until!.Value);
        var command = await desk.Ask(CommandKind.PaymentStop, asked => asked.Stop = order).ConfigureAwait(false);
        return command.Outcome switch
        {
            CommandOutcome.Done => await Show(new CardWanted(wanted.Pan)).ConfigureAwait(false),
            CommandOutcome.CardUnknown => Results.NotFound(new Refusal(["there is no such card, or no such order to end"])),
            CommandOutcome.TableFull => Results.Conflict(new Refusal(["the table of stopped payments is full: tables.stops"])),
            _ => Refused(command.Outcome),
        };
    }

    private static ushort RegionOf(string? text, List<string> problems)
    {
        if (text is null) return 0;
        if (text.Length == 3 && ushort.TryParse(text, out var region) && Regions.IsKnown(region)) return region;
        problems.Add("hotRegion: three digits, a country or region of UN M49");
        return 0;
    }

    // Who did it, where that is said.
    private static Text16 Signature(string? operatorName, List<string> problems)
    {
        var who = default(Text16);
        if (operatorName is not null) RulesFile.SetText(operatorName, Text16.Characters, "operator", who, problems);
        return who;
    }

    private static T? Named<T>(string? text, string key, List<string> problems)
        where T : struct, Enum
    {
        if (text is null) return null;
        if (Enum.TryParse<T>(text, ignoreCase: true, out var value) && Enum.IsDefined(value)) return value;
        problems.Add($"{key}: one of {string.Join(", ", Enum.GetNames<T>())}");
        return null;
    }

    private static IEnumerable<string> Problems(CardToAdd card)
    {
        if (card.Expiry is null || card.Expiry.Length != 4 || !card.Expiry.All(char.IsAsciiDigit)
            || int.Parse(card.Expiry.AsSpan(2)) is < 1 or > 12)
        {
            yield return "expiry: YYMM";
        }

        if (card.BalanceMinor is < 0 or > 1_000_000_000_000_000) yield return "balanceMinor: 0 to 10^15";
        if (card.CreditLineMinor is < 0 or > 1_000_000_000_000_000) yield return "creditLineMinor: 0 to 10^15";
        if (card.Currency is < 1 or > 999) yield return "currency: ISO 4217 number";
    }

    private static IResult Refused(CommandOutcome outcome) => outcome switch
    {
        CommandOutcome.CardUnknown => Results.NotFound(new Refusal(["there is no such card"])),
        CommandOutcome.CardKnown => Results.Conflict(new Refusal(["the card is known already"])),
        CommandOutcome.TableFull => Results.Conflict(new Refusal(["the table of cards or accounts is full: tables.cards, tables.accounts"])),
        CommandOutcome.BadTerms => Results.BadRequest(new Refusal(["the card's terms are out of range"])),
        _ => Results.Json(new Refusal(["the journal's disk is full"]), statusCode: StatusCodes.Status507InsufficientStorage),
    };
}
