using System.Runtime.InteropServices;

namespace SunnySwitch.Disruptor;

/// <summary>Linux' sleep on a word of memory: 5 us from wake to running here, where events and semaphores take 30.</summary>
internal static class Futex
{
    private const int WaitPrivate = 0 | 128;   // FUTEX_WAIT | FUTEX_PRIVATE_FLAG
    private const int WakePrivate = 1 | 128;   // FUTEX_WAKE | FUTEX_PRIVATE_FLAG

    private static readonly long s_number = NumberOfThisSystem();

    /// <summary>False where there is no futex (another system, an unknown processor, a sandbox that forbids it): use a monitor.</summary>
    public static readonly bool IsSupported = Works();

    /// <summary>Sleeps while the word is <paramref name="expected"/>; may return early, so callers look at the word in a loop.</summary>
    public static void Wait(nint address, int expected) => _ = SystemCall(s_number, address, WaitPrivate, expected, 0, 0, 0);

    /// <summary>Wakes every thread that sleeps on the word.</summary>
    public static void WakeAll(nint address) => _ = SystemCall(s_number, address, WakePrivate, int.MaxValue, 0, 0, 0);

    private static long NumberOfThisSystem()
    {
        if (!OperatingSystem.IsLinux()) return 0;
        return RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 202,
            Architecture.Arm64 => 98,
            _ => 0,
        };
    }

    private static bool Works()
    {
        if (s_number == 0) return false;
        try
        {
            var word = GC.AllocateArray<int>(1, pinned: true);
            var woken = SystemCall(s_number, Marshal.UnsafeAddrOfPinnedArrayElement(word, 0), WakePrivate, 1, 0, 0, 0);
            GC.KeepAlive(word);
            return woken == 0; // Nobody sleeps there; -1 means that the call itself is refused.
        }
        catch (Exception refusal) when (refusal is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "syscall"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long SystemCall(long number, nint address, long operation, long value, nint timeout, nint address2, long value3);
}
