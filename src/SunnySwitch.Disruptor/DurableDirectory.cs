using System.Runtime.InteropServices;
using System.Text;

namespace SunnySwitch;

/// <summary>Makes the names in a directory durable: a renamed file is only then there for sure. The runtime has no call for it.</summary>
public static class DurableDirectory
{
    private const int ReadOnly = 0, CloseOnExec = 0x8_0000;

    /// <summary><c>fsync</c> of the directory; nothing where there is no such call.</summary>
    /// <exception cref="IOException">It failed.</exception>
    public static void Flush(string directory)
    {
        if (!OperatingSystem.IsLinux()) return;
        var descriptor = Open(Encoding.UTF8.GetBytes(directory + '\0'), ReadOnly | CloseOnExec, 0);
        if (descriptor < 0) throw Failure("open", directory);
        try
        {
            if (FlushAll(descriptor) != 0) throw Failure("fsync", directory);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failure(string call, string directory)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{call} {directory}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})");
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open(byte[] path, int flags, int mode);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int FlushAll(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int descriptor);
}
