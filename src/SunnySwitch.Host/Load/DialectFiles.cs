using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Host.Load;

/// <summary>Dialects by name or file.</summary>
internal static class DialectFiles
{
    /// <summary>Reads a dialect that is built in, by name, or from a file; errors are for people.</summary>
    public static Dialect Load(string nameOrFile)
    {
        if (Dialect.BuiltIn(nameOrFile) is { } builtIn) return builtIn;
        if (!File.Exists(nameOrFile))
            throw new LoadException(
                $"no dialect {nameOrFile}: neither a file nor one of {string.Join(", ", Dialect.BuiltInNames)}");
        try
        {
            return Dialect.Parse(File.ReadAllBytes(nameOrFile));
        }
        catch (DialectException exception)
        {
            throw new LoadException($"{nameOrFile}: {string.Join("; ", exception.Problems)}", exception);
        }
    }
}

/// <summary>A load run or a session cannot be done; the message is one line for people.</summary>
internal sealed class LoadException : Exception
{
    /// <summary>Makes one.</summary>
    public LoadException(string message, Exception? inner = null) : base(message, inner) { }
}
