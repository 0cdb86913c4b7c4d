using SunnySwitch.Host.Options;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Host.Load;

/// <summary>Dialects by name or file.</summary>
internal static class DialectFiles
{
    /// <summary>Reads a dialect that is built in, by name, or from a file; errors are for people.</summary>
    public static Dialect Load(string nameOrFile)
    {
        var problems = new List<string>();
        return DialectCatalogue.TryLoad(nameOrFile, out var dialect, problems) ? dialect : throw new LoadException(string.Join("; ", problems));
    }
}

/// <summary>A load run or a session cannot be done; the message is one line for people.</summary>
internal sealed class LoadException : Exception
{
    /// <summary>Makes one.</summary>
    public LoadException(string message, Exception? inner = null) : base(message, inner) { }
}
