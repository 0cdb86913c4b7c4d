using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SunnySwitch.Ledger.Tests.Redis;

/// <summary>A Redis of our own: a folder that is removed afterwards, a private port on loopback, stopped by its own process id.</summary>
public sealed class RedisProcess : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("sunny-redis-").FullName;
    private readonly string[] _arguments;
    private Process? _process;

    public RedisProcess(params string[] arguments)
    {
        _arguments = arguments;
        Port = FreePorts.Next();
        Start();
    }

    public int Port { get; }

    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Three masters that know each other, each with a third of the slots; then their replicas, if there are to be some.</summary>
    public static RedisProcess[] Cluster(int replicas = 0)
    {
        string[] settings = ["--cluster-enabled", "yes", "--cluster-node-timeout", "5000"];
        var nodes = Enumerable.Range(0, 3 * (1 + replicas)).Select(_ => new RedisProcess(settings)).ToArray();
        var create = Process.Start(new ProcessStartInfo("redis-cli",
            ["--cluster", "create", .. nodes.Select(node => node.Address), "--cluster-replicas", $"{replicas}", "--cluster-yes"])
        { RedirectStandardOutput = true })!;
        create.StandardOutput.ReadToEnd();
        create.WaitForExit();
        Assert.True(SpinWait.SpinUntil(() => nodes.All(node => node.Ask("CLUSTER", "INFO").Contains("cluster_state:ok", StringComparison.Ordinal)), _patience));
        return nodes;
    }

    public void Start(params string[] more)
    {
        string[] command =
        [
            "--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--dir", _folder, "--logfile", Path.Combine(_folder, "log"),
            .. _arguments, .. more,
        ];
        // What it is given for output it keeps: it gets none of ours.
        _process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec redis-server \"$@\" </dev/null >/dev/null 2>&1", "sh", .. command]))!;
        Assert.True(SpinWait.SpinUntil(IsUp, _patience), "Redis does not start");
    }

    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    /// <summary>It stands still: whoever asks has no answer until it goes on.</summary>
    public void Freeze() => Signal("STOP");

    public void Thaw() => Signal("CONT");

    /// <summary>Asks by a connection of its own; the answer as it is on the wire, or the text of a bulk answer.</summary>
    public string Ask(params string[] words) => AskAs(null, words);

    public string AskAs(string? password, params string[] words)
    {
        using var client = new TcpClient();
        client.Connect(IPAddress.Loopback, Port);
        using var stream = client.GetStream();
        var text = new StringBuilder();
        if (password is not null) text.Append(Resp("AUTH", password));
        stream.Write(Encoding.ASCII.GetBytes(text.Append(Resp(words)).ToString()));
        using var reader = new StreamReader(stream, Encoding.ASCII);
        if (password is not null) reader.ReadLine();
        var line = reader.ReadLine() ?? "";
        if (line is not ['$', ..] || line == "$-1") return line;
        var bulk = new char[int.Parse(line.AsSpan(1))];
        reader.ReadBlock(bulk);
        return new string(bulk);
    }

    public void Dispose()
    {
        if (_process is not null) Kill();
        Directory.Delete(_folder, recursive: true);
    }

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process!.Id}"]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    private bool IsUp()
    {
        try
        {
            return Ask("PING") is "+PONG" or ['-', 'N', 'O', 'A', ..];
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            return false;
        }
    }

    private static string Resp(params string[] words) => $"*{words.Length}\r\n{string.Concat(words.Select(word => $"${word.Length}\r\n{word}\r\n"))}";
}
