using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>Finds what a message names: the answer to its original by DE90 (DE56), an authorization by DE38 beside the card.</summary>
internal readonly struct Authorizations(SwitchState state)
{
    /// <summary>The answer that DE90 names, of this card and this acquirer; <see cref="OriginalMatch.None"/> where it names none.</summary>
    public OriginalMatch MatchAnswer(ref Transaction transaction, out long number)
    {
        transaction.Ran(Check.Original);
        number = 0;
        return Names(in transaction, RequestHas.Original) && Mtis.CanBeOriginal(transaction.Original.Mti)
            ? state.Keys.MatchOriginal(transaction.Original.KeyPrimary, transaction.Decided.Card, out number)
            : OriginalMatch.None;
    }

    /// <summary>The authorization that DE38 names: its slot; -1 none, -2 more than one.</summary>
    public int FindByCode(in Transaction transaction) =>
        Names(in transaction, RequestHas.ApprovalCode) && transaction.Decided.Card >= 0
            ? state.Holds.Find(transaction.Decided.Card, transaction.Original.ApprovalCode, transaction.Decided.Request.Acquirer)
            : -1;

    /// <summary>The open authorization that is named, by DE90 first; else why not.</summary>
    public bool TryFindOpen(ref Transaction transaction, out int slot, out InternalResult problem)
    {
        slot = -1;
        problem = InternalResult.None;
        switch (MatchAnswer(ref transaction, out var number))
        {
            case OriginalMatch.Ambiguous: problem = InternalResult.OriginalAmbiguous; break;
            case OriginalMatch.OtherCard: problem = InternalResult.OriginalOfOtherCard; break;
            case OriginalMatch.One: slot = SlotOf(number, out problem); break;
            default: slot = FindByCode(in transaction); break;
        }

        if (problem == InternalResult.None && slot < 0)
        {
            problem = slot == -2 ? InternalResult.OriginalAmbiguous : InternalResult.AuthorizationUnknown;
        }

        if (problem == InternalResult.None) problem = ProblemOf(in state.Holds[slot]);
        return problem == InternalResult.None;
    }

    private InternalResult ProblemOf(in HoldEntry hold) =>
        hold.Status == HoldStatus.Completed ? InternalResult.AuthorizationCompleted
        : state.IsOver(in hold) && !Mutant.Is(Mutation.CaptureAfterExpiry) ? InternalResult.AuthorizationExpired
        : InternalResult.None;

    private int SlotOf(long number, out InternalResult problem)
    {
        ref readonly var answer = ref state.Keys.Entries[number];
        var (slot, key) = answer.Effect switch
        {
            EffectKind.HoldOpened => ((int)answer.Undo, number),
            EffectKind.Increased => (state.Steps[answer.Undo].Hold, state.Steps[answer.Undo].Key),
            _ => (-1, 0L),
        };
        problem = slot < 0 ? InternalResult.NotAnAuthorization
            : state.Holds.IsOf(slot, key) ? InternalResult.None
            : InternalResult.AuthorizationUnknown;           // Reversed, or over and swept.
        return slot;
    }

    private static bool Names(in Transaction transaction, RequestHas name) => (transaction.Decided.Request.Has & name) != 0;
}
