using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Host.Load;

/// <summary>The shortest right answer to a purchase: its echo fields, an approval code and 00.</summary>
internal static class Approval
{
    private const int RepeatBit = 1;

    private static readonly int[] Echoed = [2, 3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49];

    /// <summary>Writes the answer; returns its bytes, -1 if the request cannot be decoded or answered.</summary>
    public static int Write(Dialect dialect, ReadOnlySpan<byte> request, ref FieldTable table, Span<byte> target)
    {
        if (!Decoder.Decode(dialect, request, ref table).IsOk) return -1;
        var reader = new MessageReader(dialect, request, ref table);
        var fields = default(FieldSet);
        foreach (var field in Echoed)
            if (reader.Has(field)) fields.Add(field);
        fields.Add(38);
        fields.Add(39);

        var writer = new MessageWriter(dialect, target);
        writer.Begin((ushort)((table.Mti & ~RepeatBit) + 0x10), fields);
        foreach (var field in Echoed)
        {
            if (field > 39) continue;
            if (reader.Has(field)) writer.CopyRaw(field, reader.Raw(field));
        }

        writer.Text(38, "SUNNY1"u8);
        writer.Text(39, "00"u8);
        foreach (var field in Echoed)
            if (field > 39 && reader.Has(field)) writer.CopyRaw(field, reader.Raw(field));
        return writer.End();
    }
}
