using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>
/// What is left of something that moved money, at the card's account and to the acquirer, and how a part of it is shared out: as it was when
/// it moved, to the nearest minor unit, so that the last part leaves nothing.
/// </summary>
internal readonly struct Share
{
    private readonly long _billed;
    private readonly Charges _left;
    private readonly ushort _account;

    /// <summary>True if it has a fee, or another currency than the account.</summary>
    public bool IsCharged { get; }

    /// <param name="state">Has the charges.</param>
    /// <param name="number">The answer; 0 for the captures of an authorization as a whole.</param>
    /// <param name="slot">Its authorization, or -1.</param>
    /// <param name="account">Currency of the account.</param>
    /// <param name="billedMinor">What is left at the account.</param>
    /// <param name="wholeMinor">What was left before refunds that did not name the answer itself.</param>
    public Share(SwitchState state, long number, int slot, ushort account, long billedMinor, long wholeMinor)
    {
        _billed = billedMinor;
        _left = new Charges { SettledMinor = billedMinor, Currency = account };
        var charge = number == 0 ? 0 : state.ChargeOf(number);
        if (charge != 0)
        {
            ref readonly var entry = ref state.Charges[charge];
            var charges = new Charges { SettledMinor = entry.SettledMinor, FeeMinor = entry.FeeMinor, Rate = entry.Rate, Currency = entry.Currency };
            // Not by its sign: of what gave a fee back and nothing else, the amount has none.
            var isGiven = state.Keys.Entries[number].Effect is EffectKind.Credited or EffectKind.Refunded;
            _left = isGiven ? charges.Opposite : charges;
            if (billedMinor < wholeMinor) _left = Scaled(in _left, billedMinor, wholeMinor);
            IsCharged = true;
        }
        else if (slot >= 0 && state.Holds[slot].Rate.Packed != 0)
        {
            // The captures as a whole: the most that comes to what was billed, at their rate.
            ref readonly var hold = ref state.Holds[slot];
            _account = account;
            _left.Rate = hold.Rate;
            _left.Currency = hold.Currency;
            _left.SettledMinor = Converted(billedMinor, hold.Rate, account, hold.Currency);
            IsCharged = true;
        }
    }

    /// <summary>What amounts of it are told in.</summary>
    public ushort Currency => _left.Currency;

    /// <summary>What is left of the amount, without its fee.</summary>
    public long AmountMinor => _left.SettledMinor;

    /// <summary>False when as much would stay as is left, or less than the fee that was given for it.</summary>
    public bool CanStay(long staysMinor) => staysMinor == 0 || (staysMinor > -_left.FeeMinor && staysMinor < AmountMinor);

    /// <summary>Of an amount down to what stays of it: what goes back at the account, and from the acquirer.</summary>
    public void Undo(long staysMinor, out long billedMinor, out Charges charges)
    {
        charges = _left;
        charges.SettledMinor = _left.SettledMinor - staysMinor;
        if (staysMinor == 0)
        {
            billedMinor = _billed;
            if (Mutant.Is(Mutation.FeeForgottenInReversal) && charges.Rate.Packed == 0) (charges.FeeMinor, billedMinor) = (0, _left.SettledMinor);
            return;
        }

        // The fee stays with what stays.
        charges.FeeMinor = 0;
        billedMinor = Part(charges.SettledMinor);
    }

    /// <summary>Refunds a part, or all with -1; false when it is more than is left. A fee goes back only with a void.</summary>
    public bool TryRefund(long amountMinor, out long billedMinor, out Charges charges)
    {
        charges = _left;
        billedMinor = _billed;
        var isAll = amountMinor < 0;
        if (!isAll)
        {
            // A fee that the acquirer gave lowered what there is to be refunded.
            var most = _left.SettledMinor + Math.Min(0, _left.FeeMinor);
            if (amountMinor > most && !Mutant.Is(Mutation.RefundWithoutBound)) return false;
            // An earlier part, of so little that no less could be billed for it, has taken all.
            if (_billed == 0 && !Mutant.Is(Mutation.RefundOfNothingLeft)) return false;
            charges.SettledMinor = amountMinor;
            charges.FeeMinor = 0;
            billedMinor = amountMinor == most && _left.FeeMinor <= 0 ? _billed : Part(amountMinor);
        }

        charges = charges.Opposite;
        return true;
    }

    private long Part(long amountMinor)
    {
        if (_account != 0) return _left.Rate.TryConvert(amountMinor, _left.Currency, _account, out var billed) ? Math.Clamp(billed, 1, _billed) : _billed;
        var total = (Int128)_left.SettledMinor + _left.FeeMinor;
        if (total == _billed) return amountMinor;
        // Never all of it while a part stays, and never nothing.
        var most = Mutant.Is(Mutation.PartLeavesNothing) ? _billed : _billed - 1;
        return (long)Int128.Clamp((((Int128)_billed * amountMinor) + (total / 2)) / total, 1, Math.Max(1, most));
    }

    private static Charges Scaled(in Charges charges, long part, long whole)
    {
        var scaled = charges;
        scaled.SettledMinor = Scaled(charges.SettledMinor, part, whole);
        scaled.FeeMinor = charges.Rate.Packed == 0 ? part - scaled.SettledMinor : Scaled(charges.FeeMinor, part, whole);
        return scaled;
    }

    // Halves away from zero, as conversion has it: a fee that was given is negative.
    private static long Scaled(long minor, long part, long whole)
    {
        var product = (Int128)minor * part;
        return (long)((product < 0 ? product - (whole / 2) : product + (whole / 2)) / whole);
    }

    // Against the rate: billed x 10^decimals / digits.
    private static long Converted(long minor, Rate rate, ushort from, ushort to)
    {
        var (low, high) = (0L, KeyEntry.UndoMax);
        while (low < high)
        {
            var middle = high - ((high - low) / 2);
            if (rate.TryConvert(middle, to, from, out var billed) && billed <= minor) low = middle;
            else high = middle - 1;
        }

        return low;
    }
}
