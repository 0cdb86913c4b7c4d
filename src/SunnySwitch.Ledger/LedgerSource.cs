using Npgsql;

namespace SunnySwitch.Ledger;

/// <summary>Where the ledger is: one server or several, of which one is the primary.</summary>
public sealed class LedgerSource : IDisposable
{
    // After so long a server that was away, or a replica, is asked again: a promoted one is found.
    private const int AskAgainSeconds = 1;

    private readonly NpgsqlMultiHostDataSource _hosts, _hostsInOrder;

    /// <summary>Connects nowhere yet.</summary>
    /// <param name="connection">A connection string without the password; <c>Host</c> may name several servers.</param>
    /// <param name="passwordFile">A file whose first line is the password; null: by <c>.pgpass</c>, or none is needed.</param>
    /// <exception cref="LedgerException">The string, or the file, is wrong.</exception>
    public LedgerSource(string connection, string? passwordFile)
    {
        if (Problem(connection) is { } problem) throw new LedgerException(problem);
        var parsed = new NpgsqlConnectionStringBuilder(connection) { MaxPoolSize = 4, HostRecheckSeconds = AskAgainSeconds };
        // The caller chooses for each use; a pooler in transaction mode keeps nothing between transactions.
        parsed.Remove("Target Session Attributes");
        (parsed.NoResetOnClose, parsed.MaxAutoPrepare, parsed.Enlist) = (true, 0, false);
        if (string.IsNullOrEmpty(parsed.ApplicationName)) parsed.ApplicationName = "sunny";
        _hosts = Build(parsed, passwordFile);
        _hostsInOrder = parsed.LoadBalanceHosts ? Build(new(parsed.ConnectionString) { LoadBalanceHosts = false }, passwordFile) : _hosts;
        Primary = _hosts.WithTargetSession(TargetSessionAttributes.Primary);
        Replica = _hosts.WithTargetSession(TargetSessionAttributes.PreferStandby);
        OneReplica = _hostsInOrder.WithTargetSession(TargetSessionAttributes.PreferStandby);
        Name = $"{parsed.Host}/{parsed.Database ?? parsed.Username}";
    }

    /// <summary>Servers and database, for people.</summary>
    public string Name { get; }

    /// <summary>For writing.</summary>
    public NpgsqlDataSource Primary { get; }

    /// <summary>For reading: a replica, where there is one.</summary>
    public NpgsqlDataSource Replica { get; }

    /// <summary>The same for several connections that see one snapshot: never balanced over replicas.</summary>
    public NpgsqlDataSource OneReplica { get; }

    /// <summary>Null, or what is wrong with a connection string; says nothing of a password in it.</summary>
    public static string? Problem(string connection)
    {
        try
        {
            var parsed = new NpgsqlConnectionStringBuilder(connection);
            if (string.IsNullOrEmpty(parsed.Host)) return "ledger.postgres: Host is missing";
            return parsed.Password is null ? null : "ledger.postgres: no password in the configuration: name a ledger.passwordFile, or use .pgpass";
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException or KeyNotFoundException)
        {
            return "ledger.postgres: not a connection string: Host=...;Database=...;Username=... is expected";
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Primary.Dispose();
        Replica.Dispose();
        OneReplica.Dispose();
        _hosts.Dispose();
        _hostsInOrder.Dispose();
    }

    private static NpgsqlMultiHostDataSource Build(NpgsqlConnectionStringBuilder parsed, string? passwordFile)
    {
        // No types but PostgreSQL's own: nothing to ask for at the first connection.
        var builder = new NpgsqlDataSourceBuilder(parsed.ConnectionString).ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        if (passwordFile is not null) builder.UsePasswordProvider(_ => Password(passwordFile), (_, _) => ValueTask.FromResult(Password(passwordFile)));
        return builder.BuildMultiHost();
    }

    private static string Password(string file)
    {
        try
        {
            return File.ReadLines(file).FirstOrDefault() ?? "";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new LedgerException($"ledger.passwordFile: {failure.Message}", failure);
        }
    }
}
