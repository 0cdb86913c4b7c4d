using System.Globalization;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Meaning;
using SunnySwitch.Protocol.Framing;

namespace SunnySwitch.Protocol.Text;

/// <summary>
/// Why a message does not decode, as a person would look for it: is it another dialect, is a frame's header still before it,
/// would one field written otherwise explain everything, and what do the bytes at fault look like. Names kinds of bytes, never
/// the bytes. Tries some hundreds of decodes; for tools.
/// </summary>
public static class Diagnosis
{
    private const int HintsMax = 3;
    private const int FieldHintsMax = 6;
    private const int Cap = 8_192;

    /// <summary>Sentences, the likeliest first; empty for a message that is good.</summary>
    public static IReadOnlyList<string> Of(Dialect dialect, ReadOnlySpan<byte> message)
    {
        var table = default(FieldTable);
        var fault = DeepDecoder.Decode(dialect, message, ref table);
        var hints = new List<string>();
        if (fault.IsOk) return hints;
        FindHeader(dialect, message, hints);
        FindDialect(dialect, message, hints);
        if (hints.Count == 0) FindField(dialect, message, in fault, hints);
        hints.Add($"the bytes at offset {fault.Offset} look like {LooksOf(message, fault.Offset)}");
        return hints;
    }

    /// <summary>What bytes look like, in words: the kind that all of the next eight are.</summary>
    public static string LooksOf(ReadOnlySpan<byte> message, int offset)
    {
        var bytes = message[Math.Min(offset, message.Length)..];
        bytes = bytes[..Math.Min(bytes.Length, 8)];
        if (bytes.IsEmpty) return "nothing: the message is over";
        if (ByteClasses.All(bytes, RangeClass.Digits)) return "ASCII digits";
        if (ByteClasses.All(bytes, new RangeClass(0xF0, 9))) return "EBCDIC digits";
        if (ByteClasses.All(bytes, RangeClass.Printable)) return "ASCII text";
        if (Ebcdic.AreCharacters(FieldEncoding.Ebcdic1047, bytes)) return "EBCDIC text";
        return ByteClasses.All(bytes, default(BcdClass)) ? "packed digits" : "bytes that are neither text nor packed digits";
    }

    private static void FindHeader(Dialect dialect, ReadOnlySpan<byte> message, List<string> hints)
    {
        foreach (var name in Framing.Framing.Names)
        {
            var framing = Framing.Framing.Of(name, Cap);
            if (framing.TryTakeFrame(message, out var frame) != FrameStatus.Complete || frame.FrameBytes != message.Length) continue;
            var inside = message.Slice(frame.MessageStart, frame.MessageBytes);
            if (Decodes(dialect, inside))
            {
                hints.Add($"it is a whole frame of {name}: the {frame.MessageBytes} bytes from {frame.MessageStart} on decode, leave the others out");
                return;
            }
        }
    }

    private static void FindDialect(Dialect dialect, ReadOnlySpan<byte> message, List<string> hints)
    {
        // Those that others inherit from explain with less.
        foreach (var isHeir in (bool[])[false, true])
        {
            foreach (var name in Dialect.BuiltInNames)
            {
                if (hints.Count == HintsMax) return;
                var other = Dialect.BuiltIn(name)!;
                if (name != dialect.Name && other.Parent is not null == isHeir && Decodes(other, message)) hints.Add($"it decodes as {name}");
            }
        }
    }

    // One field at a time, as others write it: which change lets everything decode?
    private static void FindField(Dialect dialect, ReadOnlySpan<byte> message, in MessageFault fault, List<string> hints)
    {
        var table = default(FieldTable);
        Decoder.Decode(dialect, message, ref table);
        var fields = table.Present;
        if (fault.Path.Field >= 2) fields.Add(fault.Path.Field);
        for (var field = FieldSet.FieldMax; field >= 2; field--)
        {
            if (!fields.Has(field) || dialect.TypeOf(field) == FieldType.Undefined) continue;
            foreach (var plan in FieldAlternatives.Of(dialect.Plans[field]))
            {
                if (hints.Count == FieldHintsMax) return;
                if (!Decodes(dialect.With(field, in plan), message)) continue;
                var name = dialect.NameOf(field) ?? FieldNames.Of(dialect.Standard, field);
                hints.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"field {field} ({name}) is likely wrong in {dialect.Name}: as {FieldAlternatives.Describe(in plan)} everything decodes"));
                break;
            }
        }
    }

    private static bool Decodes(Dialect dialect, ReadOnlySpan<byte> message)
    {
        var table = default(FieldTable);
        return DeepDecoder.Decode(dialect, message, ref table).IsOk;
    }
}
