using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>Orders of the cardholder not to be charged by standing orders any more. Gives R0, R1, R3.</summary>
internal readonly struct StandingOrderCheck(SwitchState state) : IStage
{
    public StageResult Run(ref Transaction transaction, Instant now)
    {
        ref readonly var request = ref transaction.Request;
        if ((request.Has & RequestHas.StandingOrder) == 0) return StageResult.Continue;
        transaction.Ran(Check.StandingOrder);
        return state.Registers.StopOf(in request, state.BusinessDay) switch
        {
            StopKind.None => StageResult.Continue,
            StopKind.Payment => transaction.Conclude(InternalResult.PaymentStopped),
            StopKind.Order => transaction.Conclude(InternalResult.OrderRevoked),
            _ => transaction.Conclude(InternalResult.AllOrdersRevoked),
        };
    }
}

/// <summary>
/// Where the cardholder lives. Gives 05 (an address that is not the cardholder's, where the product asks for it), 96 when the verdict cannot be
/// remembered.
/// </summary>
internal readonly struct AddressCheck(SwitchState state) : IStage
{
    public StageResult Run(ref Transaction transaction, Instant now)
    {
        ref var request = ref transaction.Request;
        if (request.Address == AddressMatch.NotAsked)
        {
            request.Address = AddressChecks.Compare(in transaction.Address, in state.Cards[transaction.CardSlot].Address);
            if (request.Address == AddressMatch.NotAsked) return StageResult.Continue;
        }

        transaction.Ran(Check.Address);
        if (!state.Balances.HasRoomFor(BalanceEntry.OfOneAnswerMax)) return transaction.RefuseAndAlarm(InternalResult.TableFull);
        return request.Address == AddressMatch.Neither && state.Terms.NeedsAddress(in transaction)
            ? transaction.Conclude(InternalResult.AddressMismatch)
            : StageResult.Continue;
    }
}
