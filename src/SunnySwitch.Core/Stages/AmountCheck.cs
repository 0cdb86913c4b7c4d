using SunnySwitch.Core.Domain;
using SunnySwitch.Protocol.Meaning;

namespace SunnySwitch.Core.Stages;

/// <summary>
/// What is asked for, and DE4 and DE49 by themselves. Gives 40 for a processing code that is not ours, 13 for an amount of zero, over
/// twelve digits or where none belongs, for no currency, and for cash back that is not a part of the amount.
/// </summary>
internal readonly struct AmountCheck : IStage
{
    /// <summary>DE4 is n 12.</summary>
    public const long AmountMinorMax = 999_999_999_999;

    public StageResult Run(ref Transaction transaction, Instant now)
    {
        ref readonly var request = ref transaction.Request;
        transaction.Ran(Check.Function);
        var operation = transaction.Operation;
        if (operation == Operation.None) return transaction.Conclude(InternalResult.FunctionNotSupported);
        if (operation == Operation.Void) return StageResult.Continue;            // All of what it names, whatever it says.
        transaction.Ran(Check.Amount);
        if (operation == Operation.Inquiry)
        {
            return request.AmountMinor == 0 ? StageResult.Continue : transaction.Conclude(InternalResult.BadAmount);
        }

        if (request.AmountMinor is < 0 or > AmountMinorMax || (request.AmountMinor == 0 && operation != Operation.Verification))
        {
            return transaction.Conclude(InternalResult.BadAmount);
        }

        if (Currencies.DecimalsOf(request.Currency) < 0) return transaction.Conclude(InternalResult.BadCurrency);
        return operation == Operation.CashBack && !IsPart(in request) ? transaction.Conclude(InternalResult.CashAboveAmount) : StageResult.Continue;
    }

    private static bool IsPart(in Request request) =>
        (request.Has & RequestHas.Cash) != 0 && request.CashMinor > 0 && request.CashMinor <= request.AmountMinor;
}
