using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>
/// The account, and the approval. Gives 13 (no rate to the account's currency; a refund that no account could
/// hold), 51, 25 (an increment of nothing), 96 (no more holds, steps, or balances to be remembered; a non-answer), 10 for a part where the
/// terminal takes it, and 00: a hold for an authorization, more of it for an increment, a posting for a financial request, a credit for a
/// refund by one, the balances for an inquiry.
/// </summary>
internal readonly struct Funds(SwitchState state) : IStage
{
    /// <summary>Six base-36 digits.</summary>
    public const long ApprovalCodes = 36L * 36 * 36 * 36 * 36 * 36;

    private readonly Authorizations _authorizations = new(state);
    private readonly Billing _billing = new(state);

    public StageResult Run(ref Transaction transaction, Instant now)
    {
        ref readonly var account = ref state.Accounts[transaction.Decided.Account];
        transaction.Look(in account);
        var operation = transaction.Operation;
        if (operation == Operation.Inquiry) return Tell(ref transaction);
        return operation switch
        {
            Operation.Verification => transaction.Approve(),
            Operation.Refund => Credit(ref transaction, in account),
            Operation.Increment => Raise(ref transaction, in account),
            _ => Take(ref transaction, in account),
        };
    }

    private StageResult Take(ref Transaction transaction, in AccountEntry account)
    {
        if (!_billing.TryTake(ref transaction, in account, out var amount)) return StageResult.Answer;
        var isPart = account.AvailableMinor < amount;
        if (isPart && !MayTakePart(in transaction, in account)) return transaction.Conclude(InternalResult.InsufficientFunds);
        if (isPart && state.Balances.IsFull) return transaction.RefuseAndAlarm(InternalResult.TableFull);
        if (isPart) amount = account.AvailableMinor;
        if (IsFinancial(in transaction))
        {
            transaction.Decided.Effect = EffectKind.Posted;
            transaction.Decided.LedgerDelta = -amount;
        }
        else
        {
            if (state.Holds.IsFull) return transaction.RefuseAndAlarm(InternalResult.TableFull);
            transaction.Hold(state.Holds.NextSlot, amount, state.Terms.HoldDays(in transaction));
        }

        return transaction.Approve(isPart ? InternalResult.ApprovedInPart : InternalResult.Approved);
    }

    private StageResult Raise(ref Transaction transaction, in AccountEntry account)
    {
        if (!_authorizations.TryFindOpen(ref transaction, out var slot, out var problem)) return transaction.Conclude(problem);
        if (!_billing.TryTake(ref transaction, in account, in state.Holds[slot], out var amount)) return StageResult.Answer;
        var hasFunds = account.AvailableMinor >= amount || Mutant.Is(Mutation.IncrementWithoutFunds);
        if (!hasFunds) return transaction.Conclude(InternalResult.InsufficientFunds);
        if (state.Steps.IsFull) return transaction.RefuseAndAlarm(InternalResult.TableFull);
        transaction.Raise(slot, amount, state.Terms.HoldDays(in transaction));
        return transaction.Approve();
    }

    // Only where the terminal can go on with less, and only goods, without a fee and in the account's currency: the rest is all or nothing.
    private bool MayTakePart(in Transaction transaction, in AccountEntry account) =>
        (transaction.Operation == Operation.Purchase || Mutant.Is(Mutation.PartOfCash))
        && (transaction.Decided.Request.Has & (RequestHas.PartialOk | RequestHas.Charged)) == RequestHas.PartialOk && account.AvailableMinor > 0
        && state.Terms.ApprovesParts(in transaction);

    // A refund that is only authorized moves nothing: the money comes with its financial message.
    private StageResult Credit(ref Transaction transaction, in AccountEntry account)
    {
        if (!_billing.TryGive(ref transaction, in account, out var amount)) return StageResult.Answer;
        if (account.LedgerMinor > AccountTable.BalanceMinorMax - amount) return transaction.Conclude(InternalResult.BadAmount);
        if (IsFinancial(in transaction))
        {
            transaction.Decided.Effect = EffectKind.Credited;
            transaction.Decided.LedgerDelta = amount;
        }

        return transaction.Approve();
    }

    private StageResult Tell(ref Transaction transaction)
    {
        if (state.Balances.IsFull) return transaction.RefuseAndAlarm(InternalResult.TableFull);
        transaction.Decided.Effect = EffectKind.BalancesTold;
        return transaction.Approve();
    }

    private static bool IsFinancial(in Transaction transaction) => Mtis.KindOf(transaction.Decided.Request.Mti) == MessageKind.Financial;
}
