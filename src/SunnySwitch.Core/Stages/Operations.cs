using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.Stages;

/// <summary>Reads what is asked for: message type, the first two digits of DE3 (ISO 8583-1, transaction type), and DE4.</summary>
internal static class Operations
{
    private const uint AccountTypes = 10_000;

    public static Operation Of(MessageKind kind, in Request request) => kind switch
    {
        MessageKind.ReversalRequest or MessageKind.ReversalAdvice => Operation.Reversal,
        MessageKind.Authorization or MessageKind.Financial => (request.ProcessingCode / AccountTypes) switch
        {
            0 when request.AmountMinor == 0 && kind == MessageKind.Authorization => Operation.Verification,
            0 => Operation.Purchase,
            1 => Operation.Cash,
            9 => Operation.CashBack,
            20 => Operation.Refund,
            30 or 31 => Operation.Inquiry,
            _ => Operation.None,
        },
        _ => Operation.None,
    };
}
