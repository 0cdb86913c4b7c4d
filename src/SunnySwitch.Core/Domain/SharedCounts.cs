using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SunnySwitch.Core.Domain;

/// <summary>Whether it was known what other cells had counted. Durable.</summary>
public enum SharedSource : byte
{
#pragma warning disable CS1591
    None = 0,
#pragma warning restore CS1591
    /// <summary>They were asked for, and told.</summary>
    Told = 1,
    /// <summary>Nobody can be asked: no desk is configured.</summary>
    Nobody = 2,
    /// <summary>Too many waited already.</summary>
    Full = 3,
    /// <summary>The desk failed, or is left alone for a while since it failed.</summary>
    Failed = 4,
    /// <summary>It did not answer within its time, or the rules or the date had changed by then.</summary>
    Late = 5,
}

/// <summary>
/// What other cells had counted for a limit. Little-endian, frozen.
/// <code>
/// 0 limit id 1 | 1 unused 7 | 8 transactions 8 | 16 minor units 8 | 24
/// </code>
/// Of a ratio, attempts and declines; of different cards, the bits that they have set in the place of the amount.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct SharedCount
{
    /// <summary>Size of the layout.</summary>
    public const int Bytes = 24;
#pragma warning disable CS1591
    [FieldOffset(0)] public byte Limit;
    [FieldOffset(8)] public long Count;
    [FieldOffset(16)] public long AmountMinor;
#pragma warning restore CS1591
}

/// <summary>
/// What other cells had counted when a request was decided: values, so that deciding it once more needs nobody. Little-endian, frozen: since version 5
/// of <see cref="Decided"/>, the last of its payload, and there only with <see cref="RequestHas.SharedCounts"/>.
/// <code>
/// 0 source 1 | 1 how many limits 1 | 2 unused 6 | 8 so many times <see cref="SharedCount"/> 24
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = BytesMax)]
public struct SharedCounts
{
    /// <summary>Most limits that can be shared.</summary>
    public const int LimitsMax = 8;

    /// <summary>Size of the layout with as many limits.</summary>
    public const int BytesMax = HeadBytes + (LimitsMax * SharedCount.Bytes);

    // Of any sum of ours and others': a thousand times of it fits.
    private const long Most = 1_000_000_000_000_000;
    private const int HeadBytes = 8;
#pragma warning disable CS1591
    [FieldOffset(0)] public SharedSource Source;
    /// <summary>Of <see cref="Limits"/> these are meant.</summary>
    [FieldOffset(1)] public byte Count;
    [FieldOffset(HeadBytes)] public SharedList Limits;
#pragma warning restore CS1591

    /// <summary>Bytes in the frame.</summary>
    public readonly int Bytes => HeadBytes + (Count * SharedCount.Bytes);

    /// <summary>Nothing is known, and why.</summary>
    public static SharedCounts Without(SharedSource why) => new() { Source = why };

    /// <summary>Adds what was counted for a limit, in one window; bits are united.</summary>
    public void Add(byte limit, long count, long amountMinor, bool areBits)
    {
        Source = SharedSource.Told;
        var place = 0;
        while (place < Count && Limits[place].Limit != limit) place++;
        if (place == LimitsMax) return;
        if (place == Count) Limits[Count++] = new SharedCount { Limit = limit };
        ref var sum = ref Limits[place];
        // What others say is not trusted to be sensible: no sum overflows.
        sum.Count = Math.Clamp(sum.Count + Math.Clamp(count, 0, Most), 0, Most);
        sum.AmountMinor = areBits ? sum.AmountMinor | amountMinor : Math.Clamp(sum.AmountMinor + Math.Clamp(amountMinor, 0, Most), 0, Most);
    }

    /// <summary>What others have counted for a limit; zeros where that is not known.</summary>
    public readonly (long Count, long AmountMinor) Of(byte limit)
    {
        foreach (ref readonly var each in ((ReadOnlySpan<SharedCount>)Limits)[..Count])
        {
            if (each.Limit == limit) return (each.Count, each.AmountMinor);
        }

        return (0, 0);
    }

    /// <summary>Writes what belongs into the frame; returns its bytes.</summary>
    public static int Write(in SharedCounts counts, Span<byte> target)
    {
        MemoryMarshal.AsBytes(new ReadOnlySpan<SharedCounts>(in counts))[..counts.Bytes].CopyTo(target);
        return counts.Bytes;
    }

    /// <summary>Reads the end of a payload; false if it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> tail, out SharedCounts counts)
    {
        counts = default;
        if (!IsGood(tail)) return false;
        tail.CopyTo(MemoryMarshal.AsBytes(new Span<SharedCounts>(ref counts)));
        return true;
    }

    /// <summary>True if it is the end of a payload.</summary>
    internal static bool IsGood(ReadOnlySpan<byte> tail) =>
        tail.Length >= HeadBytes && tail[0] != 0 && tail[1] <= LimitsMax && tail.Length == HeadBytes + (tail[1] * SharedCount.Bytes);
}

/// <summary>By limit, in the order in which they were asked for.</summary>
[InlineArray(SharedCounts.LimitsMax)]
public struct SharedList
{
    private SharedCount _first;
}
