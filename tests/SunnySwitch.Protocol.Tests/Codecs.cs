using System.Globalization;
using System.Text;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Tests;

/// <summary>Messages as dictionaries (field 0 is the MTI), for tests only.</summary>
public static class Codecs
{
    public static SortedDictionary<int, string> Read(Dialect dialect, byte[] message, ref FieldTable table)
    {
        var fields = new SortedDictionary<int, string> { [0] = table.Mti.ToString("X4", CultureInfo.InvariantCulture) };
        var reader = new MessageReader(dialect, message, ref table);
        foreach (var field in table.Present)
        {
            var text = new byte[reader.Units(field) * 2];
            var length = reader.CopyText(field, text);
            fields[field] = Encoding.ASCII.GetString(text, 0, length);
            if (dialect.IsPacked(field)) fields[field] = fields[field].Replace('=', 'D');
        }

        return fields;
    }

    public static int Write(Dialect dialect, SortedDictionary<int, string> fields, byte[] target)
    {
        var set = default(FieldSet);
        foreach (var field in fields.Keys.Where(field => field > 0)) set.Add(field);
        var writer = new MessageWriter(dialect, target);
        writer.Begin(ushort.Parse(fields[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture), set);
        foreach (var (field, text) in fields)
        {
            if (field == 0) continue;
            if (dialect.TypeOf(field) == FieldType.Binary) writer.Binary(field, Convert.FromHexString(text));
            else writer.Text(field, Encoding.ASCII.GetBytes(text));
        }

        return writer.End();
    }

    public static byte[] CopyAll(Dialect dialect, byte[] message, ref FieldTable table)
    {
        var target = new byte[message.Length + 64];
        var reader = new MessageReader(dialect, message, ref table);
        var writer = new MessageWriter(dialect, target);
        writer.Begin(table.Mti, table.Present);
        foreach (var field in table.Present) writer.CopyRaw(field, reader.Raw(field));
        return target[..writer.End()];
    }
}
