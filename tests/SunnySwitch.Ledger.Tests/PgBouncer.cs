using System.Diagnostics;
using System.Net.Sockets;

namespace SunnySwitch.Ledger.Tests;

/// <summary>
/// A PgBouncer of our own in transaction mode before a server: few connections of the server's for all of ours, each given away at the end of
/// every transaction.
/// </summary>
public sealed class PgBouncer : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);
    private readonly string _folder = Directory.CreateTempSubdirectory("sunny-bouncer-").FullName;
    private readonly Process _process;

    public PgBouncer(PostgresServer server, int connections)
    {
        Port = FreePorts.Next();
        var file = Path.Combine(_folder, "pgbouncer.ini");
        File.WriteAllText(Path.Combine(_folder, "users"), "\"postgres\" \"\"\n");
        File.WriteAllText(file, $"""
            [databases]
            * = host=127.0.0.1 port={server.Port}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {Port}
            unix_socket_dir =
            auth_type = trust
            auth_file = {_folder}/users
            pool_mode = transaction
            default_pool_size = {connections}
            server_round_robin = 1
            logfile = {_folder}/log
            """);
        var run = Environment.UserName == "root" ? "chown -R postgres \"$1\"; exec setpriv --reuid postgres --regid postgres --clear-groups" : "exec env";
        _process = Process.Start(new ProcessStartInfo(
            "/bin/sh", ["-c", $"{run} /usr/sbin/pgbouncer -q \"$2\" </dev/null >/dev/null 2>&1", "sh", _folder, file]))!;
        Assert.True(SpinWait.SpinUntil(IsUp, _patience), "PgBouncer does not start: tools/test installs it (package pgbouncer)");
    }

    public int Port { get; }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private bool IsUp()
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
