using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SunnySwitch;

/// <summary>Memory of tables: taken and touched at start, never moved, on huge pages where the system grants them.</summary>
/// <remarks>
/// With 4 KiB pages a look-up in a table of gigabytes misses the TLB each time, and touching one page at a time took
/// 8 s for 2.8 GB; advice for huge pages (<c>madvise</c>, MADV_HUGEPAGE) is a hint, so a refusal changes nothing else.
/// </remarks>
public static class TableMemory
{
    private const int HugePageBytes = 2 << 20;
    private const int AdviseHugePages = 14;
    private const int PieceBytes = 64 << 20;

    /// <summary>A pinned array of zeros, every page of it present.</summary>
    /// <param name="count">Entries.</param>
    /// <param name="touch">False: pages come as they are used. For a fold that may find far fewer entries than there is room for.</param>
    public static T[] Take<T>(int count, bool touch = true)
        where T : unmanaged
    {
        if (!touch) return GC.AllocateArray<T>(count, pinned: true);
        // Uninitialised first: the collector's own clearing would touch every small page before the advice is given.
        var table = GC.AllocateUninitializedArray<T>(count, pinned: true);
        var bytes = (long)count * Unsafe.SizeOf<T>();
        if (OperatingSystem.IsLinux() && bytes >= 2 * HugePageBytes) AdviseHuge(table, bytes);
        if (bytes < PieceBytes) Array.Clear(table);
        else ClearTogether(table);
        return table;
    }

    /// <summary>The smallest power of two that is not below <paramref name="count"/>, at least 16.</summary>
    public static int PowerOfTwo(long count)
    {
        Must.Hold(count is > 0 and <= 1 << 30);
        return (int)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(16, count));
    }

    /// <summary>Says in words, and stops, when a table is too small for what a data folder holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void NeedsRoom(string table, long entries, long max)
    {
        if (entries > max) HasNoRoom(table, entries, max);
    }

    [DoesNotReturn, MethodImpl(MethodImplOptions.NoInlining)]
    private static void HasNoRoom(string table, long entries, long max) => throw new StopToProtectDataException(
        $"{table}: the data folder holds {entries} or more, the configuration has room for {max}: raise it, then start again");

    [DllImport("libc", EntryPoint = "madvise")]
    private static extern int Advise(nint address, nint bytes, int advice);

    /// <summary>By all processors: giving a process its pages is the system's work, and a start waits for it.</summary>
    private static void ClearTogether<T>(T[] table)
        where T : unmanaged
    {
        var entries = PieceBytes / Unsafe.SizeOf<T>();
        Parallel.For(0, (table.Length + entries - 1) / entries, piece =>
            Array.Clear(table, piece * entries, Math.Min(entries, table.Length - (piece * entries))));
    }

    private static void AdviseHuge<T>(T[] table, long bytes)
    {
        var start = Marshal.UnsafeAddrOfPinnedArrayElement(table, 0);
        var first = (start + HugePageBytes - 1) & ~(nint)(HugePageBytes - 1);
        var end = (nint)(start + bytes) & ~(nint)(HugePageBytes - 1);
        if (end > first) _ = Advise(first, end - first, AdviseHugePages);
    }
}
