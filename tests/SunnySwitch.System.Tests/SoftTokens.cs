using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text;

namespace SunnySwitch.SystemTests;

/// <summary>SoftHSM2 tokens in a folder of a test's own, behind a library that makes faults on demand.</summary>
[SupportedOSPlatform("linux")]
internal sealed class SoftTokens
{
    public const string Pin = "492816";
    private static readonly string[] _libraries =
        ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"];

    private static readonly Lazy<string> _faulty = new(Compile);

    private readonly TestSwitch _test;

    public SoftTokens(TestSwitch test)
    {
        _test = test;
        Directory.CreateDirectory(Path.Combine(Folder, "tokens"));
        Directory.CreateDirectory(Path.Combine(Folder, "faults"));
        File.WriteAllText(Configuration, $"directories.tokendir = {Folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n");
        WritePin(Pin);
    }

    private static string SoftHsm { get; } =
        Array.Find(_libraries, File.Exists) ?? throw new InvalidOperationException("SoftHSM2 is not there: apt-get install softhsm2 (tools/test does)");

    private string Folder => Path.Combine(_test.Folder, "softhsm");

    private string Configuration => Path.Combine(Folder, "softhsm2.conf");

    public void WritePin(string pin, string name = "token.pin")
    {
        var file = Path.Combine(_test.Folder, name);
        File.WriteAllText(file, pin + "\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Starts the switch with these tokens, two threads each.</summary>
    public Task<SwitchProcess> Start(string[] labels, params string[] settings) =>
        SwitchProcess.StartUnder(
            ["env", $"SOFTHSM2_CONF={Configuration}", $"FAULTY_TOKEN_LIBRARY={SoftHsm}", $"FAULTY_TOKEN_FAULTS={Folder}/faults"],
            _test.ConfigFile, _test.Data, [Settings(labels), .. settings]);

    private string Settings(string[] labels)
    {
        string PinOf(string label) => File.Exists(Path.Combine(_test.Folder, label + ".pin")) ? label + ".pin" : "token.pin";
        var tokens = labels.Select(label => $$"""{"name":"{{label}}","library":"{{_faulty.Value}}","label":"{{label}}","pinFile":"{{PinOf(label)}}"}""");
        return $"hsm={{\"module\":\"pkcs11\",\"threads\":2,\"products\":[],\"tokens\":[{string.Join(',', tokens)}]}}";
    }

    public void Make(string label)
    {
        var start = new ProcessStartInfo("softhsm2-util", ["--init-token", "--free", "--label", label, "--so-pin", "7315", "--pin", Pin])
        {
            RedirectStandardOutput = true,
            Environment = { ["SOFTHSM2_CONF"] = Configuration },
        };
        using var process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    /// <summary>Another token with the same objects under another label and serial number, as a device's cloning makes it.</summary>
    public void Clone(string label, string clone)
    {
        var (from, serial) = (FolderOf(label), "00000000" + Random.Shared.Next(0x10000000, int.MaxValue).ToString("x8"));
        var to = Path.Combine(Path.GetDirectoryName(from)!, $"11111111-2222-3333-{serial[..4]}-{serial[4..]}");
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        var token = Path.Combine(to, "token.object");
        var content = File.ReadAllBytes(token);
        Encoding.ASCII.GetBytes(clone.PadRight(32)).CopyTo(content, 0x20);
        Encoding.ASCII.GetBytes(serial).CopyTo(content, 0x58);
        File.WriteAllBytes(token, content);
    }

    /// <summary>From now on the token is <c>removed</c>, <c>slow</c> (400 ms a call) or <c>full</c>.</summary>
    public void Fail(string label, string fault) => File.WriteAllText(Path.Combine(Folder, "faults", $"{label}.{fault}"), "");

    /// <summary>It is well again.</summary>
    public void Mend(string label, string fault) => File.Delete(Path.Combine(Folder, "faults", $"{label}.{fault}"));

    /// <summary>How often a PIN was shown to any token.</summary>
    public int LogIns => File.Exists(Path.Combine(Folder, "faults", "logins")) ? File.ReadLines(Path.Combine(Folder, "faults", "logins")).Count() : 0;

    /// <summary>The token is gone for good.</summary>
    public void Destroy(string label) => Directory.Delete(FolderOf(label), recursive: true);

    private static string Compile()
    {
        var folder = Directory.CreateTempSubdirectory("sunny-token-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var library = Path.Combine(folder, "faulty-token.so");
        using var compiler = Process.Start("cc", ["-shared", "-fPIC", "-O2", "-o", library, Path.Combine(AppContext.BaseDirectory, "faulty-token.c"), "-ldl"]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
        return library;
    }

    private string FolderOf(string label) => Directory.GetDirectories(Path.Combine(Folder, "tokens"))
        .Single(folder => Encoding.ASCII.GetString(File.ReadAllBytes(Path.Combine(folder, "token.object")), 0x20, 32).TrimEnd() == label);
}
