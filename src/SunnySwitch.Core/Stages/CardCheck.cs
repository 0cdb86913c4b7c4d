using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>
/// The card, in the order of capabilities row 32. Gives 14 (bad or unknown PAN), 54, the hot list's 41, 43, 04, 62, and the
/// status' 78 (not active), 14 (closed), 62 (blocked).
/// </summary>
internal readonly struct CardCheck(SwitchState state) : IStage
{
    public StageResult Run(ref Transaction transaction, Instant now)
    {
        if ((transaction.Request.Has & RequestHas.PanBad) != 0)
        {
            return transaction.Conclude(ResponseCodes.InvalidCard, InternalResult.BadPan);
        }

        if (transaction.CardSlot < 0)
        {
            return transaction.Conclude(ResponseCodes.InvalidCard, InternalResult.UnknownCard);
        }

        ref readonly var card = ref state.Cards[transaction.CardSlot];
        if (IsExpired(in transaction.Request, card.Expiry))
        {
            return transaction.Conclude(ResponseCodes.ExpiredCard, InternalResult.Expired);
        }

        return (card.Hot == HotReason.None || Mutant.Is(Mutation.IgnoreHotList)) && card.Status == CardStatus.Active
            ? StageResult.Continue
            : Restricted(ref transaction, card.Hot, card.Status);
    }

    // A card is good until the end of its month. An expiry that is not the card's own is wrong, past or not (1399 too).
    private bool IsExpired(in Request request, ushort cardExpiry) =>
        cardExpiry < state.BusinessYearMonth
        || ((request.Has & RequestHas.Expiry) != 0 && request.Expiry != cardExpiry);

    private static StageResult Restricted(ref Transaction transaction, HotReason hot, CardStatus status)
    {
        var (code, result) = (hot, status) switch
        {
            (HotReason.Lost, _) => (ResponseCodes.LostCard, InternalResult.HotLost),
            (HotReason.Stolen, _) => (ResponseCodes.StolenCard, InternalResult.HotStolen),
            (HotReason.PickUp, _) => (ResponseCodes.PickUp, InternalResult.HotPickUp),
            (HotReason.Restricted, _) => (ResponseCodes.RestrictedCard, InternalResult.HotRestricted),
            (_, CardStatus.NotActive) => (ResponseCodes.CardNotActive, InternalResult.CardNotActive),
            (_, CardStatus.Closed) => (ResponseCodes.InvalidCard, InternalResult.CardClosed),
            _ => (ResponseCodes.RestrictedCard, InternalResult.CardBlocked),
        };
        return transaction.Conclude(code, result);
    }
}
