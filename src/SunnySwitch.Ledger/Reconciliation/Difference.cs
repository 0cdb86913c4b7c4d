namespace SunnySwitch.Ledger.Reconciliation;

/// <summary>Where the database is not what the journal says.</summary>
/// <param name="Table">The table.</param>
/// <param name="Key">Sequence, number or slot of the row.</param>
/// <param name="What">missing, extra, or the columns that differ with both values.</param>
public sealed record Difference(string Table, long Key, string What);

/// <summary>What was compared.</summary>
/// <param name="Sequence">The projection's: balances were compared as they are after it.</param>
/// <param name="Decisions">Rows of decisions that the journal has in the range.</param>
/// <param name="Accounts">Accounts.</param>
/// <param name="Cards">Cards.</param>
/// <param name="Holds">Slots of holds.</param>
/// <param name="Differences">Rows that differ.</param>
public sealed record ReconcileReport(long Sequence, long Decisions, long Accounts, long Cards, long Holds, long Differences);
