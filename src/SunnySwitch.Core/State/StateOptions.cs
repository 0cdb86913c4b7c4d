namespace SunnySwitch.Core.State;

/// <summary>Sizes of the kernel's tables: taken and touched at start, never grown. A full table is an answer (96 and an alarm).</summary>
/// <param name="CardsMax">Cards; 64 bytes each at a load of at most 0.7.</param>
/// <param name="AccountsMax">Accounts; 32 bytes each.</param>
/// <param name="HoldsMax">Authorizations that hold money or were completed; 76 bytes each.</param>
/// <param name="DuplicateKeysMax">Answers remembered over two business dates; 52 bytes each, rounded up to a power of two.</param>
/// <param name="TombstonesMax">Reversals without original over two business dates; 28 bytes each, rounded likewise.</param>
/// <param name="ConnectionsMax">Connection slots; 12 bytes each.</param>
public sealed record StateOptions(
    int CardsMax, int AccountsMax, int HoldsMax, int DuplicateKeysMax, int TombstonesMax, int ConnectionsMax)
{
    /// <summary>Tombstones that one link may have, so that no link fills the table alone; default a quarter of all.</summary>
    public int TombstonesPerLinkMax { get; init; } = Math.Max(1, TombstonesMax / 4);

    /// <summary>Balances told over two business dates, remembered for repeats; 36 bytes each. Default an eighth of the answers, 1,024 at least.</summary>
    public int BalancesMax { get; init; } = Math.Max(1_024, DuplicateKeysMax / 8);

    /// <summary>Increments, completions and linked refunds over two business dates; 52 bytes each. Default a quarter of the answers, 1,024 at least.</summary>
    public int StepsMax { get; init; } = Math.Max(1_024, DuplicateKeysMax / 4);

    /// <summary>Postings with a fee or in another currency over two business dates; 44 bytes each. Default a quarter of the answers, 1,024 at least.</summary>
    public int ChargesMax { get; init; } = Math.Max(1_024, DuplicateKeysMax / 4);

    /// <summary>Contra-accounts: acquirers times currencies, twice with fees; 64 bytes each.</summary>
    public int ContraAccountsMax { get; init; } = 4_096;

    /// <summary>Subjects of limits by business date; 28 bytes each. Default a quarter of the answers, 1,024 at least.</summary>
    public int DayCountersMax { get; init; } = Math.Max(1_024, DuplicateKeysMax / 4);

    /// <summary>Subjects of limits with a sliding window; 116 bytes each. Default a sixteenth of the answers, 1,024 at least.</summary>
    public int SlidingCountersMax { get; init; } = Math.Max(1_024, DuplicateKeysMax / 16);

    /// <summary>Subjects of limits by week and month, over two months; 28 bytes each. Default a sixty-fourth of the answers, 1,024 at least.</summary>
    public int MonthCountersMax { get; init; } = Math.Max(1_024, DuplicateKeysMax / 64);

    /// <summary>Subjects of limits that count for ever; 28 bytes each. Default a sixty-fourth of the answers, 1,024 at least.</summary>
    public int LifeCountersMax { get; init; } = Math.Max(1_024, DuplicateKeysMax / 64);

    /// <summary>Merchants and terminals in the register; 96 bytes each, rounded up to a power of two.</summary>
    public int AcceptorsMax { get; init; } = 4_096;

    /// <summary>Payment orders that cardholders stopped; 96 bytes each, rounded likewise.</summary>
    public int StopsMax { get; init; } = 4_096;

    /// <summary>Versions of keys, retired ones included; 192 bytes each, rounded likewise.</summary>
    public int KeyNotesMax { get; init; } = 1_024;

    /// <summary>
    /// Chips (cards and their sequence numbers) that ever sent a right cryptogram; 32 bytes each, rounded up to a power of two. Default an
    /// eighth of the cards, 1,024 at least: an issuer whose cards all have chips says how many.
    /// </summary>
    public int ChipCountersMax { get; init; } = Math.Max(1_024, CardsMax / 8);

    /// <summary>
    /// Devices whose PINs came under keys of their own (DUKPT); 32 bytes each, rounded likewise. What an acquirer's base key can make up is without
    /// number: the table is for those that are there, with some to spare.
    /// </summary>
    public int DevicesMax { get; init; } = 4_096;

    /// <summary>Approved transactions that limits count; 76 bytes each. Default a quarter of the answers, 1,024 at least.</summary>
    public int ReceiptsMax { get; init; } = Math.Max(1_024, DuplicateKeysMax / 4);

    /// <summary>False: memory is taken as it is used, for a fold beside the switch.</summary>
    public bool TouchMemory { get; init; } = true;

    /// <summary>Sizes that an image just fits into, for a state that is only looked at.</summary>
    public static StateOptions For(in StateImage image)
    {
        static int AtLeast(long entries) => (int)Math.Max(1, entries);
        return new StateOptions(
            AtLeast(image.Cards), AtLeast(image.Accounts), AtLeast(image.HoldSlotsUsed), AtLeast(image.Keys.Next - image.Keys.LiveFirst),
            AtLeast(image.Tombstones.Next - image.Tombstones.LiveFirst), ConnectionsMax: 1_000_000)
        {
            BalancesMax = AtLeast(image.Balances.Live),
            StepsMax = AtLeast(image.Steps.Live),
            ChargesMax = AtLeast(image.Charges.Live),
            ContraAccountsMax = Math.Max(4_096, image.ContraAccounts),
            DayCountersMax = AtLeast(image.DayCounters.Live),
            SlidingCountersMax = AtLeast(image.SlidingCounters.Live),
            ReceiptsMax = AtLeast(image.Receipts.Live),
            MonthCountersMax = AtLeast(image.MonthCounters.Live),
            LifeCountersMax = AtLeast(image.LifeCounters),
            AcceptorsMax = AtLeast(image.Acceptors),
            StopsMax = AtLeast(image.Stops),
            KeyNotesMax = AtLeast(image.KeyNotes),
            ChipCountersMax = AtLeast(image.ChipCounters),
            DevicesMax = AtLeast(image.Devices),
            TouchMemory = false,
        };
    }

    /// <summary>Every problem at once; empty when the options are good.</summary>
    public IEnumerable<string> Problems()
    {
        if (CardsMax is < 1 or > 500_000_000) yield return $"CardsMax: 1 to 500000000, is {CardsMax}";
        if (AccountsMax is < 1 or > 1_000_000_000) yield return $"AccountsMax: 1 to 1000000000, is {AccountsMax}";
        if (HoldsMax is < 1 or > 1_000_000_000) yield return $"HoldsMax: 1 to 1000000000, is {HoldsMax}";
        if (DuplicateKeysMax is < 1 or > 1_000_000_000)
        {
            yield return $"DuplicateKeysMax: 1 to 1000000000, is {DuplicateKeysMax}";
        }

        if (TombstonesMax is < 1 or > 1_000_000_000) yield return $"TombstonesMax: 1 to 1000000000, is {TombstonesMax}";
        if (TombstonesPerLinkMax < 1) yield return $"TombstonesPerLinkMax: 1 or more, is {TombstonesPerLinkMax}";
        if (BalancesMax is < 1 or > 1_000_000_000) yield return $"BalancesMax: 1 to 1000000000, is {BalancesMax}";
        if (StepsMax is < 1 or > 1_000_000_000) yield return $"StepsMax: 1 to 1000000000, is {StepsMax}";
        if (ChargesMax is < 1 or > 1_000_000_000) yield return $"ChargesMax: 1 to 1000000000, is {ChargesMax}";
        if (ContraAccountsMax is < 8 or > 1_000_000) yield return $"ContraAccountsMax: 8 to 1000000, is {ContraAccountsMax}";
        if (DayCountersMax is < 1 or > 1_000_000_000) yield return $"DayCountersMax: 1 to 1000000000, is {DayCountersMax}";
        if (SlidingCountersMax is < 1 or > 1_000_000_000) yield return $"SlidingCountersMax: 1 to 1000000000, is {SlidingCountersMax}";
        if (MonthCountersMax is < 1 or > 1_000_000_000) yield return $"MonthCountersMax: 1 to 1000000000, is {MonthCountersMax}";
        if (LifeCountersMax is < 1 or > 1_000_000_000) yield return $"LifeCountersMax: 1 to 1000000000, is {LifeCountersMax}";
        if (AcceptorsMax is < 1 or > 100_000_000) yield return $"AcceptorsMax: 1 to 100000000, is {AcceptorsMax}";
        if (StopsMax is < 1 or > 100_000_000) yield return $"StopsMax: 1 to 100000000, is {StopsMax}";
        if (KeyNotesMax is < 1 or > 100_000_000) yield return $"KeyNotesMax: 1 to 100000000, is {KeyNotesMax}";
        if (ChipCountersMax is < 1 or > 100_000_000) yield return $"ChipCountersMax: 1 to 100000000, is {ChipCountersMax}";
        if (DevicesMax is < 1 or > 100_000_000) yield return $"DevicesMax: 1 to 100000000, is {DevicesMax}";
        if (ReceiptsMax is < 1 or > 1_000_000_000) yield return $"ReceiptsMax: 1 to 1000000000, is {ReceiptsMax}";
        if (ConnectionsMax is < 1 or > 1_000_000) yield return $"ConnectionsMax: 1 to 1000000, is {ConnectionsMax}";
    }
}
