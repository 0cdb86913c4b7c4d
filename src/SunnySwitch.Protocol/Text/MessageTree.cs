using System.Buffers;
using System.Globalization;
using System.Text;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Meaning;

namespace SunnySwitch.Protocol.Text;

/// <summary>A message as a tree for people: offset, number, name, value, bytes on the wire, meaning.</summary>
public static class MessageTree
{
    private const int NameWidth = 42;   // The longest of 1987's.
    private const int RawBytesMax = 16;
    private const int MeaningIndent = 15;

    /// <summary>
    /// Writes a line for the message, one for each field and part decoded, and one for the error if there is one; returns
    /// how the decode ended. Masked unless the caller says that the data is test data; the bytes on the wire, for what is
    /// not masked, if <paramref name="withBytes"/> asks for them.
    /// </summary>
    public static MessageFault Write(
        Dialect dialect, ReadOnlySpan<byte> message, bool unmasked, bool withBytes, IBufferWriter<byte> target)
    {
        var table = default(FieldTable);
        var fault = DeepDecoder.Decode(dialect, message, ref table);
        var job = new Job(dialect, unmasked, withBytes, !fault.IsOk, table.Mti, new StringBuilder());
        if (table.Mti != 0) job.Text.Append($"{ValueText.Mti(table.Mti)} {Meanings.OfMti(ValueText.Mti(table.Mti))}, ");
        job.Text.Append(CultureInfo.InvariantCulture, $"{message.Length} bytes, {dialect.Name}\n");
        var reader = new MessageReader(dialect, message, in table);
        job.ReadCurrencies(in reader);
        foreach (var field in table.Present) job.Field(in reader, field);
        if (!fault.IsOk) job.Text.Append($"  error: {MessageText.Explain(dialect, in fault)}\n");
        Encoding.UTF8.GetBytes(job.Text.ToString(), target);
        return fault;
    }

    private sealed record Job(Dialect Dialect, bool Unmasked, bool WithBytes, bool IsBroken, ushort Mti, StringBuilder Text)
    {
        private readonly Dictionary<int, string> _currencies = [];
        private int Year => (Mti >> 12) switch { 1 => 1993, 2 => 2003, _ => 1987 };

        // An amount is read by the currency that stands far behind it.
        public void ReadCurrencies(in MessageReader reader)
        {
            for (var field = 49; field <= 51; field++)
            {
                var isCode = Dialect.TypeOf(field) is FieldType.Text or FieldType.Digits;
                if (isCode && reader.Has(field)) _currencies[field] = ValueText.Of(Dialect, in reader, field);
            }
        }

        public void Field(in MessageReader reader, int field)
        {
            var value = ValueText.Of(Dialect, in reader, field);
            var shown = Unmasked ? value : Masked(Masking.Mask(in Dialect.Plans[field], field, value));
            var hasParts = Dialect.HasParts(field);
            Line(reader.Offset(field), 0, new FieldPath(field).Text(Dialect), Dialect.NameOf(field) ?? FieldNames.Of(Year, field),
                hasParts ? string.Create(CultureInfo.InvariantCulture, $"{reader.Content(field).Length} bytes") : shown,
                !hasParts && shown == value ? (IsBroken ? reader.Content(field) : reader.Raw(field)) : default);
            // Of what is hidden in a broken message nothing is told either; and where it is shifted, a length may be digits of a card.
            if (!hasParts && value.Length > 0 && (shown == value || !IsBroken))
            {
                var currency = _currencies.GetValueOrDefault(Meanings.CurrencyFieldOf(Year, field));
                Meaning(Meanings.OfField(Year, field, value, currency), 0);
            }

            if (hasParts) Parts(reader.Open(field, new byte[reader.Content(field).Length]), 1);
        }

        private void Parts(PartReader parts, int depth)
        {
            while (parts.MoveNext())
            {
                var value = ValueText.Of(in parts);
                var shown = Unmasked ? value : Masked(Masking.MaskPart(in parts, value));
                var isTag = parts.Kind == CompositionKind.BerTlv;
                Line(parts.Offset, depth, KeyText(in parts), parts.Name ?? (isTag && EmvTags.TryFind(parts.Key, out var tag) ? tag.Name : ""),
                    parts.HasParts ? string.Create(CultureInfo.InvariantCulture, $"{parts.Content.Length} bytes") : shown,
                    !parts.HasParts && shown == value ? (IsBroken ? parts.Content : parts.Raw) : default);
                if (isTag && !parts.HasParts && (shown == value || !IsBroken))
                {
                    foreach (var meaning in Meanings.OfTag(parts.Key, value, _currencies.GetValueOrDefault(49))) Meaning(meaning, depth);
                }

                if (parts.HasParts) Parts(parts.Open(new byte[parts.Content.Length]), depth + 1);
            }
        }

        private void Meaning(string? meaning, int depth)
        {
            if (meaning is not null) Text.Append(' ', MeaningIndent + 2 * depth).Append(meaning).Append('\n');
        }

        private string Masked(string masked) => IsBroken ? Masking.MaskBroken(masked) : masked;

        private static string KeyText(in PartReader parts) => parts.Composition.KeyText(parts.Key);

        private void Line(int offset, int depth, string key, string name, string value, ReadOnlySpan<byte> raw)
        {
            Text.Append(CultureInfo.InvariantCulture, $"  @{offset,-5}");
            var label = new string(' ', 2 * depth) + (depth == 0 ? key.PadLeft(3) : key) + "  " + name;
            Text.Append(label.PadRight(NameWidth + 7)).Append(' ').Append(value);
            if (WithBytes && !raw.IsEmpty) Text.Append("  [").Append(ValueText.Raw(raw, RawBytesMax)).Append(']');
            Text.Append('\n');
        }
    }
}
