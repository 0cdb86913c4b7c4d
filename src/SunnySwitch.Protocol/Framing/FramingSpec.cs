using System.Buffers.Binary;
using System.Globalization;
using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Protocol.Framing;

/// <summary>How a length is written.</summary>
internal enum LengthForm : byte
{
    /// <summary>There is none: ETX ends the message.</summary>
    None,
    /// <summary>Big-endian bytes.</summary>
    Binary,
    /// <summary>ASCII digits.</summary>
    Ascii,
    /// <summary>Packed digits.</summary>
    Bcd,
    /// <summary>Hex characters; either case is read, lower case written, as the channel of that form does.</summary>
    Hex,
}

/// <summary>What stands between length and message.</summary>
internal enum HeaderForm : byte
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>Bytes that go back as they came.</summary>
    Opaque,
    /// <summary>Protocol byte, destination, source: five bytes.</summary>
    Tpdu,
    /// <summary>The 22-byte header of BASE I.</summary>
    Base1,
}

/// <summary>The pieces of a framing's name.</summary>
internal sealed class FramingSpec
{
    private const string Known =
        "be16, be24, be32, ascii-len1 to ascii-len6, bcd4, hex4 (each may end with -inclusive), constants 0000 and d04a, tpdu5, base1hdr22, hdr1 to hdr32, etx";

    public byte[] Before { get; private set; } = [];

    public byte[] After { get; private set; } = [];

    public LengthForm Length { get; private set; }

    public int LengthBytes { get; private set; }

    public bool IsInclusive { get; private set; }

    public HeaderForm Header { get; private set; }

    public int HeaderBytes { get; private set; }

    public bool HasEtx { get; private set; }

    /// <summary>Reads a name; the older names of three framings are taken too.</summary>
    public static FramingSpec? TryParse(string name, out string? problem)
    {
        var spec = new FramingSpec();
        problem = null;
        var text = name switch { "binary2" => "be16", "ascii4" => "ascii-len4", "bcd2" => "bcd4", _ => name };
        foreach (var piece in text.Split('+'))
        {
            problem ??= spec.Add(piece);
        }

        if (problem is null && spec.Length == LengthForm.None && !spec.HasEtx) problem = "nothing says where a message ends: a length or etx is needed";
        if (problem is null && spec is { Length: LengthForm.None, Header: HeaderForm.Base1 }) problem = "base1hdr22 needs a length before it";
        return problem is null ? spec : null;
    }

    /// <summary>True if these first bytes of a length can be one.</summary>
    public bool AreLengthBytesGood(ReadOnlySpan<byte> bytes) => Length switch
    {
        LengthForm.Ascii => ByteClasses.All(bytes, RangeClass.Digits),
        LengthForm.Bcd => ByteClasses.All(bytes, default(BcdClass)),
        LengthForm.Hex => AreHex(bytes),
        _ => true,
    };

    /// <summary>Value of a whole length whose bytes are good.</summary>
    public long ReadLength(ReadOnlySpan<byte> bytes)
    {
        long value = 0;
        foreach (var each in bytes)
        {
            value = Length switch
            {
                LengthForm.Ascii => value * 10 + (each & 0x0F),
                LengthForm.Bcd => value * 100 + (each >> 4) * 10 + (each & 0x0F),
                LengthForm.Hex => (value << 4) | (uint)Hex.Value(each),
                _ => (value << 8) | each,
            };
        }

        return value;
    }

    /// <summary>Writes a length; false if it has no room for it.</summary>
    public bool WriteLength(int value, Span<byte> target)
    {
        switch (Length)
        {
            case LengthForm.Binary when target.Length == 2:
                BinaryPrimitives.WriteUInt16BigEndian(target, (ushort)value);
                return value <= ushort.MaxValue;
            case LengthForm.Ascii:
                return Decimals.WriteAscii((uint)value, target);
            case LengthForm.Bcd:
                return Decimals.WriteBcd((uint)value, target.Length * 2, target);
            default:
                for (var index = target.Length - 1; index >= 0; index--)
                {
                    target[index] = Length == LengthForm.Hex ? "0123456789abcdef"u8[value & 0x0F] : (byte)value;
                    value >>= Length == LengthForm.Hex ? 4 : 8;
                }

                return value == 0;
        }
    }

    private static bool AreHex(ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            if (Hex.Value(value) < 0) return false;
        }

        return true;
    }

    // The pieces come in the order of the wire.
    private string? Add(string piece)
    {
        if (HasEtx) return "etx is the last piece";
        if (piece == "etx")
        {
            HasEtx = true;
            return null;
        }

        if (Header != HeaderForm.None) return $"only etx may follow a header, is {Dialects.DialectProblems.Printable(piece)}";
        if (TryHeader(piece)) return null;
        if (piece is "0000" or "d04a") return AddConstant(Convert.FromHexString(piece));
        return TryLength(piece) ? null : $"{Dialects.DialectProblems.Printable(piece)} is no piece of a framing: {Known}";
    }

    private string? AddConstant(byte[] bytes)
    {
        if (Length == LengthForm.None && Before.Length == 0) Before = bytes;
        else if (Length != LengthForm.None && After.Length == 0) After = bytes;
        else return "one constant before the length and one behind it at most";
        return null;
    }

    private bool TryHeader(string piece)
    {
        var hasNumber = piece.StartsWith("hdr", StringComparison.Ordinal)
            && int.TryParse(piece.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && bytes is >= 1 and <= Headers.OpaqueBytesMax
            && (HeaderBytes = bytes) > 0;
        (Header, HeaderBytes) = piece switch
        {
            "tpdu5" => (HeaderForm.Tpdu, Headers.TpduBytes),
            "base1hdr22" => (HeaderForm.Base1, Headers.Base1Bytes),
            _ when hasNumber => (HeaderForm.Opaque, HeaderBytes),
            _ => (HeaderForm.None, 0),
        };
        return Header != HeaderForm.None;
    }

    private bool TryLength(string piece)
    {
        if (Length != LengthForm.None) return false;
        const string inclusive = "-inclusive";
        IsInclusive = piece.EndsWith(inclusive, StringComparison.Ordinal);
        if (IsInclusive) piece = piece[..^inclusive.Length];
        (Length, LengthBytes) = piece switch
        {
            "be16" => (LengthForm.Binary, 2),
            "be24" => (LengthForm.Binary, 3),
            "be32" => (LengthForm.Binary, 4),
            "bcd4" => (LengthForm.Bcd, 2),
            "hex4" => (LengthForm.Hex, 4),
            ['a', 's', 'c', 'i', 'i', '-', 'l', 'e', 'n', >= '1' and <= '6' and var digit] => (LengthForm.Ascii, digit - '0'),
            _ => (LengthForm.None, 0),
        };
        return Length != LengthForm.None;
    }
}
