using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>
/// What was approved elsewhere (0120, 0220) is taken as it is: held or posted whatever funds, status and limits say, and flagged. Gives 14
/// for a card that is not ours, 13 for a currency without a rate, 25 for an increment of nothing, 96 when no more can be held.
/// </summary>
internal readonly struct Advice(SwitchState state) : IStage
{
    private readonly Authorizations _authorizations = new(state);
    private readonly Billing _billing = new(state);

    public StageResult Run(ref Transaction transaction, Instant now)
    {
        transaction.Ran(Check.Pan);
        if (transaction.CardSlot < 0) return transaction.Conclude(state.Terms.ProblemOfRange(in transaction));
        ref readonly var request = ref transaction.Request;
        var isDecline = (request.Has & RequestHas.DeclinedElsewhere) != 0 && !Mutant.Is(Mutation.DeclineElsewhereMoves);
        if (isDecline) return transaction.Conclude(InternalResult.AdviceOfDecline);
        ref readonly var account = ref state.Accounts[transaction.Decided.Account];
        transaction.Look(in account);
        var isShort = Mutant.Is(Mutation.AdviceNeedsFunds) && account.AvailableMinor < request.AmountMinor;
        if (isShort) return transaction.Conclude(InternalResult.InsufficientFunds);
        return transaction.Operation switch
        {
            Operation.Refund => Credit(ref transaction, in account),
            Operation.ForcePost => Post(ref transaction, in account),
            Operation.Increment => Raise(ref transaction, in account),
            Operation.Purchase or Operation.Cash or Operation.CashBack or Operation.PreAuthorization => Hold(ref transaction, in account),
            _ => transaction.Conclude(InternalResult.FunctionNotSupported),
        };
    }

    private StageResult Hold(ref Transaction transaction, in AccountEntry account)
    {
        if (!_billing.TryTake(ref transaction, in account, out var amount)) return StageResult.Answer;
        if (!CanHold(in account, amount)) return transaction.Conclude(InternalResult.BadAmount);
        if (state.Holds.IsFull) return transaction.RefuseAndAlarm(InternalResult.TableFull);
        transaction.Hold(state.Holds.NextSlot, amount, state.Terms.HoldDays(in transaction));
        return Take(ref transaction);
    }

    private StageResult Raise(ref Transaction transaction, in AccountEntry account)
    {
        if (!_authorizations.TryFindOpen(ref transaction, out var slot, out var problem)) return transaction.Conclude(problem);
        if (!_billing.TryTake(ref transaction, in account, in state.Holds[slot], out var amount)) return StageResult.Answer;
        if (!CanHold(in account, amount)) return transaction.Conclude(InternalResult.BadAmount);
        if (state.Steps.IsFull) return transaction.RefuseAndAlarm(InternalResult.TableFull);
        transaction.Raise(slot, amount, state.Terms.HoldDays(in transaction));
        return Take(ref transaction);
    }

    private static bool CanHold(in AccountEntry account, long amount) => account.HeldMinor <= AccountTable.BalanceMinorMax - amount;

    private StageResult Post(ref Transaction transaction, in AccountEntry account)
    {
        if (!_billing.TryTake(ref transaction, in account, out var amount)) return StageResult.Answer;
        if (account.LedgerMinor < amount - AccountTable.BalanceMinorMax) return transaction.Conclude(InternalResult.BadAmount);
        transaction.Decided.Effect = EffectKind.Posted;
        transaction.Decided.LedgerDelta = -amount;
        return Take(ref transaction);
    }

    private StageResult Credit(ref Transaction transaction, in AccountEntry account)
    {
        if (!_billing.TryGive(ref transaction, in account, out var amount)) return StageResult.Answer;
        if (account.LedgerMinor > AccountTable.BalanceMinorMax - amount) return transaction.Conclude(InternalResult.BadAmount);
        if (Mtis.KindOf(transaction.Request.Mti) != MessageKind.FinancialAdvice) return Take(ref transaction);
        transaction.Decided.Effect = EffectKind.Credited;
        transaction.Decided.LedgerDelta = amount;
        return Take(ref transaction);
    }

    // The approval code is the one that was given elsewhere, and it is what completions will name.
    private static StageResult Take(ref Transaction transaction)
    {
        if ((transaction.Request.Has & RequestHas.ApprovalCode) != 0) transaction.Decided.ApprovalCode = transaction.Original.ApprovalCode;
        return transaction.Conclude(InternalResult.AdviceTaken);
    }
}
