using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Cell;

/// <summary>What an HSM adds to an answer: issuer authentication data for the chip (tag 91 in DE55), and a MAC (DE64 or DE128).</summary>
internal readonly ref struct AnswerSecurity
{
    public const int MacField = 64, LaterMacField = 128;
    public const int MacBytesMax = 16;
    private const int ChipField = 55, TagBytes = 2;

    /// <summary>Content of tag 91; empty: none.</summary>
    public ReadOnlySpan<byte> Chip { get; init; }

    /// <summary>Whether the link's messages have a MAC.</summary>
    public bool HasMac { get; init; }

    /// <summary>True if there is anything to add.</summary>
    public bool IsThere => HasMac || !Chip.IsEmpty;

    /// <summary>The same where the dialect has a field that takes it.</summary>
    public ReadOnlySpan<byte> ChipFor(Dialect dialect)
    {
        var fits = dialect.TypeOf(ChipField) is FieldType.Binary or FieldType.Text && !dialect.IsFixed(ChipField);
        var units = (Chip.Length + TagBytes) * (dialect.TypeOf(ChipField) == FieldType.Binary ? 1 : 2);
        return fits && dialect.UnitsMax(ChipField) >= units ? Chip : default;
    }

    /// <summary>Tag 91 alone, as bytes or as the hex that the dialect writes them in.</summary>
    public static void WriteChip(ref MessageWriter writer, Dialect dialect, scoped ReadOnlySpan<byte> chip)
    {
        Span<byte> data = stackalloc byte[TagBytes + MacBytesMax];
        data = data[..(TagBytes + chip.Length)];
        (data[0], data[1]) = (0x91, (byte)chip.Length);
        chip.CopyTo(data[TagBytes..]);
        if (dialect.TypeOf(ChipField) == FieldType.Binary)
        {
            writer.Binary(ChipField, data);
            return;
        }

        Span<byte> hex = stackalloc byte[2 * (TagBytes + MacBytesMax)];
        Must.Hold(Convert.TryToHexString(data, hex, out var written));
        writer.Text(ChipField, hex[..written]);
    }

    /// <summary>A MAC of zeros; returns where its content begins.</summary>
    public static int WriteBlankMac(ref MessageWriter writer, Dialect dialect, int field)
    {
        Span<byte> blank = stackalloc byte[MacBytesMax];
        blank = blank[..Math.Min(blank.Length, dialect.UnitsMax(field))];
        blank.Clear();
        var at = writer.Written;
        writer.Binary(field, blank);
        return at;
    }
}
