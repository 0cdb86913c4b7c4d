using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>
/// Undoes an original, fully or down to what DE95 says stays. A well-formed advice (0420) is never declined: it gets 00 even
/// where nothing is undone. A request (0400) gets 25 for an original that is not there and 64 for a DE95 that is not below what
/// the original left. 96 when the link has no more room for tombstones: a non-answer, its sender tries again.
/// </summary>
internal readonly struct Reversal(SwitchState state) : IStage
{
    public StageResult Run(ref Transaction transaction, Instant now)
    {
        transaction.Ran(Check.Original);
        var match = OriginalMatch.None;
        var number = 0L;
        if (Mtis.CanBeOriginal(transaction.Original.Mti))
        {
            match = state.Keys.MatchOriginal(transaction.Original.KeyPrimary, transaction.Decided.Card, out number);
        }

        return match switch
        {
            OriginalMatch.One => Undo(ref transaction, number),
            OriginalMatch.Ambiguous => NotFound(ref transaction, InternalResult.OriginalAmbiguous),
            OriginalMatch.OtherCard => Remember(ref transaction, InternalResult.OriginalOfOtherCard),
            _ => Remember(ref transaction, InternalResult.OriginalUnknown),
        };
    }

    private StageResult Undo(ref Transaction transaction, long number)
    {
        ref readonly var original = ref state.Keys.Entries[number];
        if (original.Status == KeyStatus.Reversed && !Mutant.Is(Mutation.ReleaseTwice))
        {
            return transaction.Conclude(InternalResult.AlreadyReversed);
        }

        var left = original.Effect switch
        {
            EffectKind.HoldOpened => state.Holds[(int)original.Undo].AmountMinor,
            EffectKind.Posted or EffectKind.Credited => original.Undo,
            _ => 0,                                      // A decline moved nothing: marked, and it stays declined.
        };
        var stays = 0L;
        if ((transaction.Request.Has & RequestHas.Replacement) != 0 && left > 0)
        {
            stays = transaction.Original.ReplacementMinor;
            if (stays < 0 || stays >= left) return NothingToRelease(ref transaction, original.Status, stays == left);
        }

        ref var decided = ref transaction.Decided;
        decided.Effect = EffectKind.Reversed;
        decided.OriginalKey = number;
        if (original.Effect == EffectKind.HoldOpened)
        {
            decided.Hold = (int)original.Undo;
            decided.Account = state.Holds[decided.Hold].Account;
            decided.HeldDelta = stays - left;
        }
        else
        {
            decided.LedgerDelta = original.Effect == EffectKind.Credited ? stays - left : left - stays;
        }

        return transaction.Conclude(InternalResult.Approved);
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
        if (result != InternalResult.OriginalUnknown) transaction.Alarm = result;
        return Decline(ref transaction, result);
    }

    private StageResult Remember(ref Transaction transaction, InternalResult result)
    {
        ref readonly var original = ref transaction.Original;
        if (Mtis.CanBeOriginal(original.Mti) && !state.Tombstones.Has(original.KeyPrimary))
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
        Mtis.KindOf(transaction.Decided.Request.Mti) == MessageKind.ReversalAdvice ? transaction.Acknowledge(result) : transaction.Conclude(result);
}
