using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Codec;

/// <summary>
/// EBCDIC code pages 1047 and 037 for the 95 printable characters of ISO 646. Whatever else a code page holds is no
/// character here, so that what is read can always be written back.
/// </summary>
internal static class Ebcdic
{
    // In the order of ISO 646, from space to tilde, code page 1047.
    private static ReadOnlySpan<byte> Page1047 =>
    [
        0x40, 0x5A, 0x7F, 0x7B, 0x5B, 0x6C, 0x50, 0x7D, 0x4D, 0x5D, 0x5C, 0x4E, 0x6B, 0x60, 0x4B, 0x61,
        0xF0, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0x7A, 0x5E, 0x4C, 0x7E, 0x6E, 0x6F,
        0x7C, 0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6,
        0xD7, 0xD8, 0xD9, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xAD, 0xE0, 0xBD, 0x5F, 0x6D,
        0x79, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96,
        0x97, 0x98, 0x99, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xC0, 0x4F, 0xD0, 0xA1,
    ];

    private static readonly byte[] _to1047 = BuildTo(0xAD, 0xBD, 0x5F);
    private static readonly byte[] _to037 = BuildTo(0xBA, 0xBB, 0xB0);
    private static readonly byte[] _from1047 = BuildFrom(_to1047);
    private static readonly byte[] _from037 = BuildFrom(_to037);

    /// <summary>A byte's character; 0 if it has none. In ASCII encodings the byte itself.</summary>
    public static byte Character(FieldEncoding encoding, byte value) => encoding switch
    {
        FieldEncoding.Ebcdic1047 => _from1047[value],
        FieldEncoding.Ebcdic037 => _from037[value],
        _ => value,
    };

    /// <summary>True if every byte is a printable character.</summary>
    public static bool AreCharacters(FieldEncoding encoding, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> characters = encoding == FieldEncoding.Ebcdic037 ? _from037 : _from1047;
        foreach (var value in bytes)
        {
            if (characters[value] == 0) return false;
        }

        return true;
    }

    /// <summary>The byte of a printable character.</summary>
    public static byte Byte(FieldEncoding encoding, byte character) => encoding switch
    {
        FieldEncoding.Ebcdic1047 => _to1047[character & 0x7F],
        FieldEncoding.Ebcdic037 => _to037[character & 0x7F],
        _ => character,
    };

    /// <summary>Bytes to characters, or a plain copy where the encoding is ASCII.</summary>
    public static void ToCharacters(FieldEncoding encoding, ReadOnlySpan<byte> bytes, Span<byte> target)
    {
        if (encoding == FieldEncoding.Ascii)
        {
            bytes.CopyTo(target);
            return;
        }

        ReadOnlySpan<byte> table = encoding == FieldEncoding.Ebcdic037 ? _from037 : _from1047;
        target = target[..bytes.Length];
        for (var index = 0; index < bytes.Length; index++) target[index] = table[bytes[index]];
    }

    /// <summary>Characters to bytes, or a plain copy where the encoding is ASCII.</summary>
    public static void ToBytes(FieldEncoding encoding, ReadOnlySpan<byte> characters, Span<byte> target)
    {
        if (encoding == FieldEncoding.Ascii)
        {
            characters.CopyTo(target);
            return;
        }

        ReadOnlySpan<byte> table = encoding == FieldEncoding.Ebcdic037 ? _to037 : _to1047;
        target = target[..characters.Length];
        for (var index = 0; index < characters.Length; index++) target[index] = table[characters[index] & 0x7F];
    }

    private static byte[] BuildTo(byte openBracket, byte closeBracket, byte caret)
    {
        var table = new byte[128];
        Page1047.CopyTo(table.AsSpan(' '));
        table['['] = openBracket;
        table[']'] = closeBracket;
        table['^'] = caret;
        return table;
    }

    private static byte[] BuildFrom(byte[] to)
    {
        var table = new byte[256];
        for (var character = (int)' '; character <= '~'; character++) table[to[character]] = (byte)character;
        return table;
    }
}
