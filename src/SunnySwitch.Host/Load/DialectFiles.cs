using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Host.Load;

/// <summary>Finds files of the house's <c>config</c> folder from a build output, a worktree or an installation.</summary>
internal static class DialectFiles
{
    /// <summary>Reads a dialect by name (<c>config/dialects/NAME.json</c>) or by file; errors are for people.</summary>
    public static Dialect Load(string nameOrFile)
    {
        var path = File.Exists(nameOrFile) ? nameOrFile : Find(Path.Combine("dialects", nameOrFile + ".json"));
        if (path is null) throw new LoadException($"no dialect {nameOrFile}: neither a file nor in config/dialects");
        try
        {
            return Dialect.Parse(File.ReadAllBytes(path));
        }
        catch (DialectException exception)
        {
            throw new LoadException($"{path}: {string.Join("; ", exception.Problems)}", exception);
        }
    }

    /// <summary>Path of a file below <c>config</c>, looked for upwards from here and from the program; null if none.</summary>
    public static string? Find(string relative)
    {
        foreach (var start in new[] { Directory.GetCurrentDirectory(), AppContext.BaseDirectory })
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                var path = Path.Combine(folder.FullName, "config", relative);
                if (File.Exists(path)) return path;
            }
        }

        return null;
    }
}

/// <summary>A load run or a session cannot be done; the message is one line for people.</summary>
internal sealed class LoadException : Exception
{
    /// <summary>Makes one.</summary>
    public LoadException(string message, Exception? inner = null) : base(message, inner) { }
}
