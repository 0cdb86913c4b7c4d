using System.Runtime.InteropServices;

namespace SunnySwitch.Host.Serving;

/// <summary>Stops the process at once when going on could harm data: one line, exit code 3, no trace, no dump.</summary>
internal static class ProtectData
{
    public const int ExitCode = 3;
    private const int CoreFileSize = 4;

    [DllImport("libc", EntryPoint = "_exit")]
    private static extern void ExitNow(int code);

    [DllImport("libc", EntryPoint = "setrlimit")]
    private static extern int SetLimit(int resource, in Limit limit);

    /// <summary>A core file would hold whatever was in memory, card numbers among it.</summary>
    public static void AllowNoCoreFile()
    {
        if (OperatingSystem.IsLinux()) _ = SetLimit(CoreFileSize, default);
    }

    public static void Stop(string message)
    {
        Console.Error.WriteLine($"sunny: stopped to protect data: {message}");
        Console.Error.Flush();
        if (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS()) ExitNow(ExitCode);
        Environment.Exit(ExitCode);
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Limit
    {
        public readonly ulong Soft;
        public readonly ulong Hard;
    }
}
