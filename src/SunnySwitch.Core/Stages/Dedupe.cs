using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>
/// Was this here before? Gives the stored answer for a repeat; 94 for the same key with another body, and for a request
/// that comes after its reversal (00 for an advice, and nothing moves); 96 when no more answers can be remembered. The rest are non-answers.
/// </summary>
internal readonly struct Dedupe(SwitchState state) : IStage
{
    public StageResult Run(ref Transaction transaction, Instant now)
    {
        ref readonly var request = ref transaction.Request;
        transaction.Ran(Check.Duplicate);
        switch (state.Keys.Match(in request, out var number))
        {
            case KeyMatch.Repeat when Mutant.Is(Mutation.DecideRepeatAfresh):
                break;
            case KeyMatch.Repeat:
                ref readonly var stored = ref state.Keys.Entries[number];
                transaction.Verdict = Verdict.Repeat;
                transaction.Decided.Code = stored.Code;
                transaction.Decided.ApprovalCode = stored.ApprovalCode;
                if (Mutant.Is(Mutation.NewApprovalCodeForRepeat)) transaction.Decided.ApprovalCode = (uint)transaction.NextSequence;
                transaction.Decided.OriginalKey = number;
                TellVerdictsAgain(ref transaction, number);
                if (stored.Effect == EffectKind.BalancesTold) TellAgain(ref transaction, stored.Undo);
                if (stored.Code == ResponseCode.ApprovedInPart) transaction.Decided.HeldDelta = state.ApprovedPartOf(number);
                else if (stored.Code == ResponseCode.Approved) TellBillAgain(ref transaction, number);
                return StageResult.Answer;
            case KeyMatch.OtherBody:
                return transaction.RefuseAndAlarm(InternalResult.SameKeyOtherBody);
        }

        if (state.Tombstones.Has(request.KeyPrimary))
        {
            // A declined advice would come again for ever.
            if (!transaction.Decided.IsAdvice || state.Keys.Entries.IsFull) return transaction.Refuse(InternalResult.AfterItsReversal);
            new CardLookup(state).Run(ref transaction, now);          // Remembered with its card, as every answer.
            return transaction.Conclude(InternalResult.AdviceAfterItsReversal);
        }

        return state.Keys.Entries.IsFull
            ? transaction.RefuseAndAlarm(InternalResult.TableFull)
            : StageResult.Continue;
    }

    private void TellBillAgain(ref Transaction transaction, long number)
    {
        if (!state.TryFindBilled(number, out var billed, out var rate, out var currency) || Mutant.Is(Mutation.RepeatForgetsBill)) return;
        transaction.Decided.HeldDelta = billed;
        transaction.Decided.Explanation.Currency = currency;
        transaction.Charge(true, new Charges { Rate = rate, Currency = transaction.Request.Currency });
    }

    private void TellVerdictsAgain(ref Transaction transaction, long number)
    {
        (transaction.Request.Address, var authentication) = state.ToldBy(number);
        if (authentication == SecurityVerdict.NotChecked || Mutant.Is(Mutation.RepeatForgetsProof)) return;
        transaction.Ran(Check.Authentication);
        transaction.Request.Security = transaction.Request.Security.With(authentication);
    }

    private void TellAgain(ref Transaction transaction, long number)
    {
        ref readonly var told = ref state.Balances[number];
        transaction.Decided.Effect = EffectKind.BalancesTold;
        transaction.Decided.Explanation.AvailableMinor = told.AvailableMinor;
        transaction.Decided.Explanation.LedgerMinor = told.LedgerMinor;
        transaction.Decided.Explanation.Currency = told.Currency;
    }
}
