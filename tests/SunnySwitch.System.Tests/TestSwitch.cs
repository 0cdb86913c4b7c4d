using System.ComponentModel;
using System.Diagnostics;

namespace SunnySwitch.SystemTests;

/// <summary>A configuration for tests in a folder that is removed afterwards.</summary>
internal sealed class TestSwitch : IDisposable
{
    private const string Config = """
        {
          "httpPort": 0,
          "links": [
            { "name": "open", "port": 0, "acquirers": ["400001"], "dialect": "iso87-ascii", "signOnRequired": false,
              "limits": { "connectionsMax": 8 } },
            { "name": "signed", "port": 0, "acquirers": ["12345678901"], "dialect": "iso87-ascii", "signOnRequired": true }
          ],
          "tables": { "cards": 20000, "accounts": 20000, "holds": 400000, "duplicateKeys": 400000, "tombstones": 1024 },
          "journal": { "segmentMegabytes": 16 },
          "generatedCards": { "bin": "400000", "count": 1000, "expiry": "4912", "currency": 840, "balanceMinor": 1000000000 }
        }
        """;

    private bool _isMounted;

    public TestSwitch()
    {
        Folder = Directory.CreateTempSubdirectory("sunny-test-").FullName;
        File.WriteAllText(ConfigFile, Config);
    }

    public string Folder { get; }

    public string ConfigFile => Path.Combine(Folder, "switch.json");

    public string Data => Path.Combine(Folder, "data");

    /// <summary>True where a tracer is installed and allowed.</summary>
    public static bool CanTrace { get; } = Succeeds("strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fdatasync", "true");

    public Task<SwitchProcess> Start(params string[] settings) => SwitchProcess.Start(ConfigFile, Data, settings);

    /// <summary>Under a tracer that answers a system call instead of the kernel, or makes it wait.</summary>
    public Task<SwitchProcess> StartWith(string fault, params string[] settings)
    {
        string[] tracer = ["strace", "-D", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", $"trace={fault.Split(':')[0]}", "-e", $"inject={fault}"];
        return SwitchProcess.StartUnder(tracer, ConfigFile, Data, settings);
    }

    /// <summary>Dies by itself at a named point (<c>BatchWritten:3</c>); with a rule broken on purpose, if one is given.</summary>
    public Task<SwitchProcess> StartArmed(string? mutant, string crash, params string[] settings) =>
        SwitchProcess.StartArmed(ConfigFile, Data, mutant, crash, settings);

    /// <summary><c>sunny journal keep</c>; dies by itself at a named point if one is given.</summary>
    public (int ExitCode, string Output, string Errors) Keep(string? crash, params string[] settings) => SwitchProcess.RunArmed(
        crash,
        ["journal", "keep", "--data", Data, "--config", ConfigFile, .. settings.SelectMany(setting => new[] { "--set", setting })]);

    /// <summary>A file system of its own for the data folder; false where that is not allowed.</summary>
    public bool TryMount(int megabytes)
    {
        Directory.CreateDirectory(Data);
        return _isMounted = Succeeds("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "sunny-test", Data);
    }

    public void Dispose()
    {
        if (_isMounted) Assert.True(Succeeds("umount", Data), $"{Data} is still in use");
        Directory.Delete(Folder, recursive: true);
    }

    private static bool Succeeds(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true });
            process!.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;                                    // It is not installed.
        }
    }
}
