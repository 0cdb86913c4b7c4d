using SunnySwitch.Ledger;

namespace SunnySwitch.Host.Options;

/// <summary>Where the journal is projected to; without it, nowhere.</summary>
internal sealed record LedgerOptions
{
    /// <summary>Connection string without the password; Host may name several servers.</summary>
    public string Postgres { get; init; } = "";

    /// <summary>A file whose first line is the password; without it, .pgpass, or none.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>Most decisions in a transaction of the database.</summary>
    public int TransactionRowsMax { get; init; } = 100_000;

    public IEnumerable<string> Problems()
    {
        if (LedgerSource.Problem(Postgres) is { } problem) yield return problem;
        if (PasswordFile is { Length: 0 }) yield return "ledger.passwordFile: a file";
        if (TransactionRowsMax is < 100 or > 1_000_000) yield return $"ledger.transactionRowsMax: 100 to 1000000, is {TransactionRowsMax}";
    }

    /// <exception cref="LedgerException">The password file cannot be read.</exception>
    public LedgerSource Open() => new(Postgres, PasswordFile);
}
