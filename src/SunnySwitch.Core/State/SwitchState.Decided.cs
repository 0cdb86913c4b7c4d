using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <content>What a decision does, and what time does to holds.</content>
public sealed partial class SwitchState
{
    private void ApplyDecided(ushort version, Instant time, ReadOnlySpan<byte> payload)
    {
        if (version is 0 or > Decided.Version) Unknown(JournalKind.Decided, version);
        Must.Hold(Decided.TryRead(version, payload, out var decided, out var original, out var charges));
        if (version > 1) _hasContra = true;
        ApplyDecided(in decided, in original, in charges, time);
    }

    private void ApplyDecided(in Decided decided, in OriginalData original, in Charges charges, Instant time)
    {
        var entry = new KeyEntry
        {
            Primary = decided.Request.KeyPrimary,
            Rest = decided.Request.KeyRest,
            Fingerprint = decided.Request.Fingerprint,
            ApprovalCode = decided.ApprovalCode,
            Card = decided.Card,
            Code = decided.Code,
            Effect = decided.Effect,
            Status = decided.IsApproval ? KeyStatus.Approved : KeyStatus.Declined,
        };
        switch (decided.Effect)
        {
            case EffectKind.None:
                break;
            case EffectKind.HoldOpened:
                ApplyHold(in decided, in charges);
                entry.Undo = decided.Hold;
                break;
            case EffectKind.Posted:
                Must.Hold(decided.LedgerDelta < 0 && decided.HeldDelta == 0);
                Accounts.Move(decided.Account, 0, decided.LedgerDelta, decided.IsAdvice);
                entry.Undo = -decided.LedgerDelta;
                break;
            case EffectKind.Credited:
                Must.Hold(decided.LedgerDelta > 0 && decided.HeldDelta == 0);
                Accounts.Move(decided.Account, 0, decided.LedgerDelta);
                entry.Undo = decided.LedgerDelta;
                break;
            case EffectKind.BalancesTold:
                Must.Hold((decided.HeldDelta | decided.LedgerDelta) == 0);
                entry.Undo = Balances.NextNumber;
                Balances.Append(new BalanceEntry
                {
                    Primary = decided.Request.KeyPrimary,
                    AvailableMinor = decided.Explanation.AvailableMinor,
                    LedgerMinor = decided.Explanation.LedgerMinor,
                    Currency = decided.Explanation.Currency,
                });
                break;
            case EffectKind.Increased or EffectKind.Completed or EffectKind.Refunded:
                entry.Undo = ApplyStep(in decided, in charges);
                break;
            case EffectKind.Released:
                ApplyReleased(in decided);
                break;
            case EffectKind.Reversed:
                ApplyReversed(in decided, in original, in charges);
                break;
            case EffectKind.TombstoneSet:
                Must.Hold((decided.Request.Has & RequestHas.Original) != 0);
                if (Mutant.Is(Mutation.ForgetTombstone)) break;
                Tombstones.Add(original.KeyPrimary, decided.Link, decided.Card);
                break;
            default:
                throw new StopToProtectDataException($"journal: unknown effect {(int)decided.Effect}");
        }

        if (decided.LedgerDelta != 0) ApplyContra(in decided, in charges);
        if (decided.Code == ResponseCode.ApprovedInPart) RememberPart(in decided);
        if (decided.IsBilled(in charges)) RememberBilled(in decided, in charges);
        if (decided.Request.PinTries >= 0) Cards.SetPinTries(decided.Request.Pan, decided.Request.PinTries);
        TakeCounters(in decided);
        if (decided.Request.Address != AddressMatch.NotAsked || decided.AuthenticationTold != SecurityVerdict.NotChecked) RememberTold(in decided);
        if (decided.Explanation.Counted != 0) Velocity.Count(in decided, _day, time, Keys.Entries.NextNumber);

        Keys.Entries.Append(in entry);
    }

    /// <summary>What a chip and a device have counted is used up.</summary>
    private void TakeCounters(in Decided decided)
    {
        if (decided.Proof.Has(ProofFlags.Moves)) ChipCounters.Set(ChipCounterEntry.After(in decided));
        if (!decided.Serial.Has(SerialFlags.Moves) || Mutant.Is(Mutation.SerialForgotten)) return;
        if (Mutant.Is(Mutation.SerialOfDeclineIsFree) && !decided.IsApproval) return;
        DeviceSerials.Set(DeviceSerialEntry.Of(in decided.Serial));
    }

    /// <summary>The other side of what moved at the card's account: with it, each currency sums to zero.</summary>
    private void ApplyContra(in Decided decided, in Charges charges)
    {
        var currency = Accounts[decided.Account].Currency;
        var acquirer = decided.Request.Acquirer;
        if (!_hasContra)
        {
            Contra.Add(ContraKind.Funding, default, currency, -decided.LedgerDelta);
            return;
        }

        if ((decided.Request.Has & RequestHas.Charged) == 0)
        {
            Contra.Add(ContraKind.Settlement, acquirer, currency, -decided.LedgerDelta);
            return;
        }

        var total = checked(charges.SettledMinor + charges.FeeMinor);
        Contra.Add(ContraKind.Settlement, acquirer, charges.Currency, charges.SettledMinor);
        Contra.Add(ContraKind.Fees, acquirer, charges.Currency, charges.FeeMinor);
        if (charges.Rate.Packed == 0)
        {
            Must.Hold(charges.Currency == currency && total == -decided.LedgerDelta);
        }
        else
        {
            Must.Hold(charges.Currency != currency);
            Contra.Add(ContraKind.Exchange, default, currency, -decided.LedgerDelta);
            Contra.Add(ContraKind.Exchange, default, charges.Currency, -total);
        }

        if (decided.Effect == EffectKind.Reversed) Uncharge(decided.OriginalKey, in charges);
        else Remember(in charges);
    }

    private void Remember(in Charges charges) => Charges.Append(new ChargeEntry
    {
        Primary = ChargeEntry.PrimaryOf(Keys.Entries.NextNumber),
        Rate = charges.Rate,
        SettledMinor = charges.SettledMinor,
        FeeMinor = charges.FeeMinor,
        Currency = charges.Currency,
    });

    /// <summary>Takes from what is left of an answer's charges: a reversal or refund, or gives back: a refund undone.</summary>
    private void Uncharge(long key, in Charges charges)
    {
        var number = ChargeOf(key);
        Must.Hold(number != 0);
        var left = Charges[number];
        left.SettledMinor = checked(left.SettledMinor + charges.SettledMinor);
        left.FeeMinor = checked(left.FeeMinor + charges.FeeMinor);
        Charges.Replace(number, in left);
    }

    /// <summary>Number of the charges of an answer; 0 when it has none.</summary>
    internal long ChargeOf(long key) => Charges.Live == 0 ? 0 : Charges.Find(ChargeEntry.PrimaryOf(key));

    private void ApplyHold(in Decided decided, in Charges charges)
    {
        Must.Hold(decided.LedgerDelta == 0);
        var hold = new HoldEntry
        {
            AmountMinor = decided.HeldDelta,
            AuthorizedMinor = decided.HeldDelta,
            Key = Keys.Entries.NextNumber,
            Account = decided.Account,
            Card = decided.Card,
            Status = HoldStatus.Open,
        };
        if (decided.HoldDays > 0)                            // Version 1 had no such thing: holds ended with a reversal only.
        {
            hold.Expires = (ushort)(_day + decided.HoldDays);
            hold.ApprovalCode = CodeOf(in decided);
            hold.Acquirer = decided.Request.Acquirer;
            hold.IsForeign = decided.IsAdvice ? (byte)1 : (byte)0;
            hold.Category = decided.Request.MerchantCategory;
            hold.Currency = decided.Request.Currency;
            if ((decided.Request.Has & RequestHas.Charged) != 0) hold.Rate = charges.Rate;
        }

        Holds.Open(decided.Hold, in hold);
        Accounts.Move(decided.Account, decided.HeldDelta, 0, decided.IsAdvice);
        if (Mutant.Is(Mutation.HoldTwice)) Accounts.Move(decided.Account, decided.HeldDelta, 0);
    }

    // A code that is told a second time, of the same card by the same acquirer, stays the first's: no chain of the index is one code long.
    private uint CodeOf(in Decided decided)
    {
        if (decided.ApprovalCode == Decided.NoApprovalCode) return 0;
        var isTaken = decided.IsAdvice && Holds.Find(decided.Card, decided.ApprovalCode, decided.Request.Acquirer) != -1;
        return isTaken ? 0 : decided.ApprovalCode;
    }

    /// <summary>What belongs to an earlier transaction; returns the number of its step.</summary>
    private long ApplyStep(in Decided decided, in Charges charges)
    {
        var step = new StepEntry { Primary = decided.Request.KeyPrimary, Hold = decided.Hold };
        if (decided.Hold >= 0)
        {
            ref readonly var hold = ref Holds[decided.Hold];
            Must.Hold(hold.Status != HoldStatus.Free && hold.Account == decided.Account && hold.Card == decided.Card);
            step.Key = hold.Key;
        }

        switch (decided.Effect)
        {
            case EffectKind.Increased:
                Must.Hold(decided.LedgerDelta == 0);
                Holds.Raise(decided.Hold, step.Key, decided.HeldDelta, _day + decided.HoldDays);
                step.HeldMinor = decided.HeldDelta;
                break;
            case EffectKind.Completed:
                var isFinal = (decided.Request.Has & RequestHas.MoreFollow) == 0;
                Holds.Capture(decided.Hold, step.Key, -decided.LedgerDelta, -decided.HeldDelta, isFinal, _day);
                (step.HeldMinor, step.LedgerMinor, step.IsFinal) = (-decided.HeldDelta, -decided.LedgerDelta, isFinal ? (byte)1 : (byte)0);
                break;
            default:
                Must.Hold(decided.LedgerDelta > 0 && decided.HeldDelta == 0);
                if (decided.Hold >= 0) Holds.Refund(decided.Hold, step.Key, decided.LedgerDelta);
                else AddToPosting(step.Key = decided.OriginalKey, -decided.LedgerDelta, in charges);
                step.LedgerMinor = decided.LedgerDelta;
                break;
        }

        Accounts.Move(decided.Account, decided.HeldDelta, decided.LedgerDelta, decided.IsAdvice);
        Steps.Append(in step);
        return Steps.NextNumber - 1;
    }

    /// <summary>A refund takes from what a purchase still has booked; a refund undone gives it back.</summary>
    private void AddToPosting(long key, long amountMinor, in Charges charges)
    {
        Must.Hold(Keys.Entries.IsLive(key));
        var posting = Keys.Entries[key];
        Must.Hold(posting.Effect == EffectKind.Posted);
        if (ChargeOf(key) != 0) Uncharge(key, in charges);
        posting.Undo += amountMinor;
        posting.Status = posting.Undo > 0 ? KeyStatus.PartlyReversed : KeyStatus.Reversed;
        Keys.Entries.Replace(key, in posting);
    }

    private void ApplyReleased(in Decided decided)
    {
        ref readonly var hold = ref Holds[decided.Hold];
        Must.Hold(hold.Account == decided.Account && hold.Card == decided.Card && decided.LedgerDelta == 0);
        Must.Hold(!Keys.Entries.IsLive(hold.Key));
        Holds.Lower(decided.Hold, hold.Key, -decided.HeldDelta, ends: true, _day);
        Accounts.Move(decided.Account, decided.HeldDelta, 0);
    }

    private void ApplyReversed(in Decided decided, in OriginalData named, in Charges charges)
    {
        Must.Hold(Keys.Entries.IsLive(decided.OriginalKey));
        var original = Keys.Entries[decided.OriginalKey];
        Must.Hold(original.Status != KeyStatus.Reversed || original.Effect == EffectKind.Completed);      // Money goes back once.
        Must.Hold(original.Card == decided.Card);
        var isWhole = (decided.Request.Has & RequestHas.Replacement) == 0 || named.ReplacementMinor == 0;
        var (stays, captured) = (0L, CapturedOf(in decided, in original, isWhole ? 0 : named.ReplacementMinor));
        switch (original.Effect)
        {
            case EffectKind.HoldOpened:
                Must.Hold(original.Undo == decided.Hold && decided.LedgerDelta == 0);
                Must.Hold(Holds[decided.Hold].Account == decided.Account);
                stays = Holds.Lower(decided.Hold, decided.OriginalKey, -decided.HeldDelta, ends: true, _day);
                break;
            case EffectKind.Posted:
                stays = original.Undo - decided.LedgerDelta;
                Must.Hold(decided.LedgerDelta > 0 && decided.HeldDelta == 0);
                original.Undo = stays;
                break;
            case EffectKind.Credited:
                stays = original.Undo + decided.LedgerDelta;
                Must.Hold(decided.LedgerDelta < 0 && decided.HeldDelta == 0 && stays >= 0);
                original.Undo = stays;
                break;
            case EffectKind.Increased or EffectKind.Completed or EffectKind.Refunded:
                UndoStep(in decided, in charges, original.Effect, original.Undo, isWhole);
                stays = isWhole ? 0 : 1;
                break;
            default:
                Must.Hold((decided.HeldDelta | decided.LedgerDelta) == 0);       // A declined original moved nothing.
                break;
        }

        // A refund that is undone is taken back also where it was spent since, and a completion undone holds again what it had held.
        var mayOverdraw = original.Effect is EffectKind.Credited or EffectKind.Refunded or EffectKind.Completed;
        if (decided.Account >= 0) Accounts.Move(decided.Account, decided.HeldDelta, decided.LedgerDelta, mayOverdraw);
        original.Status = stays > 0 ? KeyStatus.PartlyReversed : KeyStatus.Reversed;
        var countedOn = decided.OriginalKey >= Keys.Entries.TodayFirst ? _day : _previousDay;
        Velocity.GiveBack(decided.OriginalKey, countedOn, stays + captured == 0 ? 0 : named.ReplacementMinor + captured);
        Keys.Entries.Replace(decided.OriginalKey, in original);
    }

    /// <summary>
    /// What was captured of what is undone: it stays spent, also for limits. Where it was in another currency nobody knows what it was there.
    /// </summary>
    private long CapturedOf(in Decided decided, in KeyEntry original, long staysMinor)
    {
        if (original.Effect is not (EffectKind.HoldOpened or EffectKind.Increased)) return 0;
        ref readonly var hold = ref Holds[decided.Hold];
        var captured = original.Effect == EffectKind.HoldOpened || hold.CapturedMinor == 0
            ? hold.CapturedMinor
            : Math.Max(0, Steps[original.Undo].HeldMinor + decided.HeldDelta - staysMinor);
        return captured > 0 && hold.Rate.Packed != 0 ? KeyEntry.UndoMax : captured;
    }

    private void UndoStep(in Decided decided, in Charges charges, EffectKind effect, long number, bool isWhole)
    {
        Must.Hold(Steps.IsLive(number));
        var step = Steps[number];
        Must.Hold(step.Hold == decided.Hold);
        switch (effect)
        {
            case EffectKind.Increased:
                Must.Hold(decided.LedgerDelta == 0 && -decided.HeldDelta <= step.HeldMinor);
                Holds.Lower(step.Hold, step.Key, -decided.HeldDelta, ends: false, _day);
                step.HeldMinor += decided.HeldDelta;
                break;
            case EffectKind.Completed:
                Must.Hold(decided.HeldDelta >= 0 && decided.HeldDelta <= step.HeldMinor && decided.LedgerDelta <= step.LedgerMinor);
                var reopens = isWhole && step.IsFinal != 0 && !Mutant.Is(Mutation.CompletionStaysDone);
                Holds.Uncapture(step.Hold, step.Key, decided.LedgerDelta, decided.HeldDelta, reopens);
                (step.HeldMinor, step.LedgerMinor) = (step.HeldMinor - decided.HeldDelta, step.LedgerMinor - decided.LedgerDelta);
                break;
            default:
                Must.Hold(decided.HeldDelta == 0 && decided.LedgerDelta < 0 && -decided.LedgerDelta <= step.LedgerMinor);
                // What it was a refund of may be over by now; then nothing can be refunded of it again.
                if (Mutant.Is(Mutation.RefundUndoneIsLost)) { }
                else if (step.Hold >= 0 && Holds.IsOf(step.Hold, step.Key)) Holds.Refund(step.Hold, step.Key, decided.LedgerDelta);
                else if (step.Hold < 0 && Keys.Entries.IsLive(step.Key)) AddToPosting(step.Key, -decided.LedgerDelta, in charges);
                step.LedgerMinor += decided.LedgerDelta;
                break;
        }

        Steps.Replace(number, in step);
    }

    /// <summary>A repeat of a partial approval is told the same amounts.</summary>
    private void RememberPart(in Decided decided) => Balances.Append(new BalanceEntry
    {
        Primary = PartOf(Keys.Entries.NextNumber),
        AvailableMinor = decided.CountedMinor,
        LedgerMinor = decided.Request.AmountMinor,
        Currency = decided.Request.Currency,
    });

    /// <summary>A repeat of an answer in another currency is told the same amount and rate.</summary>
    private void RememberBilled(in Decided decided, in Charges charges) => Balances.Append(new BalanceEntry
    {
        Primary = PartOf(Keys.Entries.NextNumber),
        AvailableMinor = decided.BilledMinor,
        LedgerMinor = charges.Rate.Packed,
        Currency = decided.Explanation.Currency,
    });

    /// <summary>A repeat of an answer that compared an address, or told how a proof was verified, is told the same.</summary>
    private void RememberTold(in Decided decided) => Balances.Append(new BalanceEntry
    {
        Primary = AddressOf(Keys.Entries.NextNumber),
        Currency = (ushort)((int)decided.Request.Address | ((int)decided.AuthenticationTold << AuthenticationShift)),
    });

    /// <summary>What an answer told of an address, and of an authentication's proof.</summary>
    internal (AddressMatch Address, SecurityVerdict Authentication) ToldBy(long key)
    {
        var number = Balances.Live == 0 ? 0 : Balances.Find(AddressOf(key));
        if (number == 0) return default;
        int told = Balances[number].Currency;
        return ((AddressMatch)(told & ((1 << AuthenticationShift) - 1)), (SecurityVerdict)(told >> AuthenticationShift));
    }

    /// <summary>What an answer told of its bill; false when it told nothing.</summary>
    internal bool TryFindBilled(long key, out long billedMinor, out Rate rate, out ushort currency)
    {
        (billedMinor, rate, currency) = (0, default, 0);
        var number = Balances.Live == 0 ? 0 : Balances.Find(PartOf(key));
        if (number == 0) return false;
        ref readonly var told = ref Balances[number];
        (billedMinor, rate, currency) = (told.AvailableMinor, new Rate((uint)told.LedgerMinor), told.Currency);
        return true;
    }

    /// <summary>What was approved of an answer that approved a part.</summary>
    internal long ApprovedPartOf(long key)
    {
        var number = Balances.Find(PartOf(key));
        Must.Hold(number != 0);
        return Balances[number].AvailableMinor;
    }

    // Above the four bits of an address.
    private const int AuthenticationShift = 8;

    private static ulong AddressOf(long key)
    {
        var mix = new Mix(AddressDomain);
        mix.Add((ulong)key, 44);
        return mix.Finish64();
    }

    private static ulong PartOf(long key)
    {
        var mix = new Mix(PartDomain);
        mix.Add((ulong)key, 10);
        return mix.Finish64();
    }

    /// <summary>
    /// Holds whose time is over, and completed ones that nothing can name any more: the next few of them, from a slot on.
    /// </summary>
    /// <param name="cursor">Where to begin, 0 at first; where to go on afterwards, or -1 at the end.</param>
    /// <param name="looksMax">Most slots to look at.</param>
    /// <param name="over">Gets them.</param>
    public void FindOver(ref int cursor, int looksMax, ref HoldsExpired over)
    {
        for (; looksMax > 0 && over.Count < HoldsExpired.Max; looksMax--)
        {
            if (cursor >= Holds.SlotsUsed)
            {
                cursor = -1;
                return;
            }

            var slot = cursor++;
            ref readonly var hold = ref Holds[slot];
            if (!IsOver(in hold)) continue;
            over.Items[over.Count++] = new ExpiredHold { Hold = slot, Account = hold.Account, Key = hold.Key, AmountMinor = hold.AmountMinor };
        }
    }

    /// <summary>True once its time is over, swept or not. A hold of version 1 has no time of its own: it ends with its answer.</summary>
    internal bool IsOver(in HoldEntry hold) => hold.Status switch
    {
        HoldStatus.Open => hold.Expires == 0 ? !Keys.Entries.IsLive(hold.Key) : hold.Expires <= _day,
        HoldStatus.Completed => hold.EndedOn < (Mutant.Is(Mutation.CompletedEndsEarly) ? _day : _previousDay),
        _ => false,
    };

    private void ApplyExpired(in HoldsExpired over)
    {
        Must.Hold(over.Count is > 0 and <= HoldsExpired.Max);
        foreach (ref readonly var item in ((ReadOnlySpan<ExpiredHold>)over.Items)[..over.Count])
        {
            ref readonly var hold = ref Holds[item.Hold];
            Must.Hold(IsOver(in hold) && hold.Account == item.Account && hold.AmountMinor == item.AmountMinor);
            Holds.Expire(item.Hold, item.Key, _day);
            if (item.AmountMinor > 0 && !Mutant.Is(Mutation.KeepExpiredMoney)) Accounts.Move(item.Account, -item.AmountMinor, 0);
        }
    }
}
