using System.Diagnostics;
using Npgsql;

namespace SunnySwitch.Ledger.Tests;

/// <summary>A PostgreSQL of our own: a folder that is removed afterwards, a private port on loopback, stopped by its own process id.</summary>
public sealed class PostgresServer : IDisposable
{
    private const string User = "postgres";
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("sunny-pg-").FullName;
    private bool _isMounted;
    private int _databases;

    public PostgresServer()
        : this(FreePorts.Next(), server => server.Initialize(""))
    {
    }

    private PostgresServer(int port, Action<PostgresServer> fill)
    {
        Port = port;
        if (Programs is null) throw new InvalidOperationException("PostgreSQL 15 is not installed: tools/test installs it (package postgresql-15)");
        if (IsRoot) Run("chown", User, _folder);
        fill(this);
        if (Directory.Exists(Data)) Start();
    }

    public int Port { get; }

    /// <summary>Where the programs are; null: not installed.</summary>
    public static string? Programs { get; } = new[] { "/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/17/bin" }
        .FirstOrDefault(Directory.Exists);

    /// <summary>A folder that is the server's, beside its data.</summary>
    public string Folder => _folder;

    /// <summary>It takes connections.</summary>
    public bool IsUp => TryPostgres("pg_isready", "-q", "-h", "127.0.0.1", "-p", $"{Port}");

    private string Data => Path.Combine(_folder, "data");

    private string Archive => Path.Combine(_folder, "archive");

    private static bool IsRoot => Environment.UserName == "root";

    /// <summary>One that keeps each file of its log of changes, for restoring.</summary>
    public static PostgresServer Archiving() => new(FreePorts.Next(), server => server.Initialize($"""
        archive_mode = on
        archive_command = 'mkdir -p {server.Archive} && test ! -f {server.Archive}/%f && cp %p {server.Archive}/%f'
        """));

    /// <summary>One whose disk has so little room; null where mounting is not allowed.</summary>
    public static PostgresServer? Small(int megabytes)
    {
        var server = new PostgresServer(FreePorts.Next(), server =>
        {
            server._isMounted = TryRun("mount", ["-t", "tmpfs", "-o", $"size={megabytes}m", "sunny-test", server._folder]);
            if (!server._isMounted) return;
            if (IsRoot) Run("chown", User, server._folder);
            server.Initialize("min_wal_size = 32MB\nmax_wal_size = 64MB\n");
        });
        if (server._isMounted) return server;
        server.Dispose();
        return null;
    }

    /// <summary>A replica that follows another, begun with a base backup of it.</summary>
    public static PostgresServer ReplicaOf(PostgresServer primary) => new(FreePorts.Next(), server =>
    {
        primary.BaseBackup(server.Data, "-R");
        server.Configure($"port = {server.Port}\nunix_socket_directories = '{server._folder}'\n");
    });

    /// <summary>What one was at some point, in its place: from a base backup and the archive.</summary>
    public static PostgresServer Restored(PostgresServer lost, string backup, string target) => new(lost.Port, server =>
    {
        As(User, "cp", "-a", backup, server.Data);
        As(User, "touch", Path.Combine(server.Data, "recovery.signal"));
        server.Configure($"""
            unix_socket_directories = '{server._folder}'
            archive_mode = off
            restore_command = 'cp {lost.Archive}/%f %p'
            {target}
            recovery_target_action = promote
            """);
    });

    /// <summary>A copy of a running one, with all that it takes to start it.</summary>
    public void BaseBackup(string target, params string[] more) => Postgres(
        "pg_basebackup", ["-D", target, "-h", "127.0.0.1", "-p", $"{Port}", "-U", User, "-c", "fast", "-X", "stream", "--no-sync", .. more]);

    /// <summary>A new, empty database; returns its connection string.</summary>
    public string NewDatabase()
    {
        var name = $"ledger{Interlocked.Increment(ref _databases)}";
        Execute(Connection("postgres"), $"create database {name}");
        return Connection(name);
    }

    public string Connection(string database, string user = User) => $"Host=127.0.0.1;Port={Port};{Settings(database, user)}";

    /// <summary>A connection string for several servers, of which one is the primary.</summary>
    public static string Connection(string database, params PostgresServer[] servers) =>
        $"Host={string.Join(',', servers.Select(each => $"127.0.0.1:{each.Port}"))};{Settings(database, User)}";

    public void Start()
    {
        // After a kill, processes of the old server may still hold its memory for a moment.
        var isUp = SpinWait.SpinUntil(() => IsUp || TryPostgres("pg_ctl", "-D", Data, "-l", Path.Combine(_folder, "log"), "-w", "start"), _patience);
        Assert.True(isUp, "the server does not start: " + File.ReadAllText(Path.Combine(_folder, "log")));
    }

    public void Stop() => Postgres("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");

    /// <summary>Waits for a replica to have what its primary has now.</summary>
    public void Follow(PostgresServer primary)
    {
        var place = Ask<string>(primary.Connection(User), "select pg_current_wal_lsn()::text");
        Assert.True(SpinWait.SpinUntil(() => Ask<bool>(Connection(User), $"select pg_last_wal_replay_lsn() >= '{place}'"), _patience));
    }

    /// <summary>A replica becomes a primary.</summary>
    public void Promote() => Postgres("pg_ctl", "-D", Data, "-w", "promote");

    /// <summary>SIGKILL to the server itself: its other processes find out and end.</summary>
    public void Kill()
    {
        var process = int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First());
        KillProcess(process);
        Assert.True(SpinWait.SpinUntil(() => !IsUp, _patience));
    }

    /// <summary>SIGKILL to one of its processes: the server ends all others, and starts anew by itself.</summary>
    public static void KillProcess(int process) => Run("kill", "-9", $"{process}");

    /// <summary>As the file asks for: for wrong passwords.</summary>
    public void AskForPassword(string user, string database)
    {
        var file = Path.Combine(Data, "pg_hba.conf");
        File.WriteAllText(file, $"host {database} {user} 127.0.0.1/32 scram-sha-256\n{File.ReadAllText(file)}");
        Postgres("pg_ctl", "-D", Data, "reload");
    }

    /// <summary>TLS from now on, for who asks for it.</summary>
    public void Certify(string certificate, string key)
    {
        File.WriteAllText(Path.Combine(Data, "server.crt"), certificate);
        File.WriteAllText(Path.Combine(Data, "server.key"), key);
        Run("chmod", "600", Path.Combine(Data, "server.key"));
        if (IsRoot) Run("chown", User, Path.Combine(Data, "server.key"));
        Configure("ssl = on");
        Postgres("pg_ctl", "-D", Data, "reload");
    }

    public static void Execute(string connection, string sql)
    {
        using var source = NpgsqlDataSource.Create(connection + ";Pooling=false");
        using var command = source.CreateCommand(sql);
        command.ExecuteNonQuery();
    }

    public static T Ask<T>(string connection, string sql)
    {
        using var source = NpgsqlDataSource.Create(connection + ";Pooling=false");
        using var command = source.CreateCommand(sql);
        return (T)command.ExecuteScalar()!;
    }

    /// <summary>How the server would answer a query, as text.</summary>
    public static string Plan(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand($"explain {sql}", connection);
        using var reader = command.ExecuteReader();
        var lines = new List<string>();
        while (reader.Read()) lines.Add(reader.GetString(0));
        return string.Join('\n', lines);
    }

    public void Dispose()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid"))) TryPostgres("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");
        if (_isMounted) Assert.True(SpinWait.SpinUntil(() => TryRun("umount", [_folder]), _patience), $"{_folder} is still in use");
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Runs a program as a user that PostgreSQL and PgBouncer agree to be; both refuse to be root.</summary>
    internal static void As(string user, params string[] command) => Assert.True(TryAs(user, command), $"{string.Join(' ', command)} failed");

    private static string Settings(string database, string user) => $"Database={database};Username={user};Timeout=5;Command Timeout=10";

    private void Initialize(string settings)
    {
        Postgres("initdb", "-D", Data, "-A", "trust", "-U", User, "--no-sync", "-E", "UTF8", "--locale", "C.UTF-8");
        Configure($"""
            listen_addresses = '127.0.0.1'
            port = {Port}
            unix_socket_directories = '{_folder}'
            fsync = off
            shared_buffers = 64MB
            max_connections = 60
            log_checkpoints = off
            {settings}
            """);
    }

    private void Configure(string settings) => File.AppendAllText(Path.Combine(Data, "postgresql.conf"), $"\n{settings}\n");

    private static void Postgres(string program, params string[] arguments) => Assert.True(TryPostgres(program, arguments), $"{program} failed");

    private static bool TryPostgres(string program, params string[] arguments) => TryAs(User, [Path.Combine(Programs!, program), .. arguments]);

    private static bool TryAs(string user, string[] command) => IsRoot ? TryRun("runuser", ["-u", user, "--", .. command]) : TryRun(command[0], command[1..]);

    private static void Run(string program, params string[] arguments) => Assert.True(TryRun(program, arguments), $"{program} failed");

    // The server keeps what it is given for output: it gets none of ours.
    private static bool TryRun(string program, string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" </dev/null >/dev/null 2>&1", "sh", program, .. arguments]);
        using var process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
