using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>
/// Finds card and account, so that also a decline is remembered with its card: a reversal has to name the same one.
/// Gives no code.
/// </summary>
internal readonly struct CardLookup(SwitchState state) : IStage
{
    public StageResult Run(ref Transaction transaction, Instant now)
    {
        var slot = state.Cards.Find(transaction.Request.Pan);
        transaction.CardSlot = slot;
        if (slot >= 0)
        {
            ref readonly var card = ref state.Cards[slot];
            transaction.Decided.Card = card.Number;
            transaction.Decided.Account = card.Account;
        }

        return StageResult.Continue;
    }
}
