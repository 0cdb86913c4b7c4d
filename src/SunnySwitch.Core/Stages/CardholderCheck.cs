using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>
/// What the cardholder said: orders not to be charged by standing orders any more, and the address. Gives R0, R1, R3 (stopped), 05 (an
/// address that is not the cardholder's, where the product asks for it), 96 when the verdict on an address cannot be remembered.
/// </summary>
internal readonly struct CardholderCheck(SwitchState state) : IStage
{
    // An approval in part, and a bill, are told beside it.
    private const int ToldMax = 2;

    public StageResult Run(ref Transaction transaction, Instant now)
    {
        ref var request = ref transaction.Request;
        if ((request.Has & RequestHas.StandingOrder) != 0)
        {
            transaction.Ran(Check.StandingOrder);
            var order = state.Registers.StopOf(in request, state.BusinessDay);
            if (order != StopKind.None) return transaction.Conclude(Stopped(order));
        }

        if (request.Address == AddressMatch.NotAsked)
        {
            request.Address = AddressChecks.Compare(in transaction.Address, in state.Cards[transaction.CardSlot].Address);
            if (request.Address == AddressMatch.NotAsked) return StageResult.Continue;
        }

        transaction.Ran(Check.Address);
        if (!state.Balances.HasRoomFor(ToldMax)) return transaction.RefuseAndAlarm(InternalResult.TableFull);
        return request.Address == AddressMatch.Neither && state.Terms.NeedsAddress(in transaction)
            ? transaction.Conclude(InternalResult.AddressMismatch)
            : StageResult.Continue;
    }

    private static InternalResult Stopped(StopKind kind) => kind switch
    {
        StopKind.Payment => InternalResult.PaymentStopped,
        StopKind.Order => InternalResult.OrderRevoked,
        _ => InternalResult.AllOrdersRevoked,
    };
}
