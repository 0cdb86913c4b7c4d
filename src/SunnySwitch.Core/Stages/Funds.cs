using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>
/// The account, and the approval. Gives 13 (not the account's currency: conversion comes later; a refund that no account could
/// hold), 51, 25 (an increment of nothing), 96 (no more holds, steps, or balances to be remembered; a non-answer), 10 for a part where the
/// terminal takes it, and 00: a hold for an authorization, more of it for an increment, a posting for a financial request, a credit for a
/// refund by one, the balances for an inquiry.
/// </summary>
internal readonly struct Funds(SwitchState state) : IStage
{
    /// <summary>Six base-36 digits.</summary>
    public const long ApprovalCodes = 36L * 36 * 36 * 36 * 36 * 36;

    private readonly Authorizations _authorizations = new(state);

    public StageResult Run(ref Transaction transaction, Instant now)
    {
        ref readonly var account = ref state.Accounts[transaction.Decided.Account];
        transaction.Look(in account);
        var operation = transaction.Operation;
        if (operation == Operation.Inquiry) return Tell(ref transaction);
        if (account.Currency != transaction.Request.Currency) return transaction.Conclude(InternalResult.BadCurrency);
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
        var amount = transaction.Request.AmountMinor;
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
        var hasFunds = account.AvailableMinor >= transaction.Request.AmountMinor || Mutant.Is(Mutation.IncrementWithoutFunds);
        if (!hasFunds) return transaction.Conclude(InternalResult.InsufficientFunds);
        if (state.Steps.IsFull) return transaction.RefuseAndAlarm(InternalResult.TableFull);
        transaction.Raise(slot, state.Terms.HoldDays(in transaction));
        return transaction.Approve();
    }

    // Only where the terminal can go on with less, and only goods: cash is all or nothing.
    private bool MayTakePart(in Transaction transaction, in AccountEntry account) =>
        (transaction.Operation == Operation.Purchase || Mutant.Is(Mutation.PartOfCash))
        && (transaction.Decided.Request.Has & RequestHas.PartialOk) != 0 && account.AvailableMinor > 0
        && state.Terms.ApprovesParts(in transaction);

    // A refund that is only authorized moves nothing: the money comes with its financial message.
    private static StageResult Credit(ref Transaction transaction, in AccountEntry account)
    {
        var amount = transaction.Request.AmountMinor;
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
