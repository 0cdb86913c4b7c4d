using System.Runtime.CompilerServices;

namespace SunnySwitch.Core.State;

/// <summary>Numbers of the hashed tables. Part of every state hash: never reused or renumbered; new data is a new table.</summary>
public enum StateTable : ushort
{
#pragma warning disable CS1591
    Cards = 1, Accounts = 2, Holds = 3, DuplicateKeys = 4, Tombstones = 5, Sessions = 6, BusinessDate = 7, Epoch = 8,
#pragma warning restore CS1591
}

/// <summary>Memory of the tables: taken once, touched at once.</summary>
internal static class TableMemory
{
    private const int PageBytes = 4096;

    /// <summary>Zeroed and resident: the first transaction must not pay for page faults, nor may the memory be missing later.</summary>
    public static T[] Take<T>(int count) where T : struct
    {
        var table = GC.AllocateArray<T>(count);
        var step = Math.Max(1, PageBytes / Unsafe.SizeOf<T>());
        for (var index = 0; index < count; index += step) table[index] = default;
        return table;
    }

    /// <summary>Smallest power of two that is at least <paramref name="count"/>, and at least 16.</summary>
    public static int PowerOfTwo(long count) =>
        checked((int)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)Math.Max(16, count)));
}
