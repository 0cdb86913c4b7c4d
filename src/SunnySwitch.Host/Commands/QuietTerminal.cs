using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SunnySwitch.Host.Commands;

/// <summary>
/// A terminal that does not show what is typed, until it is disposed: not between two keys either, so that what is pasted is not shown. What is typed
/// goes straight into the caller's memory: the console's own reader keeps it in buffers that nobody wipes.
/// </summary>
internal sealed class QuietTerminal : IDisposable
{
    private const int StandardInput = 0, Now = 0, FlushFirst = 2;
    private const uint Echo = 0x8;
    private readonly Settings _before;

    private QuietTerminal(in Settings before) => _before = before;

    /// <summary>Null where standard input is no terminal of Linux.</summary>
    public static QuietTerminal? TryOpen()
    {
        if (!OperatingSystem.IsLinux() || GetAttributes(StandardInput, out var before) != 0) return null;
        var quiet = before;
        quiet.Local &= ~Echo;
        return SetAttributes(StandardInput, FlushFirst, in quiet) == 0 ? new QuietTerminal(in before) : null;
    }

    /// <summary>A line without its end, edited by the terminal itself; -1 when it does not fit.</summary>
    public static int ReadLine(byte[] target)
    {
        using var handle = new SafeFileHandle(StandardInput, ownsHandle: false);
        using var input = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        var count = 0;
        while (count < target.Length)
        {
            var read = input.Read(target, count, target.Length - count);
            if (read == 0) return count;
            var end = target.AsSpan(count, read).IndexOf((byte)'\n');
            if (end >= 0) return count + end;
            count += read;
        }

        return -1;
    }

    public void Dispose() => _ = SetAttributes(StandardInput, Now, in _before);

    [DllImport("libc", EntryPoint = "tcgetattr"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetAttributes(int terminal, out Settings settings);

    [DllImport("libc", EntryPoint = "tcsetattr"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetAttributes(int terminal, int when, in Settings settings);

    // struct termios of Linux.
    [StructLayout(LayoutKind.Explicit, Size = 60)]
    private struct Settings
    {
        [FieldOffset(12)] public uint Local;
    }
}
