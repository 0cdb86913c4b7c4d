using System.Numerics;
using System.Runtime.InteropServices;

namespace SunnySwitch.Disruptor.Tests;

/// <summary>Keeps the calling thread on one core, where the system lets us.</summary>
internal static class Cores
{
    /// <summary>Stays on the <paramref name="index"/>th of the cores that the process may use; the thread must be the test's own.</summary>
    public static void StayOn(int index)
    {
        if (!OperatingSystem.IsLinux()) return;
        ulong allowed = 0;
        if (GetAffinity(0, sizeof(ulong), ref allowed) < 0) return;
        for (; index > 0; index--) allowed &= allowed - 1;
        if (allowed == 0) return;
        var one = 1ul << BitOperations.TrailingZeroCount(allowed);
        _ = SetAffinity(0, sizeof(ulong), ref one);
    }

    [DllImport("libc", EntryPoint = "sched_getaffinity"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetAffinity(int thread, nint bytes, ref ulong mask);

    [DllImport("libc", EntryPoint = "sched_setaffinity"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetAffinity(int thread, nint bytes, ref ulong mask);
}
