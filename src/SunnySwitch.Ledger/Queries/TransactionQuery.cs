using SunnySwitch.Core.Domain;

namespace SunnySwitch.Ledger.Queries;

/// <summary>What is looked for; what is null does not matter. The newest come first.</summary>
public sealed record TransactionQuery
{
    /// <summary>DE37, without padding.</summary>
    public string? Rrn { get; init; }

    /// <summary>DE11.</summary>
    public long? Stan { get; init; }

    /// <summary>Business date.</summary>
    public DateOnly? Date { get; init; }

    /// <summary>Token of the card.</summary>
    public PanToken? Token { get; init; }

    /// <summary>DE38.</summary>
    public string? ApprovalCode { get; init; }

    /// <summary>DE42, without padding.</summary>
    public string? Merchant { get; init; }

    /// <summary>DE41, without padding.</summary>
    public string? Terminal { get; init; }

    /// <summary>DE4, minor units.</summary>
    public long? AmountMinor { get; init; }

    /// <summary>Most answers.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>True if nothing was asked for.</summary>
    public bool IsEmpty => Date is null && !HasKey;

    /// <summary>True if there is more than a date to find it by.</summary>
    internal bool HasKey =>
        Rrn is not null || Stan is not null || Token is not null || ApprovalCode is not null || Merchant is not null || Terminal is not null
        || AmountMinor is not null;

    /// <summary>True if a large part of all may have it.</summary>
    internal bool MayBeFrequent => Rrn is null && Stan is null && Token is null && ApprovalCode is null;

    internal bool Fits(FoundTransaction found) =>
        (Rrn is null || found.Rrn == Rrn) && (Stan is null || found.Stan == Stan) && (Date is null || found.BusinessDate == Date)
        && (Token is null || found.Token == Token) && (ApprovalCode is null || found.ApprovalCode == ApprovalCode)
        && (Merchant is null || found.Merchant == Merchant) && (Terminal is null || found.Terminal == Terminal)
        && (AmountMinor is null || found.AmountMinor == AmountMinor);
}

/// <summary>A transaction that was found: the same from the database and from the journal.</summary>
/// <param name="Sequence">Of its frame.</param>
/// <param name="DecidedAt">To the microsecond.</param>
/// <param name="BusinessDate">Null: not known.</param>
/// <param name="Acquirer">DE32.</param>
/// <param name="Mti">Four digits.</param>
/// <param name="Stan">DE11.</param>
/// <param name="Rrn">DE37.</param>
/// <param name="ResponseCode">DE39.</param>
/// <param name="Result">Ours.</param>
/// <param name="ApprovalCode">DE38.</param>
/// <param name="AmountMinor">DE4.</param>
/// <param name="Currency">DE49.</param>
/// <param name="HeldDelta">What it did to the account's held amount.</param>
/// <param name="LedgerDelta">And to what is booked.</param>
/// <param name="PanMasked">First six and last four digits.</param>
/// <param name="Token">The card's.</param>
/// <param name="Terminal">DE41.</param>
/// <param name="Merchant">DE42.</param>
public sealed record FoundTransaction(
    long Sequence, DateTime DecidedAt, DateOnly? BusinessDate, string Acquirer, int Mti, long Stan, string Rrn, string ResponseCode, InternalResult Result,
    string? ApprovalCode, long? AmountMinor, int? Currency, long HeldDelta, long LedgerDelta, string PanMasked, PanToken Token, string Terminal,
    string Merchant);
