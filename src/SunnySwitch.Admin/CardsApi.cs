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
public sealed record CardToChange(string Pan, string? Status = null, string? Hot = null, string? HotFrom = null, string? HotTo = null);

/// <summary>A card as it is shown; the PAN truncated.</summary>
public sealed record CardShown(
    string Pan, string Expiry, string Status, string Hot, int Currency, long LedgerMinor, long HeldMinor, long AvailableMinor,
    string HotFrom, string HotTo);

/// <summary>What went wrong, for people.</summary>
public sealed record Refusal(IReadOnlyList<string> Problems);

/// <summary>The operators' card commands over HTTP.</summary>
public sealed class CardsApi(OperatorDesk desk, IPanTokens tokens)
{
    private readonly Lock _tokensLock = new();

    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/cards", Add);
        routes.MapPost("/cards/show", Show);
        routes.MapPost("/cards/change", Change);
    }

    private async Task<IResult> Add(CardToAdd card)
    {
        var problems = PanProblems(card.Pan).Concat(Problems(card)).ToList();
        if (problems.Count > 0) return Results.BadRequest(new Refusal(problems));
        var shown = TruncatedPan.Of(uint.Parse(card.Pan.AsSpan(0, 6)), uint.Parse(card.Pan.AsSpan(card.Pan.Length - 4)), card.Pan.Length);
        var terms = new CardTerms(Token(card.Pan), shown, ushort.Parse(card.Expiry), (ushort)card.Currency, card.BalanceMinor, card.CreditLineMinor);
        var block = Block(card.Pan);
        var command = await desk.Ask(CommandKind.CardAdd, asked => (asked.Card, asked.PanBlock) = (terms, block)).ConfigureAwait(false);
        return command.Outcome == CommandOutcome.Done ? await Show(new CardWanted(card.Pan)).ConfigureAwait(false) : Refused(command.Outcome);
    }

    private async Task<IResult> Show(CardWanted wanted)
    {
        var problems = PanProblems(wanted.Pan).ToList();
        if (problems.Count > 0) return Results.BadRequest(new Refusal(problems));
        var command = await desk.Ask(CommandKind.CardShow, asked => asked.Pan = Token(wanted.Pan)).ConfigureAwait(false);
        if (command.Outcome != CommandOutcome.Done) return Refused(command.Outcome);
        var view = command.View;
        return Results.Ok(new CardShown(
            view.Pan.ToString(), view.Expiry.ToString("D4"), view.Status.ToString(), view.Hot.ToString(), view.Currency,
            view.LedgerMinor, view.HeldMinor, view.AvailableMinor, Dates.Text(view.HotFrom), Dates.Text(view.HotTo)));
    }

    private async Task<IResult> Change(CardToChange change)
    {
        var problems = PanProblems(change.Pan).ToList();
        var status = Named<CardStatus>(change.Status, "status", problems);
        var hot = Named<HotReason>(change.Hot, "hot", problems);
        var (from, to) = (Dates.Of(change.HotFrom), Dates.Of(change.HotTo));
        if (from is null) problems.Add("hotFrom: a date as 2026-12-31");
        if (to is null) problems.Add("hotTo: a date as 2026-12-31");
        if (to > 0 && from > to) problems.Add("hotTo: not before hotFrom");
        if ((from > 0 || to > 0) && hot is null or HotReason.None) problems.Add("hotFrom, hotTo: only with a reason in hot");
        if (problems.Count > 0) return Results.BadRequest(new Refusal(problems));
        var token = Token(change.Pan);
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
        };
        var command = await desk.Ask(CommandKind.CardChange, asked => asked.Change = wanted).ConfigureAwait(false);
        return command.Outcome == CommandOutcome.Done ? await Show(new CardWanted(change.Pan)).ConfigureAwait(false) : Refused(command.Outcome);
    }

    private static T? Named<T>(string? text, string key, List<string> problems)
        where T : struct, Enum
    {
        if (text is null) return null;
        if (Enum.TryParse<T>(text, ignoreCase: true, out var value) && Enum.IsDefined(value)) return value;
        problems.Add($"{key}: one of {string.Join(", ", Enum.GetNames<T>())}");
        return null;
    }

    private static IEnumerable<string> PanProblems(string? pan)
    {
        if (pan is null || pan.Length is < 13 or > 19 || !pan.All(char.IsAsciiDigit)) yield return "pan: 13 to 19 digits";
        else if (!PassesLuhn(pan)) yield return "pan: the check digit is wrong";
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

    private PanToken Token(string pan)
    {
        var block = Block(pan);
        var token = new byte[PanBlock.Bytes];
        lock (_tokensLock) tokens.Tokenise(block, 1, token);
        Array.Clear(block);
        return PanBlock.ReadToken(token);
    }

    private static byte[] Block(string pan)
    {
        var block = new byte[PanBlock.Bytes];
        PanBlock.Write(System.Text.Encoding.ASCII.GetBytes(pan), block);
        return block;
    }

    private static bool PassesLuhn(string pan)
    {
        var sum = 0;
        for (var index = 0; index < pan.Length; index++)
        {
            var digit = pan[pan.Length - 1 - index] - '0';
            if (index % 2 == 1) digit = digit > 4 ? (digit * 2) - 9 : digit * 2;
            sum += digit;
        }

        return sum % 10 == 0;
    }
}
