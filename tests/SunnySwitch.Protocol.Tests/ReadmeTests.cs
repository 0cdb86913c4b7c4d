using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Tests;

/// <summary>The ten lines of src/SunnySwitch.Protocol/README.md do what they say.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public void The_codec_is_a_library_in_ten_lines()
    {
        var bytes = Vectors.ByName("ascii-0100-auth-19f").Bytes;
        var answer = new byte[1024];
        var dialect = Dialect.BuiltIn("iso87-ascii")!;
        FieldTable table = default;
        Assert.True(Decoder.Decode(dialect, bytes, ref table).IsOk);
        var message = new MessageReader(dialect, bytes, in table);
        Assert.Equal((123456ul, 12345ul, 840u), (message.Stan, message.AmountTransaction, message.CurrencyTransaction));
        var tags = message.Open(55, stackalloc byte[512]);
        var count = 0;
        while (tags.MoveNext()) count++;
        Assert.Equal(20, count);
        var editor = new MessageEditor(dialect);
        editor.SetMti(0x0110);
        editor.Set(new FieldPath(39), "00"u8);
        var length = editor.Write(message, answer, out var problem);
        Assert.Null(problem);
        Assert.True(Decoder.Decode(dialect, answer.AsSpan(0, length), ref table).IsOk);
        Assert.Equal(0x0110, table.Mti);
    }

    [Fact]
    public void Opening_DE55_allocates_nothing()
    {
        var bytes = Vectors.ByName("ascii-0100-auth-19f").Bytes;
        var dialect = Dialect.BuiltIn("iso87-ascii")!;
        var scratch = new byte[512];
        var table = default(FieldTable);
        Assert.Equal(0, Allocated.Least(() =>
        {
            Assert.True(Decoder.Decode(dialect, bytes, ref table).IsOk);
            var tags = new MessageReader(dialect, bytes, in table).Open(55, scratch);
            var length = 0;
            while (tags.MoveNext()) length += tags.Content.Length;
            Assert.True(length > 0);
        }));
    }
}
