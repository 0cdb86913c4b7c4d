using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm.Blocks;

/// <summary>
/// The clear part of a key block of X9.143 (TR-31): 16 characters, then optional blocks.
/// <code>
/// 0 version | 1 length, 4 digits | 5 usage | 7 algorithm | 8 mode | 9 key version | 11 exportability | 12 optional blocks | 14 reserved 00
/// </code>
/// </summary>
public readonly ref struct KeyBlockHeader
{
    /// <summary>Characters of the fixed part.</summary>
    public const int Characters = 16;

    /// <summary>Most characters of a block: four digits, and no key needs more than this.</summary>
    public const int BlockCharactersMax = 1_024;

    private readonly ReadOnlySpan<byte> _text;

    private KeyBlockHeader(ReadOnlySpan<byte> text, char version, KeyAttributes attributes)
    {
        _text = text;
        (Version, Attributes) = (version, attributes);
    }

    /// <summary>A, B, C or D.</summary>
    public char Version { get; }

    /// <summary>What is bound to the key. The values are the block's own and may be none that is known.</summary>
    public KeyAttributes Attributes { get; }

    /// <summary>Header and optional blocks.</summary>
    public ReadOnlySpan<byte> Text => _text;

    /// <summary>
    /// Reads a header from a whole block. The length must be the block's, every character printable, every optional block inside.
    /// Says nothing of the MAC.
    /// </summary>
    public static HsmResult TryRead(ReadOnlySpan<byte> block, out KeyBlockHeader header) => TryRead(block, 'A', 'D', out header);

    /// <summary>The same of other versions: digits are proprietary ones, whose text is not of whole cipher blocks.</summary>
    internal static HsmResult TryRead(ReadOnlySpan<byte> block, char first, char last, out KeyBlockHeader header)
    {
        header = default;
        if (block.Length < Characters) return HsmResult.KeyBlockLength;
        if (block.Length > BlockCharactersMax || block.ContainsAnyExceptInRange((byte)' ', (byte)'~')) return HsmResult.KeyBlockMalformed;
        if (block[0] < first || block[0] > last) return HsmResult.KeyBlockVersion;
        if (!TryNumber(block.Slice(1, 4), 10, out var length)) return HsmResult.KeyBlockMalformed;
        if (length != block.Length) return HsmResult.KeyBlockLength;
        if (!TryNumber(block.Slice(12, 2), 10, out var optional)) return HsmResult.KeyBlockMalformed;
        if (!block.Slice(14, 2).SequenceEqual("00"u8)) return HsmResult.KeyBlockMalformed;
        var end = Characters;
        for (var index = 0; index < optional; index++)
        {
            if (!TryOptional(block[end..], out var characters)) return HsmResult.KeyBlockMalformed;
            end += characters;
        }

        // The cipher text is whole blocks of 8 bytes, 16 for AES, and so is what the MAC is over.
        if (first == 'A' && end % (block[0] == 'D' ? 16 : 8) != 0) return HsmResult.KeyBlockMalformed;
        var attributes = new KeyAttributes(
            (KeyUsage)(block[5] << 8 | block[6]), (KeyAlgorithm)block[7], (KeyMode)block[8], (KeyExportability)block[11],
            block[9] == '0' && block[10] == '0' ? "00" : $"{(char)block[9]}{(char)block[10]}");
        header = new KeyBlockHeader(block[..end], (char)block[0], attributes);
        return HsmResult.Done;
    }

    /// <summary>The content of an optional block, such as KS; empty if it is not there.</summary>
    public ReadOnlySpan<byte> Optional(ReadOnlySpan<byte> name)
    {
        for (var rest = _text[Characters..]; TryOptional(rest, out var characters); rest = rest[characters..])
        {
            if (rest[..2].SequenceEqual(name)) return rest[4..characters];
        }

        return default;
    }

    /// <summary>Writes the fixed part; every value of the attributes is known.</summary>
    internal static void Write(Span<byte> target, char version, int length, in KeyAttributes attributes, int optional)
    {
        target[0] = (byte)version;
        WriteNumber(target.Slice(1, 4), length);
        (target[5], target[6]) = ((byte)((int)attributes.Usage >> 8), (byte)attributes.Usage);
        (target[7], target[8]) = ((byte)attributes.Algorithm, (byte)attributes.Mode);
        (target[9], target[10]) = ((byte)attributes.Version[0], (byte)attributes.Version[1]);
        target[11] = (byte)attributes.Exportability;
        WriteNumber(target.Slice(12, 2), optional);
        (target[14], target[15]) = ((byte)'0', (byte)'0');
    }

    private static void WriteNumber(Span<byte> target, int value)
    {
        for (var index = target.Length - 1; index >= 0; index--, value /= 10) target[index] = (byte)('0' + value % 10);
    }

    // Two characters of name, two hex digits of length over all of it. The form for more than 255 characters is not taken.
    private static bool TryOptional(ReadOnlySpan<byte> rest, out int characters)
    {
        characters = 0;
        return rest.Length >= 4 && TryNumber(rest.Slice(2, 2), 16, out characters) && characters >= 4 && characters <= rest.Length;
    }

    private static bool TryNumber(ReadOnlySpan<byte> digits, int radix, out int value)
    {
        value = 0;
        foreach (var each in digits)
        {
            var digit = each is >= (byte)'0' and <= (byte)'9' ? each - '0' : each is >= (byte)'A' and <= (byte)'F' ? each - 'A' + 10 : radix;
            if (digit >= radix) return false;
            value = value * radix + digit;
        }

        return true;
    }
}
