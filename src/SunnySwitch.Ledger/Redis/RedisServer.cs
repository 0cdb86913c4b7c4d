using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace SunnySwitch.Ledger.Redis;

/// <summary>The connection to Redis: it comes back by itself, and nothing is kept for later while it is gone.</summary>
internal sealed class RedisServer : IDisposable
{
    /// <summary>What a command may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ConnectionMultiplexer _connection;

    private RedisServer(ConnectionMultiplexer connection) => _connection = connection;

    public IDatabase Database => _connection.GetDatabase();

    /// <summary>Servers that hold keys of their own: one, or the masters of a cluster.</summary>
    public IEnumerable<IServer> Masters => _connection.GetServers().Where(server => server is { IsConnected: true, IsReplica: false });

    public bool IsConnected => _connection.IsConnected;

    /// <summary>Connects, or goes on trying.</summary>
    public static RedisServer Connect(RedisOptions options, string purpose, TimeSpan? patience = null)
    {
        var asked = new ConfigurationOptions
        {
            Defaults = new Credentials(options),
            ClientName = $"sunny-{options.Cell}-{purpose}",
            AbortOnConnectFail = false,
            ConnectTimeout = (int)Patience.TotalMilliseconds,
            AsyncTimeout = (int)(patience ?? Patience).TotalMilliseconds,
            SyncTimeout = (int)(patience ?? Patience).TotalMilliseconds,
            KeepAlive = 5,
            ReconnectRetryPolicy = new LinearRetry(500),
            BacklogPolicy = BacklogPolicy.FailFast,
            ConfigurationChannel = "",                       // Nobody needs to tell us; no second connection for it.
            TieBreaker = "",
            Ssl = options.Tls,
            IncludeDetailInExceptions = false,
            IncludePerformanceCountersInExceptions = false,
        };
        foreach (var (host, port, _) in options.Addresses()) asked.EndPoints.Add(host, port);
        return new RedisServer(ConnectionMultiplexer.Connect(asked));
    }

    public void Dispose() => _connection.Dispose();

    /// <summary>What a failure is, for people: without addresses of objects, and never with a password.</summary>
    public static string Words(Exception failure) => failure switch
    {
        RedisServerException error when error.Message.StartsWith("OOM", StringComparison.Ordinal) => "Redis is out of memory: raise its maxmemory",
        RedisServerException error => $"Redis refuses: {FirstLine(error.Message)}",
        RedisTimeoutException => "Redis does not answer in time",
        RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } => "Redis refuses the password: see redis.passwordFile",
        RedisConnectionException error => $"no connection to Redis: {FirstLine(error.Message)}",
        _ => FirstLine(failure.Message),
    };

    private static string FirstLine(string text)
    {
        var line = text.AsSpan();
        if (line.IndexOfAny('\r', '\n') is >= 0 and var end) line = line[..end];
        return line.Length > 160 ? $"{line[..160]}..." : line.ToString();
    }

    /// <summary>Asked at each connection, so that a password can be changed in its file while the switch runs.</summary>
    private sealed class Credentials(RedisOptions options) : DefaultOptionsProvider
    {
        public override string? User => options.User;

        public override string? Password
        {
            get
            {
                try
                {
                    return options.PasswordFile is { } file ? File.ReadLines(file).FirstOrDefault()?.Trim() : null;
                }
                catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
                {
                    return null;                             // Redis then says that it wants one.
                }
            }
        }
    }
}
