namespace SunnySwitch.Protocol.Codec;

/// <summary>Tags of BER-TLV as EMV Book 3 annex B writes them, as big-endian numbers of their bytes.</summary>
internal static class Tlv
{
    /// <summary>Longest tag: longer ones are refused.</summary>
    public const int TagBytesMax = 4;

    /// <summary>Bytes of a tag.</summary>
    public static int TagBytes(uint tag) => tag switch { > 0xFF_FFFF => 4, > 0xFFFF => 3, > 0xFF => 2, _ => 1 };

    /// <summary>True if the value of the tag is BER-TLV again: bit 6 of its first byte.</summary>
    public static bool IsConstructed(uint tag) => ((tag >> (8 * (TagBytes(tag) - 1))) & 0x20) != 0;

    /// <summary>True if that many bytes, as a big-endian number, are one tag.</summary>
    public static bool IsTag(uint tag, int bytes)
    {
        if (bytes != TagBytes(tag) || tag == 0) return false;
        Span<byte> room = stackalloc byte[TagBytesMax + 2];
        for (var index = 0; index < bytes; index++) room[index] = (byte)(tag >> (8 * (bytes - 1 - index)));
        return TryReadTag(room[..bytes], 0, out var read, out var end, out _) && read == tag && end == bytes;
    }

    /// <summary>Reads the tag at <paramref name="at"/>; on failure <paramref name="bad"/> is the byte at fault, or the end.</summary>
    public static bool TryReadTag(ReadOnlySpan<byte> content, int at, out uint tag, out int end, out int bad)
    {
        bad = end = at;
        tag = content[end++];
        if (tag == 0) return false;
        if ((tag & 0x1F) != 0x1F) return true;
        for (var index = 1; index < TagBytesMax; index++)
        {
            bad = end;
            if (end >= content.Length) return false;
            var next = content[end++];
            if (index == 1 && next == 0x80) return false;   // A tag number has no leading zeros.
            tag = (tag << 8) | next;
            if (next < 0x80) return true;
        }

        return false;
    }

    /// <summary>Reads the length at <paramref name="at"/>: 0 to 127 in one byte, or 81 to 84 and that many bytes.</summary>
    public static bool TryReadLength(ReadOnlySpan<byte> content, int at, out int length, out int end, out int bad)
    {
        bad = end = at;
        length = 0;
        if (at >= content.Length) return false;
        length = content[end++];
        if (length < 0x80) return true;
        var bytes = length & 0x7F;
        if (bytes is 0 or > 4) return false;   // Without a length, or over 32 bits.
        bad = content.Length;
        if (content.Length - end < bytes) return false;
        uint value = 0;
        for (; bytes > 0; bytes--) value = (value << 8) | content[end++];
        length = (int)Math.Min(value, int.MaxValue);
        return true;
    }

    /// <summary>Bytes of the shortest way to write a length.</summary>
    public static int LengthBytes(int length) => length switch { < 0x80 => 1, <= 0xFF => 2, <= 0xFFFF => 3, _ => 4 };

    /// <summary>Writes tag and length; returns their bytes. The target has room.</summary>
    public static int Write(uint tag, int length, Span<byte> target)
    {
        var cursor = 0;
        for (var index = TagBytes(tag) - 1; index >= 0; index--) target[cursor++] = (byte)(tag >> (8 * index));
        var bytes = LengthBytes(length);
        if (bytes == 1)
        {
            target[cursor++] = (byte)length;
            return cursor;
        }

        target[cursor++] = (byte)(0x80 | (bytes - 1));
        for (var index = bytes - 2; index >= 0; index--) target[cursor++] = (byte)(length >> (8 * index));
        return cursor;
    }
}
