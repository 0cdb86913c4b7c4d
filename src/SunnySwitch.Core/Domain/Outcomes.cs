namespace SunnySwitch.Core.Domain;

/// <summary>The fine reason of a decision, ours; the wire code is another field. Durable, never renumbered.</summary>
public enum InternalResult : ushort
{
#pragma warning disable CS1591
    None = 0, Approved = 1, ApprovedInPart = 2, AdviceTaken = 3, AdviceOfDecline = 4, AdviceAfterItsReversal = 5,
    FormatError = 10, UnknownMti = 11, NotSignedOn = 12, AcquirerNotOfLink = 13, SameKeyOtherBody = 14, AfterItsReversal = 15,
    TableFull = 16, UnknownNetworkCode = 17, NoBusinessDate = 18, FunctionNotSupported = 19,
    BadAmount = 20, BadCurrency = 21, BadPan = 22, UnknownCard = 23, Expired = 24, HotLost = 25, HotStolen = 26, HotPickUp = 27, HotRestricted = 28,
    CardNotActive = 29, CardClosed = 30, CardBlocked = 31, InsufficientFunds = 32, CashAboveAmount = 33,
    AmountLimit = 50, CountLimit = 51, AcceptorLimit = 52,
    OriginalUnknown = 40, OriginalAmbiguous = 41, OriginalOfOtherCard = 42, ReplacementAboveOriginal = 43, AlreadyReversed = 44,
    AuthorizationUnknown = 45, AuthorizationExpired = 46, AuthorizationCompleted = 47, NotAnAuthorization = 48, CompletionAboveAuthorized = 49,
    RefundAboveCaptured = 53, CannotBeUndone = 54, NotRefundable = 55, CategoryRefused = 56, CountryRefused = 57, RefundNotLinked = 58,
    NotForProduct = 59, NotAbroad = 60, AcceptorHot = 61, TrackMismatch = 62, FallbackRefused = 63,
    MerchantUnknown = 64, TerminalUnknown = 65, AcceptorNotActive = 66, CategoryNotOfMerchant = 67, PaymentStopped = 68, OrderRevoked = 69,
    AllOrdersRevoked = 70, AddressMismatch = 71, DeclineStorm = 72,
    MacWrong = 73, CryptogramWrong = 74, CryptogramFault = 75, CardCodeWrong = 76, PrintedCodeWrong = 77, PinMissing = 78, PinWrong = 79,
    PinTriesExceeded = 80, PinNotVerifiable = 81, PinFault = 82, DeskFull = 83, CounterSeen = 84, CounterAhead = 85, CutOverInProgress = 86,
    AuthenticationWrong = 87, AuthenticationMissing = 88, DeskFailed = 89, DeskLate = 90, PinReplayed = 91,
    ChipDeclined = 92, ChipRisk = 93, NoIssuer = 94,
#pragma warning restore CS1591
}

/// <summary>One way a decision can come out.</summary>
/// <param name="Result">Ours.</param>
/// <param name="Check">The check that finds it.</param>
/// <param name="Code">DE39 of 1987; a dialect may call it otherwise.</param>
/// <param name="Meaning">For people.</param>
public sealed record Outcome(InternalResult Result, Check Check, ResponseCode Code, string Meaning);

/// <summary>
/// Every way a decision can come out, with its code: the one place that says so. An advice of a reversal gets 00 whatever is
/// found; its result says what it was.
/// </summary>
public static class Outcomes
{
    private static readonly Outcome?[] _byResult = new Outcome?[96];

    /// <summary>All, in the order of the checks.</summary>
    public static IReadOnlyList<Outcome> All { get; } =
    [
        New(InternalResult.FormatError, Check.Format, "30", "does not decode, or lacks a mandatory field"),
        New(InternalResult.MacWrong, Check.Mac, "63", "the MAC is wrong, or missing where the link has one; the operator is told"),
        New(InternalResult.NotSignedOn, Check.Sender, "31", "the connection is not signed on"),
        New(InternalResult.AcquirerNotOfLink, Check.Sender, "31", "the link does not speak for this acquirer"),
        New(
            InternalResult.CutOverInProgress, Check.CutOver, "90",
            "the business date ends and the next is not open yet, on a link that wants no new requests meanwhile"),
        New(InternalResult.SameKeyOtherBody, Check.Duplicate, "94", "same key, other body; the operator is told"),
        New(InternalResult.AfterItsReversal, Check.Duplicate, "94", "its reversal was here before it"),
        New(InternalResult.AdviceAfterItsReversal, Check.Duplicate, "00", "an advice whose reversal was here before it: nothing moves"),
        New(InternalResult.UnknownMti, Check.Function, "12", "a message type that is not ours"),
        New(InternalResult.UnknownNetworkCode, Check.Function, "12", "a network function that is not ours"),
        New(InternalResult.FunctionNotSupported, Check.Function, "40", "a processing code that is not ours"),
        New(InternalResult.BadAmount, Check.Amount, "13", "zero where an amount is needed, one where none is, or over twelve digits"),
        New(InternalResult.BadCurrency, Check.Amount, "13", "no currency of ISO 4217, no rate from it to the account's, or not that of what it follows"),
        New(InternalResult.CashAboveAmount, Check.Amount, "13", "cash back without its amount, or above DE4"),
        New(InternalResult.AcceptorHot, Check.Place, "03", "the merchant or the terminal is on the hot list"),
        New(InternalResult.MerchantUnknown, Check.Place, "03", "no such merchant of this acquirer in the register"),
        New(InternalResult.AcceptorNotActive, Check.Place, "03", "the merchant or the terminal is suspended or closed"),
        New(InternalResult.TerminalUnknown, Check.Place, "58", "no such terminal of this merchant in the register"),
        New(InternalResult.CategoryNotOfMerchant, Check.Place, "58", "another category than the register has for it"),
        New(InternalResult.CategoryRefused, Check.Place, "58", "nothing is approved in this merchant category"),
        New(InternalResult.CountryRefused, Check.Place, "58", "nothing is approved in this country"),
        New(InternalResult.RefundNotLinked, Check.Place, "58", "a refund has to name what it refunds here"),
        New(InternalResult.BadPan, Check.Pan, "14", "not 12 to 19 digits, or a wrong Luhn digit"),
        New(InternalResult.NoIssuer, Check.Pan, "15", "no such card, and no product of the rules has its range"),
        New(InternalResult.UnknownCard, Check.Pan, "14", "no such card"),
        New(InternalResult.NotForProduct, Check.Product, "57", "cards of this product may not do that"),
        New(InternalResult.NotAbroad, Check.Product, "57", "cards of this product are good in their own country only"),
        New(InternalResult.TrackMismatch, Check.Entry, "12", "track 2 is another card's than DE2, or has another expiry than DE14"),
        New(InternalResult.FallbackRefused, Check.Entry, "05", "a chip card read by its stripe, where the product does not take that"),
        New(InternalResult.Expired, Check.Expiry, "54", "past its month, or an expiry that is not the card's"),
        New(InternalResult.HotLost, Check.HotList, "41", "lost"),
        New(InternalResult.HotStolen, Check.HotList, "43", "stolen"),
        New(InternalResult.HotPickUp, Check.HotList, "04", "to be picked up"),
        New(InternalResult.HotRestricted, Check.HotList, "62", "restricted"),
        New(InternalResult.CardNotActive, Check.CardStatus, "78", "not active yet"),
        New(InternalResult.CardClosed, Check.CardStatus, "46", "closed"),
        New(InternalResult.CardBlocked, Check.CardStatus, "62", "blocked"),
        New(InternalResult.PaymentStopped, Check.StandingOrder, "R0", "the cardholder stopped this payment of a standing order"),
        New(InternalResult.OrderRevoked, Check.StandingOrder, "R1", "the cardholder revoked the standing order with this merchant"),
        New(InternalResult.AllOrdersRevoked, Check.StandingOrder, "R3", "the cardholder revoked all standing orders"),
        New(InternalResult.CryptogramWrong, Check.Cryptogram, "82", "the chip's cryptogram is wrong, or missing where the product asks for it"),
        New(InternalResult.CryptogramFault, Check.Cryptogram, "88", "the cryptogram cannot be checked: a key, or the chip's data"),
        New(InternalResult.CounterSeen, Check.Cryptogram, "82", "a right cryptogram with a counter that the chip had used before: a copy of another payment's"),
        New(InternalResult.CounterAhead, Check.Cryptogram, "82", "a right cryptogram with a counter further ahead than the product takes"),
        New(InternalResult.ChipDeclined, Check.Cryptogram, "05", "a right cryptogram by which the chip declined (AAC)"),
        New(InternalResult.ChipRisk, Check.Cryptogram, "05", "terminal or chip found what the product refuses (TVR, CVR)"),
        New(InternalResult.CardCodeWrong, Check.CardCode, "82", "the code of the stripe or chip is wrong, or missing where the product asks for it"),
        New(InternalResult.PrintedCodeWrong, Check.CardCode, "N7", "the code printed on the card is wrong"),
        New(
            InternalResult.AuthenticationWrong, Check.Authentication, "05",
            "the proof of the cardholder's authentication is wrong, or cannot be checked where the product asks for it"),
        New(
            InternalResult.AuthenticationMissing, Check.Authentication, "1A",
            "no proof of the cardholder's authentication where the product asks for it: authenticate, and try again"),
        New(InternalResult.PinTriesExceeded, Check.Pin, "75", "too many wrong PINs before: no PIN is looked at any more"),
        New(InternalResult.PinMissing, Check.Pin, "55", "no PIN where the product asks for it"),
        New(InternalResult.PinWrong, Check.Pin, "55", "the PIN is wrong"),
        New(InternalResult.PinNotVerifiable, Check.Pin, "86", "the PIN cannot be verified: no key, or nothing of the card's to verify it by"),
        New(InternalResult.PinFault, Check.Pin, "81", "the PIN block cannot be read: another key, format or PAN"),
        New(InternalResult.PinReplayed, Check.Pin, "63", "the key serial number of the PIN was used before, or no device sends it"),
        New(InternalResult.AddressMismatch, Check.Address, "05", "neither postal code nor house number are the cardholder's, where the product asks for it"),
        New(InternalResult.AmountLimit, Check.Limits, "61", "more money than a limit of card, account or BIN allows"),
        New(InternalResult.CountLimit, Check.Limits, "65", "more transactions than a limit of card, account or BIN allows"),
        New(InternalResult.AcceptorLimit, Check.Limits, "58", "more than a limit of merchant or terminal allows"),
        New(InternalResult.DeclineStorm, Check.Limits, "58", "too many of the attempts were declined: turned away for a while"),
        New(InternalResult.InsufficientFunds, Check.Account, "51", "more than is available"),
        New(InternalResult.ApprovedInPart, Check.Account, "10", "approved for what is available: the terminal can go on with less"),
        New(InternalResult.OriginalUnknown, Check.Original, "25", "no such original: it will be declined when it comes"),
        New(InternalResult.OriginalAmbiguous, Check.Original, "25", "two originals of this card under one name"),
        New(InternalResult.OriginalOfOtherCard, Check.Original, "25", "the original is another card's"),
        New(InternalResult.ReplacementAboveOriginal, Check.Original, "64", "more would stay than the original left"),
        New(InternalResult.AlreadyReversed, Check.Original, "00", "undone before"),
        New(InternalResult.AuthorizationUnknown, Check.Original, "25", "no such authorization of this card"),
        New(InternalResult.AuthorizationExpired, Check.Original, "25", "its time is over: what it held is free"),
        New(InternalResult.AuthorizationCompleted, Check.Original, "25", "completed before: nothing is held any more"),
        New(InternalResult.NotAnAuthorization, Check.Original, "12", "what it names holds nothing: a decline, a posting, a refund"),
        New(InternalResult.CompletionAboveAuthorized, Check.Original, "64", "more than was authorized and the tolerance of the category"),
        New(InternalResult.RefundAboveCaptured, Check.Original, "64", "more than is left of what was posted"),
        New(InternalResult.NotRefundable, Check.Original, "12", "what it names took no money: void it"),
        New(InternalResult.CannotBeUndone, Check.Original, "12", "what it names undid something itself"),
        New(InternalResult.TableFull, Check.Capacity, "96", "no room to remember it; the operator is told"),
        New(InternalResult.DeskFull, Check.Capacity, "96", "the HSM has no room for one more; the operator is told"),
        New(InternalResult.DeskFailed, Check.Capacity, "96", "the HSM failed, or none is to be reached; the operator is told"),
        New(InternalResult.DeskLate, Check.Capacity, "91", "the HSM did not answer in time; the operator is told"),
        New(InternalResult.NoBusinessDate, Check.Capacity, "96", "no business date is open yet; the operator is told"),
        New(InternalResult.AdviceTaken, Check.Good, "00", "approved elsewhere and taken as it is, whatever the funds"),
        New(InternalResult.AdviceOfDecline, Check.Good, "00", "the advice tells of a decline: nothing moves"),
        New(InternalResult.Approved, Check.Good, "00", "approved"),
    ];

    /// <summary>The outcome of a result that decides (Must.Hold).</summary>
    public static Outcome Of(InternalResult result)
    {
        var outcome = _byResult[(int)result];
        Must.Hold(outcome is not null);
        return outcome;
    }

    private static Outcome New(InternalResult result, Check check, string code, string meaning) =>
        _byResult[(int)result] = new Outcome(result, check, ResponseCode.Of(code[0], code[1]), meaning);
}
