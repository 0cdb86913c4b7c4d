using SunnySwitch.Host.Commands;
using Xunit;

namespace SunnySwitch.Host.Tests.Commands;

/// <summary>What <c>sunny hsm vectors</c> prints and how it ends: a contract with scripts.</summary>
public sealed class HsmCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sunny-vectors-").FullName;

    [Fact]
    public void All_vectors_pass_and_the_last_line_counts_them()
    {
        var (code, lines, errors) = Run("software", Directory.GetFiles(Golden(), "*.json"));
        Assert.Equal((0, "153 passed, 0 failed", ""), (code, Assert.Single(lines), errors));
    }

    [Fact]
    public void A_failure_has_a_line_and_the_exit_code_is_1()
    {
        var path = Path.Combine(_folder, "cvv.json");
        File.WriteAllText(path, File.ReadAllText(Path.Combine(Golden(), "cvv.json")).Replace("\"561\"", "\"560\"", StringComparison.Ordinal));
        var (code, lines, _) = Run("software", [path]);
        // The negative vector replays 561 as an iCVV: 560 is wrong there too.
        Assert.Equal((1, "FAIL cvv-1 cvv.generate: cvv differs", "10 passed, 1 failed"), (code, lines[0], lines[^1]));
    }

    [Fact]
    public void Wrong_use_is_said_in_words_and_the_exit_code_is_2()
    {
        var file = Path.Combine(Golden(), "cvv.json");
        Assert.Equal((2, "sunny: the module pkcs11 needs a token: --library, --token and the environment variable SUNNY_TOKEN_PIN"), Refused("pkcs11", file));
        Assert.Equal((2, "sunny: no module is called other: there are software and pkcs11"), Refused("other", file));
        Assert.Equal(2, Refused("software", Path.Combine(_folder, "missing.json")).Code);
        var path = Path.Combine(_folder, "other.json");
        File.WriteAllText(path, "{\"schema\":\"other/1\"}");
        Assert.Equal((2, $"sunny: {path}: schema payment-crypto-vectors/1 is expected"), Refused("software", path));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static (int Code, string Errors) Refused(string module, string path)
    {
        var (code, lines, errors) = Run(module, [path]);
        Assert.Empty(lines);
        return (code, errors);
    }

    private static (int Code, string[] Lines, string Errors) Run(string module, string[] paths)
    {
        using StringWriter output = new(), errors = new();
        var code = HsmCommand.Run(module, paths, output, errors);
        return (code, output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries), errors.ToString().Trim());
    }

    private static string Golden()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SunnySwitch.sln"))) folder = folder.Parent!;
        return Path.Combine(folder.FullName, "tests", "golden", "crypto");
    }
}
