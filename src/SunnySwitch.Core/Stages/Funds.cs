using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>
/// The account, and the approval. Gives 13 (not the account's currency: conversion comes later; a refund that no account could
/// hold), 51, 96 (no more holds, or balances to be remembered; a non-answer) and 00: a hold for an authorization, a posting for
/// a financial request, a credit for a refund by one, the balances for an inquiry.
/// </summary>
internal readonly struct Funds(SwitchState state) : IStage
{
    /// <summary>Six base-36 digits.</summary>
    public const long ApprovalCodes = 36L * 36 * 36 * 36 * 36 * 36;

    public StageResult Run(ref Transaction transaction, Instant now)
    {
        ref readonly var account = ref state.Accounts[transaction.Decided.Account];
        transaction.Ran(Check.Account);
        transaction.Decided.Explanation.AvailableMinor = account.AvailableMinor;
        transaction.Decided.Explanation.LedgerMinor = account.LedgerMinor;
        transaction.Decided.Explanation.Currency = account.Currency;
        var operation = transaction.Operation;
        if (operation == Operation.Inquiry) return Tell(ref transaction);
        if (account.Currency != transaction.Request.Currency) return transaction.Conclude(InternalResult.BadCurrency);
        return operation switch
        {
            Operation.Verification => Approve(ref transaction),
            Operation.Refund => Credit(ref transaction, in account),
            _ => Take(ref transaction, in account),
        };
    }

    private StageResult Take(ref Transaction transaction, in AccountEntry account)
    {
        ref readonly var request = ref transaction.Request;
        if (account.AvailableMinor < request.AmountMinor) return transaction.Conclude(InternalResult.InsufficientFunds);
        if (IsFinancial(in transaction))
        {
            transaction.Decided.Effect = EffectKind.Posted;
            transaction.Decided.LedgerDelta = -request.AmountMinor;
        }
        else
        {
            if (state.Holds.IsFull) return transaction.RefuseAndAlarm(InternalResult.TableFull);
            transaction.Decided.Effect = EffectKind.HoldOpened;
            transaction.Decided.HeldDelta = request.AmountMinor;
            transaction.Decided.Hold = state.Holds.NextSlot;
        }

        return Approve(ref transaction);
    }

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

        return Approve(ref transaction);
    }

    private StageResult Tell(ref Transaction transaction)
    {
        if (state.Balances.IsFull) return transaction.RefuseAndAlarm(InternalResult.TableFull);
        transaction.Decided.Effect = EffectKind.BalancesTold;
        return Approve(ref transaction);
    }

    private static StageResult Approve(ref Transaction transaction)
    {
        transaction.Decided.ApprovalCode = (uint)(transaction.NextSequence % ApprovalCodes);
        return transaction.Conclude(InternalResult.Approved);
    }

    private static bool IsFinancial(in Transaction transaction) => Mtis.KindOf(transaction.Decided.Request.Mti) == MessageKind.Financial;
}
