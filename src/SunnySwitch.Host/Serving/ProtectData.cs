using System.Runtime.InteropServices;

namespace SunnySwitch.Host.Serving;

/// <summary>Stops the process at once when going on could harm data: one line, exit code 3, no trace, no dump.</summary>
internal static class ProtectData
{
    public const int ExitCode = 3;

    [DllImport("libc", EntryPoint = "_exit")]
    private static extern void ExitNow(int code);

    public static void Stop(string message)
    {
        Console.Error.WriteLine($"sunny: stopped to protect data: {message}");
        Console.Error.Flush();
        if (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS()) ExitNow(ExitCode);
        Environment.Exit(ExitCode);
    }
}
