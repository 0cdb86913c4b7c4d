using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.Stages;

/// <summary>DE4 and DE49 by themselves. Gives 13: zero (no account verification yet), more than 12 digits, no currency.</summary>
internal readonly struct AmountCheck : IStage
{
    /// <summary>DE4 is n 12.</summary>
    public const long AmountMinorMax = 999_999_999_999;

    public StageResult Run(ref Transaction transaction, Instant now)
    {
        ref readonly var request = ref transaction.Request;
        if (request.AmountMinor is <= 0 or > AmountMinorMax)
        {
            return transaction.Conclude(ResponseCodes.InvalidAmount, InternalResult.BadAmount);
        }

        return request.Currency is 0 or > 999
            ? transaction.Conclude(ResponseCodes.InvalidAmount, InternalResult.BadCurrency)
            : StageResult.Continue;
    }
}
