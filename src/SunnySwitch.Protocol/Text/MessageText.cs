using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Meaning;

namespace SunnySwitch.Protocol.Text;

/// <summary>
/// Messages for people and scripts: JSON (one object, no line end) and a tree (<see cref="MessageTree"/>). Every field that
/// has parts is opened. Masked unless the caller says that the data is test data. Allocates; not for the hot path.
/// </summary>
public static class MessageText
{
    // Relaxed: the output is JSON, never pasted into HTML.
    private static readonly JsonWriterOptions _jsonOptions =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Writes <c>{"mti":"0100","fields":{"2":"...","127.3":"..."}}</c>, or
    /// <c>{"error":"Truncated","field":"35","offset":71}</c> if the message is bad; returns how the decode ended. A field
    /// with parts is written whole, unless its dialect says <c>only_parts</c>; <paramref name="withParts"/> adds
    /// <c>"parts":{"55.9F26":"..."}</c> with every part of those too.
    /// </summary>
    public static MessageFault WriteJson(
        Dialect dialect, ReadOnlySpan<byte> message, bool unmasked, bool withParts, IBufferWriter<byte> target)
    {
        var table = default(FieldTable);
        var fault = DeepDecoder.Decode(dialect, message, ref table);
        if (!fault.IsOk)
        {
            WriteErrorJson(fault.Error.ToString(), fault.Path.Count == 0 ? null : fault.Path.Text(dialect), fault.Offset, target);
            return fault;
        }

        using var writer = new Utf8JsonWriter(target, _jsonOptions);
        var job = new JsonJob(dialect, unmasked, writer);
        var reader = new MessageReader(dialect, message, in table);
        writer.WriteStartObject();
        writer.WriteString("mti", ValueText.Mti(table.Mti));
        writer.WriteStartObject("fields");
        foreach (var field in table.Present) job.Field(in reader, field);
        writer.WriteEndObject();
        if (withParts)
        {
            writer.WriteStartObject("parts");
            foreach (var field in table.Present) job.PartsOfWhole(in reader, field);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        return fault;
    }

    /// <summary>Writes an error object; <paramref name="field"/> is a path or null.</summary>
    public static void WriteErrorJson(string error, string? field, int offset, IBufferWriter<byte> target)
    {
        using var writer = new Utf8JsonWriter(target, _jsonOptions);
        writer.WriteStartObject();
        writer.WriteString("error", error);
        writer.WriteString("field", field);
        writer.WriteNumber("offset", offset);
        writer.WriteEndObject();
    }

    /// <summary>An error in a sentence, without any of the message's bytes.</summary>
    public static string Explain(Dialect dialect, in MessageFault fault)
    {
        var what = fault.Error switch
        {
            DecodeError.None => "good",
            DecodeError.Truncated => fault.Path.Count > 1 ? "the bytes around it end inside it" : "the message ends inside it",
            DecodeError.BadMti => "not four digits",
            DecodeError.BadBitmap => "not upper-case hex characters",
            DecodeError.BadLengthDigits => "its length is no number as the dialect writes one",
            DecodeError.LengthOverMax => "its length is over the maximum",
            DecodeError.UndefinedField => "it is announced and the dialect does not define it",
            DecodeError.BadDigit => "it holds a character outside its set",
            DecodeError.BadPadding => "its pad nibble is not what the dialect says",
            DecodeError.TrailingBytes => "bytes are left over after the last field",
            _ => "not BER-TLV",
        };
        var place = fault.Path.Count == 0 ? "" : $" in field {fault.Path.Text(dialect)} ({NameOf(dialect, in fault)})";
        return string.Create(CultureInfo.InvariantCulture, $"{fault.Error}{place} at offset {fault.Offset}: {what}");
    }

    private static string NameOf(Dialect dialect, in MessageFault fault)
    {
        var field = fault.Path.Field;
        return dialect.NameOf(field) ?? FieldNames.Of(dialect.Standard, field);
    }

    // What both objects need; recursion over parts.
    private readonly struct JsonJob(Dialect dialect, bool unmasked, Utf8JsonWriter writer)
    {
        public void Field(in MessageReader reader, int field)
        {
            ref readonly var plan = ref dialect.Plans[field];
            if (plan.Has(FieldTraits.OnlyParts) && HasAny(Open(in reader, field)))
            {
                Parts(Open(in reader, field), new FieldPath(field), true);
                return;
            }

            var value = ValueText.Of(dialect, in reader, field);
            writer.WriteString(new FieldPath(field).Text(dialect), unmasked ? value : Masking.Mask(in plan, field, value));
        }

        public void PartsOfWhole(in MessageReader reader, int field)
        {
            if (!dialect.HasParts(field)) return;
            var isWhole = !dialect.Plans[field].Has(FieldTraits.OnlyParts);
            Parts(Open(in reader, field), new FieldPath(field), !isWhole);
        }

        private static PartReader Open(in MessageReader reader, int field) =>
            reader.Open(field, new byte[reader.Content(field).Length]);

        // One without any part, a bitmap of zeros say, is written whole, so that it is not lost.
        private static bool HasAny(PartReader parts) => parts.MoveNext();

        // As fields: a part that only has parts is written by them. As parts: everything, outer before inner.
        private void Parts(PartReader parts, in FieldPath path, bool asFields)
        {
            var seen = new Dictionary<uint, int>();
            while (parts.MoveNext())
            {
                var place = path.Then(parts.Key, DeepDecoder.Earlier(seen, parts.Key));
                var isOnlyParts = parts.HasParts && parts.Plan.Has(FieldTraits.OnlyParts) && HasAny(parts.Open(new byte[parts.Content.Length]));
                if (!isOnlyParts)
                {
                    var value = ValueText.Of(in parts);
                    writer.WriteString(place.Text(dialect), unmasked ? value : Masking.MaskPart(in parts, value));
                }

                if (parts.HasParts && (isOnlyParts || !asFields)) Parts(parts.Open(new byte[parts.Content.Length]), in place, asFields);
            }
        }
    }
}
