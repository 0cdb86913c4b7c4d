namespace SunnySwitch.Protocol.Tests;

/// <summary>Files of the repository that the tests read where they lie.</summary>
internal static class Repository
{
    /// <summary>Path of a file or folder under the root.</summary>
    public static string File(params ReadOnlySpan<string> parts)
    {
        var folder = AppContext.BaseDirectory;
        while (!System.IO.File.Exists(Path.Combine(folder, "SunnySwitch.sln"))) folder = Path.GetDirectoryName(folder)!;
        return Path.Combine([folder, .. parts]);
    }
}
