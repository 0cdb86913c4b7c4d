using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>
/// Place and card, in the order of docs/authorization.md. Gives 03 (hot merchant or terminal; not in the register, or not active there), 58
/// (category, country, refund without a name, a terminal of another merchant), 14 (bad or unknown PAN), 57 (product), 12 and 05 (how it was
/// read), 54, the hot list's 41, 43, 04, 62, and the status' 78 (not active), 14 (closed), 62 (blocked).
/// </summary>
internal readonly struct CardCheck(SwitchState state) : IStage
{
    public StageResult Run(ref Transaction transaction, Instant now)
    {
        transaction.Ran(Check.Place);
        var place = state.Terms.ProblemOfPlace(in transaction, state.BusinessDay);
        if (place != InternalResult.None) return transaction.Conclude(place);
        transaction.Ran(Check.Pan);
        if ((transaction.Request.Has & RequestHas.PanBad) != 0)
        {
            return transaction.Conclude(InternalResult.BadPan);
        }

        if (transaction.CardSlot < 0)
        {
            return transaction.Conclude(state.Terms.ProblemOfRange(in transaction));
        }

        transaction.Ran(Check.Product);
        var problem = state.Terms.ProblemOfProduct(in transaction);
        if (problem != InternalResult.None) return transaction.Conclude(problem);
        transaction.Ran(Check.Entry);
        problem = state.Terms.ProblemOfEntry(in transaction);
        if (problem != InternalResult.None) return transaction.Conclude(problem);
        ref readonly var card = ref state.Cards[transaction.CardSlot];
        transaction.Ran(Check.Expiry);
        if (IsExpired(in transaction.Request, card.Expiry))
        {
            return transaction.Conclude(InternalResult.Expired);
        }

        transaction.Ran(Check.HotList);
        var hot = HotTerms.IsWithin(state.BusinessDay, card.HotFrom, card.HotTo) ? card.Hot : HotReason.None;
        var country = transaction.Request.AcquirerCountry;
        if (!HotTerms.IsWithin(card.HotRegion, country)) hot = HotReason.None;
        if (hot == HotReason.None) hot = state.Terms.HotBin(card.TruncatedPan.Bin, country, state.BusinessDay);
        if (hot != HotReason.None && !Mutant.Is(Mutation.IgnoreHotList)) return transaction.Conclude(Hot(hot));
        transaction.Ran(Check.CardStatus);
        return card.Status == CardStatus.Active ? StageResult.Continue : transaction.Conclude(Restricted(card.Status));
    }

    // A card is good until the end of its month. An expiry that is not the card's own is wrong, past or not (1399 too).
    private bool IsExpired(in Request request, ushort cardExpiry) =>
        cardExpiry < state.BusinessYearMonth
        || ((request.Has & RequestHas.Expiry) != 0 && request.Expiry != cardExpiry);

    private static InternalResult Hot(HotReason reason) => reason switch
    {
        HotReason.Lost => InternalResult.HotLost,
        HotReason.Stolen => InternalResult.HotStolen,
        HotReason.PickUp => InternalResult.HotPickUp,
        _ => InternalResult.HotRestricted,
    };

    private static InternalResult Restricted(CardStatus status) => status switch
    {
        CardStatus.NotActive => InternalResult.CardNotActive,
        CardStatus.Closed => InternalResult.CardClosed,
        _ => InternalResult.CardBlocked,
    };
}
