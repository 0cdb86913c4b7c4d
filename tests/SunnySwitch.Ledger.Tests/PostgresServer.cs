using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace SunnySwitch.Ledger.Tests;

/// <summary>A PostgreSQL of our own: a folder that is removed afterwards, a private port on loopback, stopped by its own process id.</summary>
public sealed class PostgresServer : IDisposable
{
    private const string User = "postgres";
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("sunny-pg-").FullName;
    private int _databases;

    public PostgresServer()
    {
        Port = FreePort();
        if (Programs is null) throw new InvalidOperationException("PostgreSQL 15 is not installed: tools/test installs it (package postgresql-15)");
        if (IsRoot) Run("chown", User, _folder);
        Postgres("initdb", "-D", Data, "-A", "trust", "-U", User, "--no-sync", "-E", "UTF8", "--locale", "C.UTF-8");
        File.AppendAllText(Path.Combine(Data, "postgresql.conf"), $"""

            listen_addresses = '127.0.0.1'
            port = {Port}
            unix_socket_directories = '{_folder}'
            fsync = off
            shared_buffers = 64MB
            max_connections = 60
            log_checkpoints = off
            """);
        Start();
    }

    public int Port { get; }

    /// <summary>Where the programs are; null: not installed.</summary>
    public static string? Programs { get; } = new[] { "/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/17/bin" }
        .FirstOrDefault(Directory.Exists);

    private string Data => Path.Combine(_folder, "data");

    private static bool IsRoot => Environment.UserName == "root";

    /// <summary>A new, empty database; returns its connection string.</summary>
    public string NewDatabase()
    {
        var name = $"ledger{Interlocked.Increment(ref _databases)}";
        Execute(Connection("postgres"), $"create database {name}");
        return Connection(name);
    }

    public string Connection(string database, string user = User) =>
        $"Host=127.0.0.1;Port={Port};Database={database};Username={user};Timeout=5;Command Timeout=10";

    public void Start()
    {
        // After a kill, processes of the old server may still hold its memory for a moment.
        var isUp = SpinWait.SpinUntil(() => TryPostgres("pg_ctl", "-D", Data, "-l", Path.Combine(_folder, "log"), "-w", "start"), _patience);
        Assert.True(isUp, "the server does not start: " + File.ReadAllText(Path.Combine(_folder, "log")));
    }

    public void Stop() => Postgres("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");

    /// <summary>SIGKILL to the server itself: its other processes find out and end.</summary>
    public void Kill()
    {
        var process = int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First());
        KillProcess(process);
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

    public void Dispose()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid"))) TryPostgres("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");
        Directory.Delete(_folder, recursive: true);
    }

    private static void Postgres(string program, params string[] arguments) => Assert.True(TryPostgres(program, arguments), $"{program} failed");

    // PostgreSQL refuses to run as root.
    private static bool TryPostgres(string program, params string[] arguments)
    {
        string[] command = [Path.Combine(Programs!, program), .. arguments];
        return IsRoot ? TryRun("runuser", ["-u", User, "--", .. command]) : TryRun(command[0], command[1..]);
    }

    private static void Run(string program, params string[] arguments) => Assert.True(TryRun(program, arguments), $"{program} failed");

    // The server keeps what it is given for output: it gets none of ours.
    private static bool TryRun(string program, string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" </dev/null >/dev/null 2>&1", "sh", program, .. arguments]);
        using var process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
