using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>
/// What an amount and its fee are at the card's account. Gives 13: a currency without a rate to the account's, a fee that eats the amount up,
/// an amount that comes out as nothing or as too much; 96 when no more can be remembered, or booked.
/// </summary>
internal readonly struct Billing(SwitchState state)
{
    /// <summary>Minor units that the rounding of several captures may come to.</summary>
    public const long RoundingMinor = 2;

    /// <summary>Takes: the amount and the fee.</summary>
    public bool TryTake(ref Transaction transaction, in AccountEntry account, out long billedMinor) =>
        TryBill(ref transaction, in account, transaction.Request.AmountMinor, Fee(in transaction), default, out billedMinor);

    /// <summary>Gives: the amount, and no fee.</summary>
    public bool TryGive(ref Transaction transaction, in AccountEntry account, out long billedMinor)
    {
        var isGood = TryBill(ref transaction, in account, transaction.Request.AmountMinor, 0, default, out billedMinor);
        transaction.Charges.SettledMinor = -transaction.Charges.SettledMinor;
        return isGood;
    }

    /// <summary>Takes more for an authorization, or captures it: in its currency, at its rate.</summary>
    public bool TryTake(ref Transaction transaction, in AccountEntry account, in HoldEntry hold, out long billedMinor)
    {
        billedMinor = 0;
        var isSame = (hold.Currency == 0 ? account.Currency : hold.Currency) == transaction.Request.Currency;
        var rate = Mutant.Is(Mutation.RateOfToday) ? default : hold.Rate;
        if (isSame) return TryBill(ref transaction, in account, transaction.Request.AmountMinor, Fee(in transaction), rate, out billedMinor);
        transaction.Conclude(InternalResult.BadCurrency);
        return false;
    }

    private static long Fee(in Transaction transaction) => (transaction.Decided.Request.Has & RequestHas.Fee) != 0 ? transaction.Charges.FeeMinor : 0;

    private bool TryBill(ref Transaction transaction, in AccountEntry account, long amountMinor, long feeMinor, Rate rate, out long billedMinor)
    {
        var currency = transaction.Request.Currency;
        billedMinor = amountMinor + feeMinor;
        transaction.Charges = new Charges { SettledMinor = amountMinor, FeeMinor = feeMinor, Currency = currency };
        var isGood = billedMinor > 0;
        if (currency != account.Currency)
        {
            transaction.Charges.Rate = rate.Packed != 0 ? rate : state.RateVersions.Active.Find(currency, account.Currency);
            if (transaction.Charges.Rate.Packed == 0)
            {
                transaction.Conclude(InternalResult.BadCurrency);
                return false;
            }

            isGood = isGood && transaction.Charges.Rate.TryConvert(billedMinor, currency, account.Currency, out billedMinor)
                && billedMinor is > 0 and <= KeyEntry.UndoMax;
        }

        if (!isGood)
        {
            transaction.Conclude(InternalResult.BadAmount);
            return false;
        }

        if (transaction.Charges.Rate.Packed != 0 || feeMinor != 0) transaction.Request.Has |= RequestHas.Charged;
        if (HasRoom(in transaction, currency)) return true;
        transaction.RefuseAndAlarm(InternalResult.TableFull);
        return false;
    }

    /// <summary>
    /// True if what moves can be booked and remembered: what has neither fee nor rate needs the acquirer's own account and no more.
    /// </summary>
    public bool HasRoom(in Transaction transaction, ushort currency)
    {
        if ((transaction.Request.Has & RequestHas.Charged) == 0) return state.Contra.HasRoomFor(transaction.Decided.Request.Acquirer, currency);
        return !state.Contra.IsFull && !state.Charges.IsFull && !(transaction.Charges.Rate.Packed != 0 && state.Balances.IsFull);
    }
}
