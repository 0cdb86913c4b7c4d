using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>
/// Undoes an original, fully or down to what DE95 says stays. A well-formed advice (0420) is never declined: it gets 00 even
/// where nothing is undone. A request (0400) gets 25 for an original that is not there, expired or completed, 64 for a DE95 that is not
/// below what the original left, 12 for an original that undid something itself. 96 when the link has no more room for tombstones: a
/// non-answer, its sender tries again.
/// </summary>
internal readonly struct Reversal(SwitchState state) : IStage
{
    private readonly Authorizations _authorizations = new(state);

    public StageResult Run(ref Transaction transaction, Instant now) => _authorizations.MatchAnswer(ref transaction, out var number) switch
    {
        OriginalMatch.One => Undo(ref transaction, number),
        OriginalMatch.Ambiguous => NotFound(ref transaction, InternalResult.OriginalAmbiguous),
        OriginalMatch.OtherCard => Remember(ref transaction, InternalResult.OriginalOfOtherCard),
        _ => UndoByCode(ref transaction),
    };

    /// <summary>DE38 outlives the answer: an authorization can be ended as long as it holds something.</summary>
    private StageResult UndoByCode(ref Transaction transaction)
    {
        var slot = _authorizations.FindByCode(in transaction);
        if (slot == -2) return NotFound(ref transaction, InternalResult.OriginalAmbiguous);
        if (slot == -1) return Remember(ref transaction, InternalResult.OriginalUnknown);
        ref readonly var hold = ref state.Holds[slot];
        if (state.Keys.Entries.IsLive(hold.Key)) return Undo(ref transaction, hold.Key);
        if (hold.AmountMinor == 0) return Decline(ref transaction, InternalResult.AuthorizationCompleted);
        if (!TryStaysHeld(in transaction, slot, hold.AmountMinor, out var stays))
        {
            return NothingToRelease(ref transaction, KeyStatus.Approved, sameAgain: false);
        }

        ref var decided = ref transaction.Decided;
        decided.Effect = EffectKind.Released;
        decided.Hold = slot;
        decided.Account = hold.Account;
        decided.HeldDelta = stays - hold.AmountMinor;
        return transaction.Conclude(InternalResult.Approved);
    }

    private StageResult Undo(ref Transaction transaction, long number)
    {
        ref readonly var original = ref state.Keys.Entries[number];
        // A completion whose refund was undone after it has something left again.
        if (original.Status == KeyStatus.Reversed && original.Effect != EffectKind.Completed && !Mutant.Is(Mutation.ReleaseTwice))
        {
            return transaction.Conclude(InternalResult.AlreadyReversed);
        }

        var problem = Left(number, out var left);
        if (problem != InternalResult.None) return Decline(ref transaction, problem);
        return original.Effect switch
        {
            EffectKind.HoldOpened or EffectKind.Increased => Lower(ref transaction, number, left),
            EffectKind.Posted or EffectKind.Credited or EffectKind.Completed or EffectKind.Refunded => MoveBack(ref transaction, number, left),
            _ => Mark(ref transaction, number),
        };
    }

    private static StageResult Mark(ref Transaction transaction, long number)
    {
        transaction.Decided.Effect = EffectKind.Reversed;
        transaction.Decided.OriginalKey = number;
        return transaction.Conclude(InternalResult.Approved);
    }

    private StageResult Lower(ref Transaction transaction, long number, long left)
    {
        ref readonly var original = ref state.Keys.Entries[number];
        var slot = original.Effect == EffectKind.HoldOpened ? (int)original.Undo : state.Steps[original.Undo].Hold;
        if (!TryStaysHeld(in transaction, slot, left, out var stays)) return NothingToRelease(ref transaction, original.Status, stays == left);
        ref var decided = ref transaction.Decided;
        decided.Hold = slot;
        decided.Account = state.Holds[slot].Account;
        decided.HeldDelta = stays - left;
        return Mark(ref transaction, number);
    }

    private StageResult MoveBack(ref Transaction transaction, long number, long left)
    {
        ref readonly var original = ref state.Keys.Entries[number];
        ref var decided = ref transaction.Decided;
        var currency = state.Accounts[decided.Account].Currency;
        var whole = left;
        if (original.Effect is EffectKind.Completed or EffectKind.Refunded)
        {
            decided.Hold = state.Steps[original.Undo].Hold;
            whole = state.Steps[original.Undo].LedgerMinor;
        }

        var share = new Share(state, number, slot: -1, currency, left, whole);
        // Where only a fee is left, nothing of the amount can stay.
        var stays = (decided.Request.Has & RequestHas.Replacement) != 0 ? transaction.Original.ReplacementMinor : 0;
        if (stays < 0 || !share.CanStay(stays))
        {
            decided.Hold = -1;
            return NothingToRelease(ref transaction, original.Status, stays == share.AmountMinor);
        }

        share.Undo(stays, out var billed, out var charges);
        if (!state.Contra.HasRoomFor(decided.Request.Acquirer, share.Currency)) return transaction.RefuseAndAlarm(InternalResult.TableFull);
        var isTakenBack = original.Effect is EffectKind.Credited or EffectKind.Refunded;
        decided.LedgerDelta = isTakenBack ? -billed : billed;
        transaction.Charge(share.IsCharged, isTakenBack ? charges : charges.Opposite);
        if (original.Effect == EffectKind.Completed) decided.HeldDelta = HeldAgain(original.Undo, isWhole: stays == 0);
        return Mark(ref transaction, number);
    }

    // What a part released is held again as long as its authorization is open; what the last one released, always.
    private long HeldAgain(long number, bool isWhole)
    {
        ref readonly var step = ref state.Steps[number];
        var isOpen = state.Holds[step.Hold].Status == HoldStatus.Open || step.IsFinal != 0;
        return isWhole && isOpen && !Mutant.Is(Mutation.UncaptureHoldsNothing) ? step.HeldMinor : 0;
    }

    /// <summary>What is left of an answer to be undone; a decline moved nothing: it is marked, and stays declined.</summary>
    private InternalResult Left(long number, out long left)
    {
        ref readonly var original = ref state.Keys.Entries[number];
        left = 0;
        switch (original.Effect)
        {
            case EffectKind.Posted or EffectKind.Credited:
                left = original.Undo;
                return InternalResult.None;
            case EffectKind.HoldOpened:
                if (!state.Holds.IsOf((int)original.Undo, number)) return InternalResult.AuthorizationExpired;
                left = state.Holds[(int)original.Undo].AmountMinor;
                return left == 0 ? InternalResult.AuthorizationCompleted : InternalResult.None;
            case EffectKind.Increased or EffectKind.Completed or EffectKind.Refunded:
                return LeftOfStep(original.Effect, in state.Steps[original.Undo], out left);
            case EffectKind.Reversed or EffectKind.Released or EffectKind.TombstoneSet:
                return InternalResult.CannotBeUndone;
            default:
                return InternalResult.None;
        }
    }

    private InternalResult LeftOfStep(EffectKind effect, in StepEntry step, out long left)
    {
        left = step.LedgerMinor;
        if (effect == EffectKind.Refunded) return left > 0 ? InternalResult.None : InternalResult.AlreadyReversed;
        var isThere = state.Holds.IsOf(step.Hold, step.Key);
        if (!isThere) return InternalResult.AlreadyReversed;             // With its authorization.
        ref readonly var hold = ref state.Holds[step.Hold];
        left = effect == EffectKind.Completed ? Math.Min(step.LedgerMinor, hold.CapturedMinor)
            : Mutant.Is(Mutation.IncrementUndoneFreesAll) ? hold.AmountMinor
            : Math.Min(step.HeldMinor, hold.AmountMinor);
        if (left > 0) return InternalResult.None;
        return effect == EffectKind.Completed ? InternalResult.AlreadyReversed : InternalResult.AuthorizationCompleted;
    }

    private static bool TryStays(in Transaction transaction, long left, out long stays)
    {
        stays = 0;
        if ((transaction.Decided.Request.Has & RequestHas.Replacement) == 0 || left == 0) return true;
        stays = transaction.Original.ReplacementMinor;
        return stays >= 0 && stays < left;
    }

    /// <summary>Likewise, of a hold: with the fee that stays, at its rate, where it has one.</summary>
    private bool TryStaysHeld(in Transaction transaction, int slot, long left, out long stays)
    {
        ref readonly var hold = ref state.Holds[slot];
        var asked = transaction.Original.ReplacementMinor;
        var isPart = (transaction.Decided.Request.Has & RequestHas.Replacement) != 0 && asked > 0;
        if (!isPart || (left == 0 && hold.Rate.Packed == 0)) return TryStays(in transaction, left, out stays);
        stays = asked += transaction.Original.FeeStaysMinor;
        if (hold.Rate.Packed == 0) return stays > 0 && stays < left;
        var isGood = hold.Rate.TryConvert(asked, hold.Currency, state.Accounts[hold.Account].Currency, out stays);
        stays = Math.Max(stays, 1);
        return isGood && stays < left;
    }

    private static StageResult NothingToRelease(ref Transaction transaction, KeyStatus status, bool sameAgain)
    {
        // The same partial reversal under another STAN: done already.
        if (status == KeyStatus.PartlyReversed && sameAgain)
        {
            return transaction.Conclude(InternalResult.AlreadyReversed);
        }

        transaction.Alarm = InternalResult.ReplacementAboveOriginal;
        return Decline(ref transaction, InternalResult.ReplacementAboveOriginal);
    }

    private static StageResult NotFound(ref Transaction transaction, InternalResult result)
    {
        if (result is InternalResult.OriginalAmbiguous or InternalResult.OriginalOfOtherCard) transaction.Alarm = result;
        return Decline(ref transaction, result);
    }

    private StageResult Remember(ref Transaction transaction, InternalResult result)
    {
        ref readonly var original = ref transaction.Original;
        var mayRemember = transaction.Operation == Operation.Reversal || Mutant.Is(Mutation.VoidLeavesTombstone);
        var isNamed = mayRemember && (transaction.Request.Has & RequestHas.Original) != 0;
        if (isNamed && Mtis.CanBeOriginal(original.Mti) && !state.Tombstones.Has(original.KeyPrimary))
        {
            if (state.Tombstones.IsFullFor(transaction.Decided.Link))
            {
                return transaction.RefuseAndAlarm(InternalResult.TableFull);
            }

            transaction.Decided.Effect = EffectKind.TombstoneSet;
        }

        return NotFound(ref transaction, result);
    }

    private static StageResult Decline(ref Transaction transaction, InternalResult result) =>
        transaction.Decided.IsAdvice ? transaction.Acknowledge(result) : transaction.Conclude(result);
}
