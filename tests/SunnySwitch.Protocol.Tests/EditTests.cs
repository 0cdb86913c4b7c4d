using System.Text;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Tests;

public sealed class EditTests
{
    [Fact]
    public void Without_an_edit_every_vector_leaves_byte_for_byte_as_it_came()
    {
        foreach (var vector in Vectors.Positive)
        {
            var dialect = Vectors.Dialect(vector.Dialect);
            Assert.Equal(Convert.ToHexString(vector.Bytes), Convert.ToHexString(Edit(dialect, vector.Bytes, _ => { })));
        }
    }

    [Fact]
    public void Only_what_is_edited_changes()
    {
        var vector = Vectors.ByName("bcd-0100-auth-19f");
        var dialect = Vectors.Dialect(vector.Dialect);
        var edited = Edit(dialect, vector.Bytes, editor =>
        {
            editor.SetMti(0x0110);
            editor.Set(new FieldPath(39), "00"u8);
            editor.Set(new FieldPath(11), "000007"u8);
            editor.Remove(new FieldPath(35));
        });
        var table = default(FieldTable);
        Assert.True(Decoder.Decode(dialect, edited, ref table).IsOk);
        var expected = new SortedDictionary<int, string>(vector.Fields) { [0] = "0110", [39] = "00", [11] = "000007" };
        expected.Remove(35);
        Assert.Equal(expected, Codecs.Read(dialect, edited, ref table));
    }

    [Fact]
    public void A_tag_is_changed_added_and_removed_and_the_others_stay_even_unknown_ones_and_odd_lengths()
    {
        // 9F26, an unknown DF8101, a length written long-winded, and a template.
        const string tlv = "9F2608C2C12B098F3DA6E3" + "DF810102CAFE" + "95810500800080009F360200159F36020016" + "7203860100";
        var dialect = Vectors.Dialect("iso87-ascii-binbm");
        var message = WithDe55(dialect, tlv);
        var edited = Edit(dialect, message, editor =>
        {
            editor.Set(Path(dialect, "55.9F36#2"), "00FF"u8);
            editor.Set(Path(dialect, "55.8A"), "3030"u8);
            editor.Set(Path(dialect, "55.72.9F18"), "01020304"u8);
            editor.Remove(Path(dialect, "55.9F26"));
        });
        Assert.Equal(
            "DF810102CAFE" + "9581050080008000" + "9F360200159F360200FF" + "720A8601009F180401020304" + "8A023030", De55(dialect, edited));
    }

    [Fact]
    public void Tags_spelled_in_hex_text_are_changed_like_others()
    {
        var vector = Vectors.ByName("ascii-0100-auth-19f");
        var dialect = Vectors.Dialect(vector.Dialect);
        var edited = Edit(dialect, vector.Bytes, editor => editor.Set(Path(dialect, "55.9F36"), "00FF"u8));
        var table = default(FieldTable);
        Assert.True(Decoder.Decode(dialect, edited, ref table).IsOk);
        var tags = vector.Fields[55].Replace("9F36020015", "9F360200FF", StringComparison.Ordinal);
        var expected = new SortedDictionary<int, string>(vector.Fields) { [55] = tags };
        Assert.NotEqual(vector.Fields[55], expected[55]);
        Assert.Equal(expected, Codecs.Read(dialect, edited, ref table));
    }

    [Fact]
    public void A_template_in_hex_text_is_read_from_its_hex_once_and_changed_like_others()
    {
        var dialect = Dialect.BuiltIn("iso87-ascii")!;
        byte[] With(string tags) => Edit(
            dialect, Vectors.ByName("ascii-0100-auth-19f").Bytes, editor => editor.Set(new FieldPath(55), Encoding.ASCII.GetBytes(tags)));
        var message = With("9F36020015" + "720A8601009F180401020304");
        var table = default(FieldTable);
        Assert.True(DeepDecoder.Decode(dialect, message, ref table).IsOk);
        var edited = Edit(dialect, message, editor => editor.Set(Path(dialect, "55.72.9F18"), "0506"u8));
        Assert.Equal("9F36020015" + "72088601009F18020506", Encoding.ASCII.GetString(Convert.FromHexString(De55(dialect, edited))));
        var fault = DeepDecoder.Decode(dialect, With("9F36020015" + "720A8601009F180501020304"), ref table);
        Assert.Equal("55.72", fault.Path.Text(dialect));
    }

    [Fact]
    public void Bits_and_places_go_where_they_belong()
    {
        var dialect = Dialect.BuiltIn("postilion")!;
        var vector = Vectors.Raw("other").Single(each => each.GetProperty("name").GetString() == "postilion-0200-127");
        var edited = Edit(dialect, Vectors.Hex(vector), editor =>
        {
            editor.Set(Path(dialect, "127.4"), "1234567890123456789012"u8);
            editor.Remove(Path(dialect, "127.6"));
        });
        var table = default(FieldTable);
        Assert.True(Decoder.Decode(dialect, edited, ref table).IsOk);
        var parts = new MessageReader(dialect, edited, in table).Open(127, default);
        var keys = new List<uint>();
        while (parts.MoveNext()) keys.Add(parts.Key);
        Assert.True(parts.IsOk);
        Assert.Equal([2u, 3u, 4u, 10u, 11u, 20u, 22u], keys);
    }

    [Fact]
    public void What_cannot_be_is_told_in_words_and_a_small_target_is_minus_one()
    {
        var dialect = Vectors.Dialect("iso87-ascii-binbm");
        var table = default(FieldTable);
        var message = WithDe55(dialect, "9F2608C2");
        Assert.True(Decoder.Decode(dialect, message, ref table).IsOk);
        var reader = new MessageReader(dialect, message, in table);
        var editor = new MessageEditor(dialect);
        editor.Set(Path(dialect, "55.9A"), "261122"u8);
        Assert.Equal(-1, editor.Write(reader, new byte[500], out var problem));
        Assert.Equal("field 55: what came is BadTlv at offset 25", problem);
        editor.Clear();
        Assert.Equal(-1, editor.Write(reader, new byte[5], out problem));
        Assert.Null(problem);
        editor.Set(Path(dialect, "55"), Encoding.ASCII.GetBytes(new string('0', 510)));
        editor.Set(Path(dialect, "11"), "000001"u8);
        Assert.True(editor.Write(reader, new byte[500], out problem) > 255);
    }

    [Fact]
    public void An_editor_that_is_used_again_allocates_nothing()
    {
        var vector = Vectors.ByName("bcd-0100-auth-19f");
        var dialect = Vectors.Dialect(vector.Dialect);
        var table = default(FieldTable);
        Decoder.Decode(dialect, vector.Bytes, ref table);
        var editor = new MessageEditor(dialect);
        var target = new byte[1024];
        var path = Path(dialect, "55.9F36");
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var round = 0; round < 100; round++)
            {
                editor.Clear();
                editor.Set(in path, "0016"u8);
                editor.Set(new FieldPath(39), "00"u8);
                Assert.True(editor.Write(new MessageReader(dialect, vector.Bytes, in table), target, out _) > 0);
            }
        }));
    }

    [Fact]
    public void Standard_fields_have_names()
    {
        var vector = Vectors.ByName("ebcdic-0100-auth-19f");
        var dialect = Vectors.Dialect(vector.Dialect);
        var table = default(FieldTable);
        Decoder.Decode(dialect, vector.Bytes, ref table);
        var message = new MessageReader(dialect, vector.Bytes, in table);
        Assert.Equal((123456ul, 12345ul, 0u, 5411u), (message.Stan, message.AmountTransaction, message.ProcessingCode, message.MerchantType));
        Assert.Equal((840u, 2812u, 12345678901ul), (message.CurrencyTransaction, message.Expiry, message.AcquiringInstitution));
        Assert.Equal("632616123456", Encoding.ASCII.GetString(message.RetrievalReference(new byte[12])));
        Assert.Equal("TERM0001", Encoding.ASCII.GetString(message.Terminal(new byte[8])));
        Assert.Null(message.NetworkCode);
        Assert.True(message.ResponseCode(new byte[4]).IsEmpty);
    }

    private static FieldPath Path(Dialect dialect, string text)
    {
        Assert.True(FieldPath.TryParse(dialect, text, out var path), text);
        Assert.Equal(text, path.Text(dialect));
        return path;
    }

    private static byte[] WithDe55(Dialect dialect, string hex) => Edit(
        dialect, Convert.FromHexString("30313030" + "0020000000000000" + "303030303031"),
        editor => editor.Set(new FieldPath(55), Encoding.ASCII.GetBytes(hex)));

    private static string De55(Dialect dialect, byte[] message)
    {
        var table = default(FieldTable);
        Assert.True(Decoder.Decode(dialect, message, ref table).IsOk);
        return Convert.ToHexString(new MessageReader(dialect, message, in table).Content(55));
    }

    private static byte[] Edit(Dialect dialect, byte[] message, Action<MessageEditor> edit)
    {
        var table = default(FieldTable);
        Assert.True(Decoder.Decode(dialect, message, ref table).IsOk);
        var editor = new MessageEditor(dialect);
        edit(editor);
        var target = new byte[4096];
        var length = editor.Write(new MessageReader(dialect, message, in table), target, out var problem);
        Assert.Null(problem);
        return target[..length];
    }
}
