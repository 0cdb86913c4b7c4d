using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Text;

/// <summary>
/// Messages for people and scripts: JSON (one object, no line end) and a tree with names and offsets. Masked unless
/// the caller says that the data is test data. Allocates; not for the hot path.
/// </summary>
public static class MessageText
{
    // Relaxed: the output is JSON, never pasted into HTML.
    private static readonly JsonWriterOptions _jsonOptions =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Writes <c>{"mti":"0100","fields":{"2":"..."}}</c>, or <c>{"error":"Truncated","field":"35","offset":71}</c> if
    /// the message is bad; returns how the decode ended.
    /// </summary>
    public static DecodeResult WriteJson(
        Dialect dialect, ReadOnlySpan<byte> message, bool unmasked, IBufferWriter<byte> target)
    {
        var table = default(FieldTable);
        var result = Codec.Decoder.Decode(dialect, message, ref table);
        if (!result.IsOk)
        {
            WriteErrorJson(result.Error.ToString(), result.Field, result.Offset, target);
            return result;
        }

        using var writer = new Utf8JsonWriter(target, _jsonOptions);
        writer.WriteStartObject();
        writer.WriteString("mti", Mti(table.Mti));
        writer.WriteStartObject("fields");
        foreach (var field in table.Present)
        {
            writer.WriteString(Number(field), Value(dialect, message, ref table, field, unmasked));
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        return result;
    }

    /// <summary>Writes an error object; <paramref name="field"/> -1 becomes null.</summary>
    public static void WriteErrorJson(string error, int field, int offset, IBufferWriter<byte> target)
    {
        using var writer = new Utf8JsonWriter(target, _jsonOptions);
        writer.WriteStartObject();
        writer.WriteString("error", error);
        if (field < 0) writer.WriteNull("field");
        else writer.WriteString("field", Number(field));
        writer.WriteNumber("offset", offset);
        writer.WriteEndObject();
    }

    /// <summary>
    /// Writes a line for the message, one for each field decoded (offset, number, name, value) and one for the error if
    /// there is one; returns how the decode ended.
    /// </summary>
    public static DecodeResult WriteTree(
        Dialect dialect, ReadOnlySpan<byte> message, bool unmasked, IBufferWriter<byte> target)
    {
        var table = default(FieldTable);
        var result = Codec.Decoder.Decode(dialect, message, ref table);
        var text = new StringBuilder();
        if (table.Mti != 0) text.Append($"{Mti(table.Mti)} {FieldNames.OfMti(table.Mti)}, ");
        text.Append($"{message.Length} bytes, {dialect.Name}\n");
        var reader = new MessageReader(dialect, message, ref table);
        foreach (var field in table.Present)
        {
            var value = Value(dialect, message, ref table, field, unmasked);
            text.Append($"  @{reader.Offset(field),-5} {field,3}  {FieldNames.Of(field),-42} {value}\n");
        }

        if (!result.IsOk) text.Append($"  error: {Explain(result)}\n");
        Encoding.UTF8.GetBytes(text.ToString(), target);
        return result;
    }

    /// <summary>An error in a sentence, without any of the message's bytes.</summary>
    public static string Explain(DecodeResult result)
    {
        var what = result.Error switch
        {
            DecodeError.None => "good",
            DecodeError.Truncated => "the message ends inside it",
            DecodeError.BadMti => "not four digits",
            DecodeError.BadBitmap => "not upper-case hex characters",
            DecodeError.BadLengthDigits => "its length is not decimal digits",
            DecodeError.LengthOverMax => "its length is over the maximum",
            DecodeError.UndefinedField => "the bitmap announces it and the dialect does not define it",
            DecodeError.BadDigit => "it holds a character outside its set",
            DecodeError.BadPadding => "its pad nibble is not 0",
            DecodeError.TrailingBytes => "bytes are left over after the last field",
            _ => "not BER-TLV",
        };
        var place = result.Field < 0 ? "" : $" in field {result.Field} ({FieldNames.Of(result.Field)})";
        return $"{result.Error}{place} at offset {result.Offset}: {what}";
    }

    private static string Value(
        Dialect dialect, ReadOnlySpan<byte> message, ref readonly FieldTable table, int field, bool unmasked)
    {
        var reader = new MessageReader(dialect, message, in table);
        var type = dialect.TypeOf(field);
        string value;
        if (type == FieldType.Track && !dialect.IsPacked(field))
        {
            // The separator as it came, = or D.
            var characters = new byte[reader.Units(field)];
            FieldContent.CopyCharacters(in dialect.Plans[field], reader.Content(field), characters.Length, characters);
            value = Encoding.ASCII.GetString(characters);
        }
        else
        {
            var characters = new byte[reader.Units(field) * 2];
            value = Encoding.ASCII.GetString(characters, 0, reader.CopyText(field, characters));
            if (type == FieldType.Track) value = value.Replace('=', 'D');   // Packed: the nibble's own name.
        }

        return unmasked ? value : Masking.Mask(type, field, value);
    }

    private static string Mti(ushort mti) => mti.ToString("X4", CultureInfo.InvariantCulture);

    private static string Number(int field) => field.ToString(CultureInfo.InvariantCulture);
}
