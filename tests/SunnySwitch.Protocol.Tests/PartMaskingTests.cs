using System.Buffers;
using System.Text;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Meaning;
using SunnySwitch.Protocol.Text;

namespace SunnySwitch.Protocol.Tests;

/// <summary>Card numbers planted inside fields: at no depth do people see more than the first six and last four digits.</summary>
public sealed class PartMaskingTests
{
    private const string Pan = "4761739001010119";
    private static readonly string _ascii = Convert.ToHexString(Encoding.ASCII.GetBytes(Pan));
    private static readonly string _ebcdic = string.Concat(Pan.Select(digit => $"F{digit}"));

    [Fact]
    public void In_every_tag_of_DE55_however_it_is_spelled()
    {
        var dialect = Vectors.Dialect("iso87-ascii-binbm");
        string[] spellings = [Pan, Pan + "FFFF", _ascii, _ebcdic, Pan + "D2812201", Convert.ToHexString(Encoding.ASCII.GetBytes(Pan + "=28122011"))];
        uint[] unknown = [0xDF01, 0xDF8101, 0xC1, 0x9F7A];
        foreach (var tag in EmvTags.All.ToArray().Select(tag => tag.Tag).Concat(unknown))
        {
            foreach (var spelling in spellings)
            {
                var value = Convert.FromHexString(spelling.Length % 2 == 0 ? spelling : spelling + "F");
                var isTemplate = EmvTags.IsConstructed(tag);
                if (isTemplate) value = [0x5A, (byte)value.Length, .. value];
                AssertHidden(dialect, 55, Tlv(tag, value));
                AssertHidden(dialect, 55, Tlv(0x72, Tlv(tag, value)));
            }
        }
    }

    [Fact]
    public void In_every_part_of_Postilions_127_that_can_hold_one()
    {
        var dialect = Dialect.BuiltIn("postilion")!;
        var tried = 0;
        foreach (var part in dialect.PartsOf(127)!.Parts)
        {
            if (part.Plan.UnitsMax < Pan.Length) continue;
            var value = part.Plan.IsFixed ? Pan.PadRight(part.Plan.UnitsMax, ' ') : Pan;
            var json = $$"""{"mti":"0100","fields":{"11":"000001","127.{{part.First}}":"{{value}}"} }""";
            var message = MessageJson.TryEncode(dialect, Encoding.UTF8.GetBytes(json), out var problems);
            Assert.True(message is not null, string.Join("; ", problems));
            AssertHidden(dialect, message);
            tried++;
        }

        Assert.InRange(tried, 10, 30);
    }

    [Fact]
    public void In_tagged_and_positional_parts_whether_listed_or_not()
    {
        var dialect = Dialect.Parse("""
            {"dialect":"parts","inherits":"iso87-ascii-binbm","fields":{
             "48":{"type":"an","length":"LLL","max":999,"encoding":"ascii","length_encoding":"ascii","only_parts":true,"parts":
               {"kind":"tagged","tag_bytes":2,"tag_encoding":"ascii","length":"LL","length_encoding":"ascii","fields":{
                  "01":{"type":"an","encoding":"ascii","mask":"search"},"02":{"type":"an","encoding":"ascii"},
                  "03":{"type":"n","encoding":"ascii","mask":"pan"}}}},
             "60":{"type":"b","length":"LLL","max":999,"encoding":"bin","length_encoding":"ascii","parts":
               {"kind":"positional","fields":{
                 "1":{"type":"b","length":"F","max":24,"encoding":"bin","mask":"search"}}}}}}
            """u8);
        foreach (var tag in (string[])["01", "02", "03", "99"])
        {
            AssertHidden(dialect, 48, Encoding.ASCII.GetBytes(tag + "16" + Pan));
        }

        foreach (var spelling in (string[])[_ascii, _ebcdic]) AssertHidden(dialect, 60, Convert.FromHexString(spelling.PadRight(48, '0')));
    }

    private static byte[] Tlv(uint tag, byte[] value)
    {
        var header = new byte[8];
        return [.. header[..Codec.Tlv.Write(tag, value.Length, header)], .. value];
    }

    private static void AssertHidden(Dialect dialect, int field, byte[] content)
    {
        var editor = new MessageEditor(dialect);
        var text = dialect.TypeOf(field) == FieldType.Binary ? Convert.ToHexString(content) : Encoding.ASCII.GetString(content);
        editor.Set(new FieldPath(11), "000001"u8);
        editor.Set(new FieldPath(field), Encoding.ASCII.GetBytes(text));
        var table = default(FieldTable);
        var message = new byte[2048];
        AssertHidden(dialect, message[..editor.Write(new MessageReader(dialect, default, in table), message, out _)]);
    }

    private static void AssertHidden(Dialect dialect, byte[] message)
    {
        var shown = Views(dialect, message, unmasked: false);
        foreach (var (spelling, step) in new[] { (Pan, 1), (_ascii, 2), (_ebcdic, 2) })
        {
            for (var start = 0; start + 11 * step <= spelling.Length; start += step)
            {
                Assert.DoesNotContain(spelling.Substring(start, 11 * step), shown, StringComparison.Ordinal);
            }
        }

        var clear = Views(dialect, message, unmasked: true);   // The control: it was there to be hidden.
        Assert.Contains((string[])[Pan, _ascii, _ebcdic], spelling => clear.Contains(spelling, StringComparison.Ordinal));
    }

    private static string Views(Dialect dialect, byte[] message, bool unmasked)
    {
        var target = new ArrayBufferWriter<byte>();
        Assert.True(MessageText.WriteJson(dialect, message, unmasked, true, target).IsOk);
        MessageTree.Write(dialect, message, unmasked, true, target);
        return Encoding.UTF8.GetString(target.WrittenSpan);
    }
}
