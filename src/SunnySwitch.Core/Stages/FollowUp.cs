using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>
/// What belongs to an earlier transaction: completion, void, linked refund. The card was judged then. Gives 14, 13 and 51 as for a
/// purchase (51 never to an advice), 25 for what is not there, expired or completed, 64 for more than was authorized or captured, 12 for
/// what cannot be followed so, 96 when no more can be remembered.
/// </summary>
internal readonly struct FollowUp(SwitchState state) : IStage
{
    private const long All = -1;
    private readonly Authorizations _authorizations = new(state);
    private readonly Billing _billing = new(state);

    public StageResult Run(ref Transaction transaction, Instant now)
    {
        transaction.Ran(Check.Pan);
        if (transaction.CardSlot < 0) return transaction.Conclude(state.Terms.ProblemOfRange(in transaction));
        ref readonly var account = ref state.Accounts[transaction.Decided.Account];
        transaction.Look(in account);
        var operation = transaction.Operation;
        var isDecline = operation != Operation.Void && (transaction.Request.Has & RequestHas.DeclinedElsewhere) != 0;
        if (isDecline) return transaction.Conclude(InternalResult.AdviceOfDecline);
        if (state.Steps.IsFull) return transaction.RefuseAndAlarm(InternalResult.TableFull);
        return operation switch
        {
            Operation.Completion => Complete(ref transaction, in account),
            Operation.Refund => Refund(ref transaction, in account, transaction.Request.AmountMinor),
            _ => Void(ref transaction, in account),
        };
    }

    private StageResult Complete(ref Transaction transaction, in AccountEntry account)
    {
        if (!_authorizations.TryFindOpen(ref transaction, out var slot, out var problem))
        {
            return NoneToComplete(ref transaction, in account, problem);
        }

        ref readonly var hold = ref state.Holds[slot];
        ref var decided = ref transaction.Decided;
        if (!_billing.TryTake(ref transaction, in account, in hold, out var amount)) return StageResult.Answer;
        var ceiling = hold.AuthorizedMinor + state.Terms.ToleranceOf(hold.Category, hold.AuthorizedMinor, ref decided.Explanation);
        var captured = Mutant.Is(Mutation.CaptureAgainAndAgain) ? 0 : hold.CapturedMinor;
        if (hold.Rate.Packed != 0) ceiling += Billing.RoundingMinor;
        if (amount > ceiling - captured) return transaction.Conclude(InternalResult.CompletionAboveAuthorized);
        var above = amount - hold.AmountMinor;
        if (above > 0 && !decided.IsAdvice && account.AvailableMinor < above) return transaction.Conclude(InternalResult.InsufficientFunds);
        if (account.LedgerMinor < amount - AccountTable.BalanceMinorMax) return transaction.Conclude(InternalResult.BadAmount);
        var isFinal = (transaction.Request.Has & RequestHas.MoreFollow) == 0;
        decided.Effect = EffectKind.Completed;
        decided.Hold = slot;
        decided.Account = hold.Account;
        decided.HeldDelta = -(isFinal && !Mutant.Is(Mutation.RestStaysHeld) ? hold.AmountMinor : Math.Min(amount, hold.AmountMinor));
        decided.LedgerDelta = -amount;
        decided.ApprovalCode = hold.ApprovalCode == 0 ? Decided.NoApprovalCode : hold.ApprovalCode;
        return transaction.Conclude(InternalResult.Approved);
    }

    // An approval code that is not ours, and nothing else, is a voice approval's: its advice is posted by force.
    private StageResult NoneToComplete(ref Transaction transaction, in AccountEntry account, InternalResult problem)
    {
        const RequestHas ours = RequestHas.Original | RequestHas.Completion;
        var isForced = transaction.Decided.IsAdvice && problem == InternalResult.AuthorizationUnknown && (transaction.Request.Has & ours) == 0;
        if (!isForced && !Mutant.Is(Mutation.ForceWhatIsNamed)) return transaction.Conclude(problem);
        if (!_billing.TryTake(ref transaction, in account, out var amount)) return StageResult.Answer;
        if (account.LedgerMinor < amount - AccountTable.BalanceMinorMax) return transaction.Conclude(InternalResult.BadAmount);
        ref var decided = ref transaction.Decided;
        decided.Explanation.Operation = Operation.ForcePost;
        decided.Effect = EffectKind.Posted;
        decided.LedgerDelta = -amount;
        decided.ApprovalCode = transaction.Original.ApprovalCode;
        return transaction.Conclude(InternalResult.AdviceTaken);
    }

    private StageResult Refund(ref Transaction transaction, in AccountEntry account, long amount)
    {
        var slot = -1;
        switch (_authorizations.MatchAnswer(ref transaction, out var number))
        {
            case OriginalMatch.Ambiguous: return transaction.Conclude(InternalResult.OriginalAmbiguous);
            case OriginalMatch.OtherCard: return transaction.Conclude(InternalResult.OriginalOfOtherCard);
            case OriginalMatch.One: break;
            default:
                slot = _authorizations.FindByCode(in transaction);
                if (slot == -2) return transaction.Conclude(InternalResult.OriginalAmbiguous);
                if (slot == -1) return transaction.Conclude(InternalResult.OriginalUnknown);
                break;
        }

        return RefundOf(ref transaction, in account, number, slot, amount);
    }

    /// <summary>Refunds an answer, or the captures of an authorization where a slot is named.</summary>
    private StageResult RefundOf(ref Transaction transaction, in AccountEntry account, long number, int slot, long amount)
    {
        var left = number != 0 ? Captured(number, ref slot) : state.Holds[slot].CapturedMinor;
        if (left < 0) return transaction.Conclude(InternalResult.NotRefundable);
        var isCompletion = number != 0 && state.Keys.Entries[number].Effect == EffectKind.Completed;
        var share = new Share(state, number, slot, account.Currency, left, isCompletion ? state.Steps[state.Keys.Entries[number].Undo].LedgerMinor : left);
        var isForeign = transaction.Operation != Operation.Void && share.Currency != transaction.Request.Currency;
        if (isForeign) return transaction.Conclude(InternalResult.BadCurrency);
        if (!share.TryRefund(amount, out var billed, out var charges)) return transaction.Conclude(InternalResult.RefundAboveCaptured);
        if (account.LedgerMinor > AccountTable.BalanceMinorMax - billed) return transaction.Conclude(InternalResult.BadAmount);
        transaction.Charge(share.IsCharged, in charges);
        if (!_billing.HasRoom(in transaction, share.Currency)) return transaction.RefuseAndAlarm(InternalResult.TableFull);
        ref var decided = ref transaction.Decided;
        // As without a name: the money comes with the financial message.
        if (transaction.Operation == Operation.Void || Mtis.KindOf(decided.Request.Mti) is MessageKind.Financial or MessageKind.FinancialAdvice)
        {
            decided.Effect = EffectKind.Refunded;
            decided.Hold = slot;
            decided.OriginalKey = slot < 0 ? number : 0;
            decided.LedgerDelta = billed;
        }

        return transaction.Approve();
    }

    /// <summary>What is left to be refunded of an answer; -1 when it took no money. A completion's money is its authorization's.</summary>
    private long Captured(long number, ref int slot)
    {
        slot = -1;
        ref readonly var answer = ref state.Keys.Entries[number];
        if (answer.Effect == EffectKind.Posted) return answer.Undo;
        if (answer.Effect == EffectKind.Completed)
        {
            ref readonly var step = ref state.Steps[answer.Undo];
            slot = step.Hold;
            return state.Holds.IsOf(step.Hold, step.Key) ? Math.Min(step.LedgerMinor, state.Holds[slot].CapturedMinor) : 0;
        }

        slot = answer.Effect == EffectKind.HoldOpened ? (int)answer.Undo : -1;
        return slot >= 0 && state.Holds.IsOf(slot, number) && state.Holds[slot].CapturedMinor > 0 ? state.Holds[slot].CapturedMinor : -1;
    }

    /// <summary>A merchant's one verb: before the cut-over the original is undone, after it what was posted is refunded.</summary>
    private StageResult Void(ref Transaction transaction, in AccountEntry account)
    {
        var reversal = new Reversal(state);
        var match = _authorizations.MatchAnswer(ref transaction, out var number);
        if (match != OriginalMatch.One || number >= state.Keys.Entries.TodayFirst || Mutant.Is(Mutation.VoidIgnoresCutOver))
        {
            return reversal.Run(ref transaction, default);
        }

        ref readonly var answer = ref state.Keys.Entries[number];
        var isRefund = answer.Status != KeyStatus.Reversed && answer.Effect is EffectKind.Posted or EffectKind.Completed;
        if (!isRefund) return reversal.Run(ref transaction, default);
        var slot = -1;
        var left = Captured(number, ref slot);
        return left == 0 ? transaction.Conclude(InternalResult.AlreadyReversed) : RefundOf(ref transaction, in account, number, slot, All);
    }
}
