using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>
/// The account, and the approval. Gives 13 (not the account's currency: conversion comes later), 51, 96 (no more holds; a
/// non-answer) and 00: a hold for an authorization, a posting for a financial request.
/// </summary>
internal readonly struct Funds(SwitchState state) : IStage
{
    /// <summary>Six base-36 digits.</summary>
    public const long ApprovalCodes = 36L * 36 * 36 * 36 * 36 * 36;

    public StageResult Run(ref Transaction transaction, Instant now)
    {
        ref readonly var request = ref transaction.Request;
        ref readonly var account = ref state.Accounts[transaction.Decided.Account];
        if (account.Currency != request.Currency)
        {
            return transaction.Conclude(ResponseCodes.InvalidAmount, InternalResult.BadCurrency);
        }

        if (account.AvailableMinor < request.AmountMinor)
        {
            return transaction.Conclude(ResponseCodes.InsufficientFunds, InternalResult.InsufficientFunds);
        }

        if (Mtis.KindOf(request.Mti) == MessageKind.Financial)
        {
            transaction.Decided.Effect = EffectKind.Posted;
            transaction.Decided.LedgerDelta = -request.AmountMinor;
        }
        else
        {
            if (state.Holds.IsFull)
            {
                return transaction.RefuseAndAlarm(ResponseCodes.SystemMalfunction, InternalResult.TableFull);
            }

            transaction.Decided.Effect = EffectKind.HoldOpened;
            transaction.Decided.HeldDelta = request.AmountMinor;
            transaction.Decided.Hold = state.Holds.NextSlot;
        }

        transaction.Decided.ApprovalCode = (uint)(transaction.NextSequence % ApprovalCodes);
        return transaction.Conclude(ResponseCodes.Approved, InternalResult.Approved);
    }
}
