using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Codec;

/// <summary>How a decode that opens every field ended.</summary>
/// <param name="Error">Class; <see cref="DecodeError.None"/> if the message is good.</param>
/// <param name="Path">Place at fault; no path (a count of 0) when none is.</param>
/// <param name="Offset">First offending byte, counted from the message's first; its length when it is good.</param>
public readonly record struct MessageFault(DecodeError Error, FieldPath Path, int Offset)
{
    /// <summary>True if the message is good.</summary>
    public bool IsOk => Error == DecodeError.None;
}

/// <summary>
/// Decodes, and opens every field that has parts, as deep as they go. For tools and tests: the switch opens what it needs.
/// </summary>
public static class DeepDecoder
{
    /// <summary>Decodes a message without framing; the first fault, in the order of the wire, ends it.</summary>
    public static MessageFault Decode(Dialect dialect, ReadOnlySpan<byte> message, ref FieldTable table)
    {
        var result = Decoder.Decode(dialect, message, ref table);
        var reader = new MessageReader(dialect, message, in table);
        foreach (var field in table.Present)
        {
            if (!dialect.HasParts(field)) continue;
            var fault = Check(reader.Open(field, new byte[reader.Content(field).Length]), new FieldPath(field));
            if (!fault.IsOk) return fault;
        }

        return new MessageFault(result.Error, result.Field < 0 ? default : new FieldPath(result.Field), result.Offset);
    }

    /// <summary>Walks parts, and theirs, to the first fault.</summary>
    internal static MessageFault Check(PartReader parts, in FieldPath path)
    {
        var seen = new Dictionary<uint, int>();
        while (parts.MoveNext())
        {
            var place = path.Then(parts.Key, Earlier(seen, parts.Key));
            if (!parts.HasParts) continue;
            var fault = Check(parts.Open(new byte[parts.Content.Length]), in place);
            if (!fault.IsOk) return fault;
        }

        if (parts.IsOk) return default;
        // A fault of the BER-TLV, of a bitmap, or of what is left over belongs to the whole; any other to its part.
        var isOfWhole = parts.Error is DecodeError.BadTlv or DecodeError.BadBitmap or DecodeError.TrailingBytes || !parts.HasKey;
        return new MessageFault(parts.Error, isOfWhole ? path : path.Then(parts.Key, Earlier(seen, parts.Key)), parts.ErrorOffset);
    }

    /// <summary>How many parts of that key were seen before; counts this one.</summary>
    internal static int Earlier(Dictionary<uint, int> seen, uint key)
    {
        var earlier = seen.GetValueOrDefault(key);
        seen[key] = earlier + 1;
        return earlier;
    }
}
