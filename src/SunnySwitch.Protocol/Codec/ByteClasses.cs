using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SunnySwitch.Protocol.Codec;

/// <summary>A set of byte values: sixteen at a time for speed, one at a time to find the culprit.</summary>
internal interface IByteClass
{
    /// <summary>True if all sixteen are in the set.</summary>
    bool Holds(Vector128<byte> bytes);

    /// <summary>True if the byte is in the set.</summary>
    bool Holds(byte value);
}

/// <summary>Bytes from <paramref name="low"/> to <paramref name="low"/> + <paramref name="width"/>.</summary>
internal readonly struct RangeClass(byte low, byte width) : IByteClass
{
    /// <summary>ASCII digits.</summary>
    public static RangeClass Digits => new((byte)'0', 9);

    /// <summary>
    /// Printable ASCII, space to tilde: ISO 8583's ans over the 7-bit code of ISO 646. Control characters are refused
    /// because they reach logs and terminals, bytes over 0x7E because their meaning depends on a code page that no
    /// dialect here names.
    /// </summary>
    public static RangeClass Printable => new((byte)' ', '~' - ' ');

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Holds(Vector128<byte> bytes) =>
        Vector128.LessThanOrEqualAll(bytes - Vector128.Create(low), Vector128.Create(width));

    public bool Holds(byte value) => (byte)(value - low) <= width;
}

/// <summary>Upper-case hex characters.</summary>
internal readonly struct HexClass : IByteClass
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Holds(Vector128<byte> bytes)
    {
        var digit = Vector128.LessThanOrEqual(bytes - Vector128.Create((byte)'0'), Vector128.Create((byte)9));
        var letter = Vector128.LessThanOrEqual(bytes - Vector128.Create((byte)'A'), Vector128.Create((byte)5));
        return (digit | letter) == Vector128<byte>.AllBitsSet;
    }

    public bool Holds(byte value) => (byte)(value - '0') <= 9 || (byte)(value - 'A') <= 5;
}

/// <summary>ASCII digits and the separators = and D.</summary>
internal readonly struct TrackClass : IByteClass
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Holds(Vector128<byte> bytes)
    {
        var digit = Vector128.LessThanOrEqual(bytes - Vector128.Create((byte)'0'), Vector128.Create((byte)9));
        var separator = Vector128.Equals(bytes, Vector128.Create((byte)'='))
            | Vector128.Equals(bytes, Vector128.Create((byte)'D'));
        return (digit | separator) == Vector128<byte>.AllBitsSet;
    }

    public bool Holds(byte value) => (byte)(value - '0') <= 9 || value is (byte)'=' or (byte)'D';
}

/// <summary>Two packed digits.</summary>
internal readonly struct BcdClass : IByteClass
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Holds(Vector128<byte> bytes)
    {
        var low = bytes & Vector128.Create((byte)0x0F);
        var high = (bytes.AsUInt16() >>> 4).AsByte() & Vector128.Create((byte)0x0F);
        return Vector128.LessThanOrEqualAll(Vector128.Max(low, high), Vector128.Create((byte)9));
    }

    public bool Holds(byte value) => (value & 0x0F) <= 9 && value >> 4 <= 9;
}

/// <summary>Two nibbles, each a digit or the separator D.</summary>
internal readonly struct BcdTrackClass : IByteClass
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Holds(Vector128<byte> bytes)
    {
        var low = bytes & Vector128.Create((byte)0x0F);
        var high = (bytes.AsUInt16() >>> 4).AsByte() & Vector128.Create((byte)0x0F);
        return (Digit(low) & Digit(high)) == Vector128<byte>.AllBitsSet;
    }

    public bool Holds(byte value) => (value & 0x0F) is <= 9 or 0x0D && value >> 4 is <= 9 or 0x0D;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Digit(Vector128<byte> nibbles) =>
        Vector128.LessThanOrEqual(nibbles, Vector128.Create((byte)9))
        | Vector128.Equals(nibbles, Vector128.Create((byte)0x0D));
}

/// <summary>Checks over spans of any length, never reading outside them.</summary>
internal static class ByteClasses
{
    /// <summary>True if every byte is in the set; an empty span is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool All<TClass>(ReadOnlySpan<byte> bytes, TClass set) where TClass : struct, IByteClass
    {
        if (bytes.Length < Vector128<byte>.Count) return bytes.IsEmpty || set.Holds(LoadShort(bytes));
        return AllLong(bytes, set);
    }

    /// <summary>
    /// Copies bytes that are all in the set, each loaded once; false if one is not (the target then holds anything). The
    /// target is exactly as long.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryCopy<TClass>(ReadOnlySpan<byte> bytes, Span<byte> target, TClass set) where TClass : struct, IByteClass
    {
        if (bytes.Length >= Vector128<byte>.Count) return TryCopyLong(bytes, target, set);
        if (bytes.Length >= sizeof(ulong))
        {
            var first = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            var last = BinaryPrimitives.ReadUInt64LittleEndian(bytes[^sizeof(ulong)..]);
            BinaryPrimitives.WriteUInt64LittleEndian(target, first);
            BinaryPrimitives.WriteUInt64LittleEndian(target[^sizeof(ulong)..], last);
            return set.Holds(Vector128.Create(first, last).AsByte());
        }

        if (bytes.Length >= sizeof(uint))
        {
            var first = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            var last = BinaryPrimitives.ReadUInt32LittleEndian(bytes[^sizeof(uint)..]);
            BinaryPrimitives.WriteUInt32LittleEndian(target, first);
            BinaryPrimitives.WriteUInt32LittleEndian(target[^sizeof(uint)..], last);
            return set.Holds(Vector128.Create(first | ((ulong)last << 32)).AsByte());
        }

        var good = true;
        for (var index = 0; index < bytes.Length; index++)
        {
            target[index] = bytes[index];
            good &= set.Holds(bytes[index]);
        }

        return good;
    }

    private static bool TryCopyLong<TClass>(ReadOnlySpan<byte> bytes, Span<byte> target, TClass set) where TClass : struct, IByteClass
    {
        var last = Vector128.Create(bytes[^Vector128<byte>.Count..]);
        var good = set.Holds(last);
        last.CopyTo(target[^Vector128<byte>.Count..]);
        for (; bytes.Length > Vector128<byte>.Count; bytes = bytes[Vector128<byte>.Count..], target = target[Vector128<byte>.Count..])
        {
            var block = Vector128.Create(bytes);
            good &= set.Holds(block);
            block.CopyTo(target);
        }

        return good;
    }

    /// <summary>Index of the first byte outside the set; the length if there is none.</summary>
    public static int FirstOutside<TClass>(ReadOnlySpan<byte> bytes, TClass set) where TClass : struct, IByteClass
    {
        var index = 0;
        while (index < bytes.Length && set.Holds(bytes[index])) index++;
        return index;
    }

    private static bool AllLong<TClass>(ReadOnlySpan<byte> bytes, TClass set) where TClass : struct, IByteClass
    {
        // The last load overlaps the one before it: checking a byte twice is cheaper than a loop for the rest.
        var last = Vector128.Create(bytes[^Vector128<byte>.Count..]);
        for (; bytes.Length > Vector128<byte>.Count; bytes = bytes[Vector128<byte>.Count..])
        {
            if (!set.Holds(Vector128.Create(bytes))) return false;
        }

        return set.Holds(last);
    }

    // All bytes of a span of 1 to 15, some of them twice, so that one vector check covers every short field.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> LoadShort(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= sizeof(ulong))
        {
            return Vector128.Create(
                BinaryPrimitives.ReadUInt64LittleEndian(bytes),
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[^sizeof(ulong)..])).AsByte();
        }

        if (bytes.Length >= sizeof(uint))
        {
            var first = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            var second = BinaryPrimitives.ReadUInt32LittleEndian(bytes[^sizeof(uint)..]);
            return Vector128.Create(first | ((ulong)second << 32)).AsByte();
        }

        var three = bytes[0] | ((uint)bytes[bytes.Length >> 1] << 8) | ((uint)bytes[^1] << 16);
        return Vector128.Create(three | ((uint)bytes[0] << 24)).AsByte();
    }
}
