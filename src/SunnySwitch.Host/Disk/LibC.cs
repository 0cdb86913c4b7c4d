using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SunnySwitch.Host.Disk;

/// <summary>The calls of the C library that the class library has no equal for. Linux only.</summary>
internal static class LibC
{
    /// <summary>The call was interrupted before it did anything.</summary>
    internal const int Interrupted = 4;

    /// <summary>For a direct write: this file system, or these bytes, cannot be written so.</summary>
    internal const int InvalidArgument = 22;

    private const int ReadWrite = 2, CloseOnExec = 0x8_0000;
    private const int KillSignal = 9, IdlePolicy = 5, ThisThread = 0, Nice = 10;

    /// <summary>The flag's value is the processor's; 0 = not known here, so written through the page cache.</summary>
    private static readonly int Direct = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 0x4000,
        Architecture.Arm64 => 0x1_0000,
        _ => 0,
    };

    /// <summary>Opens a file for direct writes; null when the file system has none.</summary>
    internal static SafeFileHandle? TryOpenDirect(string path)
    {
        if (!OperatingSystem.IsLinux() || Direct == 0) return null;
        var descriptor = open(Utf8(path), ReadWrite | CloseOnExec | Direct, 0);
        if (descriptor >= 0) return new SafeFileHandle(descriptor, ownsHandle: true);
        return Marshal.GetLastPInvokeError() == InvalidArgument ? null : throw Failure("open", path);
    }

    /// <summary>Makes a file's bytes durable, and its length, but not its times.</summary>
    internal static void FlushData(SafeFileHandle file, string name)
    {
        if (!OperatingSystem.IsLinux()) RandomAccess.FlushToDisk(file);
        else if (fdatasync(file) != 0) throw Failure("fdatasync", name);
    }

    /// <summary>Bytes written, perhaps fewer than given; negative: see <see cref="LastError"/>.</summary>
    internal static int Write(SafeFileHandle file, long offset, ReadOnlySpan<byte> source) =>
        (int)pwrite(file, in MemoryMarshal.GetReference(source), source.Length, offset);

    internal static int LastError => Marshal.GetLastPInvokeError();

    internal static IOException Failure(string call, string name)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{call} {name}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})");
    }

    /// <summary>Gives a file its length without writing it.</summary>
    internal static void SetLength(SafeFileHandle file, string name, long bytes)
    {
        if (!OperatingSystem.IsLinux()) RandomAccess.SetLength(file, bytes);
        else if (ftruncate(file, bytes) != 0) throw Failure("ftruncate", name);
    }

    /// <summary>This thread runs only when nobody else wants to (<c>SCHED_IDLE</c>), where there is such a thing.</summary>
    internal static void YieldToEverybody()
    {
        if (OperatingSystem.IsLinux()) _ = sched_setscheduler(0, IdlePolicy, 0);
    }

    /// <summary>This thread comes after all that are not like it, where threads have priorities of their own.</summary>
    internal static void StepBack()
    {
        if (OperatingSystem.IsLinux()) _ = setpriority(ThisThread, 0, Nice);
    }

    /// <summary>SIGKILL to this process: no code of it runs any more.</summary>
    internal static void KillThisProcess() => Must.Hold(kill(Environment.ProcessId, KillSignal) == 0);

    private static byte[] Utf8(string path) => System.Text.Encoding.UTF8.GetBytes(path + '\0');

    [DllImport("libc", SetLastError = true)]
    private static extern int open(byte[] path, int flags, int mode);

    [DllImport("libc", SetLastError = true)]
    private static extern nint pwrite(SafeFileHandle file, in byte source, nint bytes, long offset);

    [DllImport("libc", SetLastError = true)]
    private static extern int fdatasync(SafeFileHandle file);

    [DllImport("libc", SetLastError = true)]
    private static extern int ftruncate(SafeFileHandle file, long bytes);

    [DllImport("libc", SetLastError = true)]
    private static extern int sched_setscheduler(int process, int policy, in int parameters);

    [DllImport("libc", SetLastError = true)]
    private static extern int setpriority(int which, int who, int priority);

    [DllImport("libc")]
    private static extern int kill(int process, int signal);
}
