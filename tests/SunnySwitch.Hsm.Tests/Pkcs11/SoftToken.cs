using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using SunnySwitch.Hsm.Pkcs11;

namespace SunnySwitch.Hsm.Tests.Pkcs11;

/// <summary>
/// Real SoftHSM2, with tokens in a folder of this process. The library reads its configuration from the environment when it is first
/// loaded, so that everything is made before.
/// </summary>
internal static class SoftToken
{
    public const string Pin = "492816", Main = "main", Vectors = "vectors", WrongPin = "wrong", Removed = "removed";
    private static readonly string[] _libraries =
        ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"];

    private static readonly Lazy<string> _folder = new(Prepare);

    /// <summary>Where SoftHSM2 is; empty if it is not.</summary>
    public static string Library { get; } = Array.Find(_libraries, File.Exists) ?? "";

    /// <summary>Folder of the tokens.</summary>
    public static string Folder => _folder.Value;

    /// <summary>How to open one of the tokens; the test is skipped where SoftHSM2 is not there.</summary>
    public static Pkcs11Options Options(string token = Main)
    {
        Assert.SkipUnless(Library.Length > 0, "SoftHSM2 is not there: apt-get install softhsm2 (tools/test does)");
        Assert.True(Directory.Exists(Folder));
        return new Pkcs11Options { Library = Library, TokenLabel = token };
    }

    public static Pkcs11Hsm Open(string token = Main) => Pkcs11Hsm.Open(Options(token), Encoding.ASCII.GetBytes(Pin));

    /// <summary>Deletes the folder of a token.</summary>
    public static void TakeAway(string label)
    {
        foreach (var token in Directory.GetDirectories(Path.Combine(Folder, "tokens")))
        {
            var content = File.ReadAllBytes(Path.Combine(token, "token.object")).AsSpan();
            if (content.IndexOf(Encoding.ASCII.GetBytes(label.PadRight(32))) >= 0) Directory.Delete(token, recursive: true);
        }
    }

    private static string Prepare()
    {
        var folder = Directory.CreateTempSubdirectory("softhsm").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var configuration = Path.Combine(folder, "softhsm2.conf");
        Directory.CreateDirectory(Path.Combine(folder, "tokens"));
        File.WriteAllText(configuration, $"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n");
        // The runtime's own variables are not those that native code reads.
        Assert.Equal(0, SetVariable("SOFTHSM2_CONF\0"u8.ToArray(), Encoding.UTF8.GetBytes(configuration + "\0"), 1));
        foreach (var label in new[] { Main, Vectors, WrongPin, Removed }) Make(configuration, label);
        return folder;
    }

    private static void Make(string configuration, string label)
    {
        var start = new ProcessStartInfo("softhsm2-util", ["--init-token", "--free", "--label", label, "--so-pin", "7315", "--pin", Pin])
        {
            RedirectStandardOutput = true,
            Environment = { ["SOFTHSM2_CONF"] = configuration },
        };
        using var process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    [DllImport("libc", EntryPoint = "setenv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetVariable(byte[] name, byte[] value, int replaces);
}
