using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using SunnySwitch.Hsm.Pkcs11;
using SunnySwitch.Hsm.Vectors;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny hsm vectors</c>: published values against a module.</summary>
internal static class HsmCommand
{
    private static readonly Option<string> Module = new("--module")
    {
        Description = "Which module: software or pkcs11.",
        DefaultValueFactory = static _ => "software",
    };

    private static readonly Option<string> Library = new("--library") { Description = "Of pkcs11: the token's library." };

    private static readonly Option<string> Token = new("--token")
    {
        Description = $"Of pkcs11: the token's label. Its user PIN is in the environment variable {PinVariable}.",
    };

    private const string PinVariable = "SUNNY_TOKEN_PIN";

    private static readonly Argument<string[]> Files = new("file")
    {
        Description = "Files of vectors.",
        Arity = ArgumentArity.OneOrMore,
    };

    public static Command Create()
    {
        var vectors = new Command("vectors", "Runs vector files: a line for each failure, then `N passed, N failed`.")
        {
            Module, Library, Token, Files,
        };
        vectors.SetAction(parsed =>
        {
            var token = parsed.GetValue(Library) is { } library ? new Pkcs11Options { Library = library, TokenLabel = parsed.GetValue(Token) ?? "" } : null;
            return Run(parsed.GetValue(Module)!, parsed.GetValue(Files)!, Console.Out, Console.Error, token);
        });
        return new Command("hsm", "Payment cryptography.") { vectors, HsmPinCommands.Translate(), HsmPinCommands.Pvv() };
    }

    /// <summary>0 if all passed, 1 if not, 2 for a module that is not there or a file that is none.</summary>
    internal static int Run(string module, string[] paths, TextWriter output, TextWriter errors, Pkcs11Options? token = null)
    {
        var pin = Encoding.UTF8.GetBytes(Environment.GetEnvironmentVariable(PinVariable) ?? "");
        using var hsm = VectorModules.Open(module, token, pin, out var problem);
        CryptographicOperations.ZeroMemory(pin);
        if (hsm is null)
        {
            errors.WriteLine($"sunny: {problem}");
            return 2;
        }

        var files = new List<VectorFile>();
        foreach (var path in paths)
        {
            try
            {
                files.Add(VectorFile.Read(File.ReadAllBytes(path)));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                errors.WriteLine($"sunny: {path}: {error.Message}");
                return 2;
            }
        }

        var run = new VectorRun(hsm);
        var (passed, others) = (0, 0);
        foreach (var vector in files.SelectMany(file => file.Vectors))
        {
            if (VectorModules.WhyNot(module, vector) is { } reason)
            {
                output.WriteLine($"NOT BY {module} {vector.Id} {vector.Op}: {reason}");
                others++;
            }
            else if (run.Run(vector) is { } failure) output.WriteLine($"FAIL {vector.Id} {vector.Op}: {failure}");
            else passed++;
        }

        var failed = files.Sum(file => file.Vectors.Count) - passed - others;
        output.WriteLine($"{passed} passed, {failed} failed");
        return failed == 0 ? 0 : 1;
    }
}
