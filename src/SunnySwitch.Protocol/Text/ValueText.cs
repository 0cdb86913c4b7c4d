using System.Globalization;
using System.Text;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Text;

/// <summary>Values as people and scripts read them: text as it is, bytes in upper-case hex.</summary>
internal static class ValueText
{
    /// <summary>Value of a field that is present, unmasked.</summary>
    public static string Of(Dialect dialect, in MessageReader reader, int field) =>
        Of(in dialect.Plans[field], reader.Content(field), reader.Units(field));

    /// <summary>Value of the part under the cursor, unmasked.</summary>
    public static string Of(in PartReader part) => Of(in part.Plan, part.Content, part.Units);

    /// <summary>Four digits.</summary>
    public static string Mti(ushort mti) => mti.ToString("X4", CultureInfo.InvariantCulture);

    /// <summary>Bytes of the wire in hex, at most that many.</summary>
    public static string Raw(ReadOnlySpan<byte> raw, int most)
    {
        var hex = Convert.ToHexString(raw[..Math.Min(raw.Length, most)]);
        return raw.Length > most ? string.Create(CultureInfo.InvariantCulture, $"{hex}+{raw.Length - most}") : hex;
    }

    private static string Of(in FieldPlan plan, ReadOnlySpan<byte> content, int units)
    {
        var characters = new byte[units * 2];
        var length = FieldContent.CopyCharacters(in plan, content, units, characters);
        var value = Encoding.ASCII.GetString(characters, 0, length);
        // Packed: the nibble's own name. In text the separator stays as it came, = or D.
        return plan.Type == FieldType.Track && plan.IsPacked ? value.Replace('=', 'D') : value;
    }
}
