namespace SunnySwitch.SystemTests;

/// <summary>A configuration for tests in a folder that is removed afterwards.</summary>
internal sealed class TestSwitch : IDisposable
{
    private const string Config = """
        {
          "httpPort": 0,
          "links": [
            { "name": "open", "port": 0, "acquirers": ["400001"], "dialect": "iso87-ascii", "signOnRequired": false,
              "limits": { "connectionsMax": 8, "frameMillisecondsMax": 300 } },
            { "name": "signed", "port": 0, "acquirers": ["12345678901"], "dialect": "iso87-ascii", "signOnRequired": true }
          ],
          "tables": { "cards": 20000, "accounts": 20000, "holds": 400000, "duplicateKeys": 400000, "tombstones": 1024 },
          "journal": { "segmentMegabytes": 16 },
          "generatedCards": { "bin": "400000", "count": 1000, "expiry": "3012", "currency": 840, "balanceMinor": 1000000000 }
        }
        """;

    public TestSwitch()
    {
        Folder = Directory.CreateTempSubdirectory("sunny-test-").FullName;
        File.WriteAllText(ConfigFile, Config);
    }

    public string Folder { get; }

    public string ConfigFile => Path.Combine(Folder, "switch.json");

    public string Data => Path.Combine(Folder, "data");

    public Task<SwitchProcess> Start(params string[] settings) => SwitchProcess.Start(ConfigFile, Data, settings);

    /// <summary>Dies by itself at a named point (<c>BatchWritten:3</c>); with a rule broken on purpose, if one is given.</summary>
    public Task<SwitchProcess> StartArmed(string? mutant, string crash, params string[] settings) =>
        SwitchProcess.StartArmed(ConfigFile, Data, mutant, crash, settings);

    /// <summary><c>sunny journal keep</c>; dies by itself at a named point if one is given.</summary>
    public (int ExitCode, string Output, string Errors) Keep(string? crash, params string[] settings) => SwitchProcess.RunArmed(
        crash,
        ["journal", "keep", "--data", Data, "--config", ConfigFile, .. settings.SelectMany(setting => new[] { "--set", setting })]);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
