using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.Stages;

/// <summary>Reads what is asked for: message type, the first two digits of DE3 (ISO 8583-1, transaction type), DE4, and what it names.</summary>
internal static class Operations
{
    private const uint AccountTypes = 10_000;

    public static Operation Of(MessageKind kind, in Request request) => kind switch
    {
        MessageKind.ReversalRequest or MessageKind.ReversalAdvice => Operation.Reversal,
        MessageKind.Authorization or MessageKind.AuthorizationAdvice => (request.ProcessingCode / AccountTypes) switch
        {
            0 when (request.Has & RequestHas.Increment) != 0 || NamesAuthorization(kind, in request) => Operation.Increment,
            0 when request.AmountMinor == 0 && kind == MessageKind.Authorization => Operation.Verification,
            0 when (request.Has & RequestHas.PreAuthorization) != 0 => Operation.PreAuthorization,
            _ => ByType(in request),
        },
        MessageKind.Financial or MessageKind.FinancialAdvice => (request.ProcessingCode / AccountTypes) switch
        {
            0 or 1 or 9 when (request.Has & (RequestHas.Completion | RequestHas.Names)) != 0 => Operation.Completion,
            0 or 1 or 9 when kind == MessageKind.FinancialAdvice => Operation.ForcePost,
            _ => ByType(in request),
        },
        _ => Operation.None,
    };

    // DE38 of an advice is the approval that it tells of, not one that it adds to.
    private static bool NamesAuthorization(MessageKind kind, in Request request) =>
        (request.Has & (kind == MessageKind.Authorization ? RequestHas.Names : RequestHas.Original)) != 0;

    private static Operation ByType(in Request request) => (request.ProcessingCode / AccountTypes) switch
    {
        0 => Operation.Purchase,
        1 => Operation.Cash,
        2 => Operation.Void,
        9 => Operation.CashBack,
        20 => Operation.Refund,
        30 or 31 => Operation.Inquiry,
        _ => Operation.None,
    };
}
