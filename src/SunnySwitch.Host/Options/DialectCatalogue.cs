using System.Diagnostics.CodeAnalysis;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Host.Options;

/// <summary>Dialects by name, built in, or by the path of a file.</summary>
internal static class DialectCatalogue
{
    /// <summary>Finds and compiles; adds every problem, in words, when it cannot.</summary>
    public static bool TryLoad(string nameOrFile, [NotNullWhen(true)] out Dialect? dialect, List<string> problems)
    {
        dialect = Dialect.BuiltIn(nameOrFile);
        if (dialect is not null) return true;
        if (!File.Exists(nameOrFile))
        {
            problems.Add($"dialect {nameOrFile}: neither a file nor one of {string.Join(", ", Dialect.BuiltInNames)}");
            return false;
        }

        try
        {
            dialect = Dialect.Parse(File.ReadAllBytes(nameOrFile), name => Find(name, nameOrFile));
            return true;
        }
        catch (DialectException wrong)
        {
            problems.AddRange(wrong.Problems.Select(problem => $"{nameOrFile}: {problem}"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problems.Add($"{nameOrFile}: {error.Message}");
        }

        return false;
    }

    // What a file inherits from is built in, or lies beside it.
    private static byte[]? Find(string name, string heir)
    {
        if (Dialect.BuiltInFile(name) is { } builtIn) return builtIn;
        var file = Path.Combine(Path.GetDirectoryName(heir) ?? "", name + ".json");
        var isPlain = name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');
        return isPlain && File.Exists(file) ? File.ReadAllBytes(file) : null;
    }
}
