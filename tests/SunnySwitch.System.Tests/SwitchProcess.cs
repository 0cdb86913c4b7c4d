using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace SunnySwitch.SystemTests;

/// <summary>The real executable on private ports and a data folder of its own; stopped by its own process id.</summary>
internal sealed partial class SwitchProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // One that is traced flushes slowly, hundreds of times.
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(180);
    private readonly Process _process;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _output = new();
    private readonly CountdownEvent _openStreams = new(2);
    private readonly List<int> _ports = [];

    /// <summary>The executable of the build that has mutants; null when <c>tools/test</c> did not make it.</summary>
    public static string? MutantsExecutable => Environment.GetEnvironmentVariable("SUNNY_MUTANTS");

    private SwitchProcess(
        string config, string data, (string? Mutant, string Crash)? broken, string[] settings, string[]? under = null)
    {
        _process = Sunny(["serve", "--config", config, "--data", data, .. settings.SelectMany(setting => new[] { "--set", setting })]);
        if (under is not null)
        {
            _process.StartInfo.ArgumentList.Insert(0, _process.StartInfo.FileName);
            _process.StartInfo.FileName = under[0];
            for (var index = 1; index < under.Length; index++) _process.StartInfo.ArgumentList.Insert(index - 1, under[index]);
        }

        if (broken is var (mutant, crash))
        {
            _process.StartInfo.ArgumentList[0] = Path.ChangeExtension(MutantsExecutable!, ".dll");
            if (mutant is not null) _process.StartInfo.Environment["SUNNY_MUTANT"] = mutant;
            _process.StartInfo.Environment["SUNNY_CRASH"] = crash;
        }

        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.Exited += (_, _) =>
        {
            _openStreams.Wait(Patience);
            _ready.TrySetException(new InvalidOperationException($"the switch ended before it was ready:\n{Output}"));
        };
        _process.EnableRaisingEvents = true;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Everything it printed so far.</summary>
    public string Output => string.Join('\n', _output);

    public int ProcessId => _process.Id;

    /// <summary>Port of the link of that number.</summary>
    public int Port(int link) => _ports[link];

    public int HttpPort { get; private set; }

    /// <summary>False: it ended before.</summary>
    public bool IsReady => _ready.Task.IsCompletedSuccessfully;

    /// <summary>Starts the build with mutants; the crash may come before it is ready.</summary>
    public static async Task<SwitchProcess> StartArmed(string config, string data, string? mutant, string crash, params string[] settings)
    {
        var started = new SwitchProcess(config, data, (mutant, crash), settings);
        await Task.WhenAny(started._ready.Task).WaitAsync(Patience);
        return started;
    }

    public static Task<SwitchProcess> Start(string config, string data, params string[] settings) => StartUnder(null, config, data, settings);

    /// <summary>Starts it by another program, which stays its parent no longer than it has to.</summary>
    public static async Task<SwitchProcess> StartUnder(string[]? under, string config, string data, params string[] settings)
    {
        var started = new SwitchProcess(config, data, broken: null, settings, under);
        try
        {
            await started._ready.Task.WaitAsync(Patience);
            return started;
        }
        catch
        {
            started.Dispose();
            throw;
        }
    }

    /// <summary>Runs the executable to its end.</summary>
    public static (int ExitCode, string Output, string Errors) Run(params string[] arguments) => RunArmed(null, arguments);

    /// <summary>Runs the executable to its end, with something on its standard input.</summary>
    public static (int ExitCode, string Output, string Errors) RunWith(string? input, params string[] arguments)
    {
        using var process = Sunny(arguments);
        process.StartInfo.RedirectStandardInput = input is not null;
        process.Start();
        var errors = process.StandardError.ReadToEndAsync();
        if (input is not null)
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }

        var output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(Patience), "the command did not end");
        return (process.ExitCode, output, errors.GetAwaiter().GetResult());
    }

    /// <summary>Runs it at a terminal, where something is typed when it asks; what the terminal shows comes back.</summary>
    public static (int ExitCode, string Shown) RunTyped(string prompt, string typed, params string[] arguments)
    {
        using var sunny = Sunny(arguments);
        var command = string.Join(' ', sunny.StartInfo.ArgumentList.Prepend("exec dotnet").Select((word, at) => at == 0 ? word : $"'{word}'"));
        var start = new ProcessStartInfo("script", ["--quiet", "--return", "--flush", "--command", command, "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var terminal = Process.Start(start)!;
        var shown = new StringBuilder();
        while (!shown.ToString().EndsWith(prompt, StringComparison.Ordinal))
        {
            var letter = terminal.StandardOutput.Read();
            if (letter < 0) break;
            shown.Append((char)letter);
        }

        terminal.StandardInput.Write(typed + "\r");
        terminal.StandardInput.Flush();
        shown.Append(terminal.StandardOutput.ReadToEnd());
        Assert.True(terminal.WaitForExit(Patience), "the command did not end");
        return (terminal.ExitCode, shown.ToString());
    }

    /// <summary>Runs the build with mutants, if there is a crash to come.</summary>
    public static (int ExitCode, string Output, string Errors) RunArmed(string? crash, params string[] arguments)
    {
        using var process = Sunny(arguments);
        if (crash is not null)
        {
            process.StartInfo.ArgumentList[0] = Path.ChangeExtension(MutantsExecutable!, ".dll");
            process.StartInfo.Environment["SUNNY_CRASH"] = crash;
        }

        process.Start();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(Patience), "the command did not end");
        return (process.ExitCode, output, errors.GetAwaiter().GetResult());
    }

    /// <summary>The repository's folder of that name.</summary>
    public static string Folder(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "SunnySwitch.sln"))) return Path.Combine(folder.FullName, name);
        }

        throw new InvalidOperationException("the tests run outside the repository");
    }

    /// <summary>SIGKILL: no code of the process runs any more.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>SIGSTOP: it stands still, wherever it is.</summary>
    public void Pause() => Assert.Equal(0, SendSignal(_process.Id, 19));

    /// <summary>SIGCONT.</summary>
    public void Resume() => Assert.Equal(0, SendSignal(_process.Id, 18));

    /// <summary>SIGHUP: read the dialects again.</summary>
    public void HangUp() => Assert.Equal(0, SendSignal(_process.Id, 1));

    /// <summary>SIGTERM; returns the exit code.</summary>
    public int Terminate()
    {
        Assert.Equal(0, SendSignal(_process.Id, 15));
        return WaitForExit();
    }

    /// <summary>Waits for it to end by itself, and for its last words.</summary>
    public int WaitForExit()
    {
        Assert.True(_process.WaitForExit(EndPatience) && _openStreams.Wait(Patience), $"the switch did not stop:\n{Output}");
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) Kill();
        _process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int process, int signal);

    private static Process Sunny(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(Folder("src"), "SunnySwitch.Host", "bin", "Release", "net10.0", "sunny.dll"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return new Process { StartInfo = start };
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            _openStreams.Signal();
            return;
        }

        _output.Enqueue(line);
        if (LinkLine().Match(line) is { Success: true } link) _ports.Add(int.Parse(link.Groups[1].Value));
        else if (HttpLine().Match(line) is { Success: true } http) HttpPort = int.Parse(http.Groups[1].Value);
        else if (line == "ready") _ready.TrySetResult();
    }

    [GeneratedRegex(@"^link \S+: \S+:(\d+) ")]
    private static partial Regex LinkLine();

    [GeneratedRegex(@"^http: http://\S+?:(\d+) ")]
    private static partial Regex HttpLine();
}
