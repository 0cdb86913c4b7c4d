using System.Text;
using FsCheck;
using FsCheck.Xunit;
using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Protocol.Tests;

public sealed class FieldTests
{
    [Property]
    public bool A_field_set_is_a_sorted_set_of_numbers(byte[] numbers, byte probe)
    {
        var set = default(FieldSet);
        var model = new SortedSet<int>();
        foreach (var number in numbers)
        {
            var field = number % 127 + 2;
            set.Add(field);
            model.Add(field);
        }

        var walked = new List<int>();
        foreach (var field in set) walked.Add(field);
        var at = probe % 127 + 2;
        return walked.SequenceEqual(model) && set.Count == model.Count && set.Lowest == model.FirstOrDefault()
            && set.Has(at) == model.Contains(at) && set.Rank(at) == model.Count(field => field < at)
            && set.Below(at).Count == set.Rank(at);
    }

    [Property]
    public bool A_number_comes_back_from_every_encoding(ulong value, bool packed)
    {
        var dialect = Vectors.Dialect(packed ? "iso87-bcd" : "iso87-ascii");
        var number = value % 10_000_000_000_000_000_000;
        var message = new byte[128];
        var writer = new MessageWriter(dialect, message);
        writer.Begin(0x0200, FieldSet.Of(2, 4, 53, 70));
        writer.Number(2, number);
        writer.Number(4, number % 1_000_000_000_000);
        writer.Digits(53, Encoding.ASCII.GetBytes($"{number % 10_000_000_000_000_000:D16}"));
        writer.Number(70, number % 1000);
        var length = writer.End();

        var table = default(FieldTable);
        Assert.True(Decoder.Decode(dialect, message.AsSpan(0, length), ref table).IsOk);
        var reader = new MessageReader(dialect, message.AsSpan(0, length), ref table);
        var digits = new byte[19];
        return reader.Number(2) == number && reader.Number(4) == number % 1_000_000_000_000
            && reader.Number(53) == number % 10_000_000_000_000_000 && reader.Number(70) == number % 1000
            && Encoding.ASCII.GetString(digits, 0, reader.CopyDigits(2, digits)) == $"{number}"
            && reader.TryNumber(4, out var amount) && amount == number % 1_000_000_000_000;
    }

    [Theory, InlineData("iso87-ascii"), InlineData("iso87-bcd")]
    public void A_currency_in_text_reads_as_a_number_and_letters_do_not(string name)
    {
        var dialect = Vectors.Dialect(name);
        var message = new byte[64];
        foreach (var (text, good) in new[] { ("840", true), ("USD", false) })
        {
            var writer = new MessageWriter(dialect, message);
            writer.Begin(0x0100, FieldSet.Of(49));
            writer.Text(49, Encoding.ASCII.GetBytes(text));
            var length = writer.End();
            var table = default(FieldTable);
            Assert.True(Decoder.Decode(dialect, message.AsSpan(0, length), ref table).IsOk);
            var reader = new MessageReader(dialect, message.AsSpan(0, length), ref table);
            Assert.Equal(good, reader.TryNumber(49, out var value));
            Assert.Equal(good ? 840UL : 0UL, value);
        }
    }

    [Fact]
    public void A_copied_table_reads_the_same_and_leaves_the_rest_alone()
    {
        var vector = Vectors.ByName("bcd-0100-auth-19f");
        var dialect = Vectors.Dialect(vector.Dialect);
        FieldTable first = default, second = default;
        Decoder.Decode(dialect, vector.Bytes, ref first);
        first.CopyTo(ref second);
        Assert.Equal(Codecs.Read(dialect, vector.Bytes, ref first), Codecs.Read(dialect, vector.Bytes, ref second));
    }

    [Fact]
    public void Programming_errors_stop_the_process()
    {
        Assert.Throws<StopToProtectDataException>(() => Written(fields: [3, 4], order: [4, 3]));
        Assert.Throws<StopToProtectDataException>(() => Written(fields: [3, 4], order: [3]));
        Assert.Throws<StopToProtectDataException>(() => Written(fields: [3], order: [3, 4]));
        Assert.Throws<StopToProtectDataException>(() => Written(fields: [65], order: [65]));
        Assert.Throws<StopToProtectDataException>(() => Written(fields: [3], order: [3], value: 1_000_000));
        Assert.Throws<StopToProtectDataException>(() => Read(3));
        Assert.Throws<StopToProtectDataException>(() => Read(0));
        Assert.Throws<StopToProtectDataException>(() => Read(129));

        static void Written(int[] fields, int[] order, ulong value = 1)
        {
            var writer = new MessageWriter(Vectors.Dialect("iso87-ascii"), new byte[200]);
            writer.Begin(0x0100, FieldSet.Of(fields));
            foreach (var field in order) writer.Number(field, value);
            writer.End();
        }

        static void Read(int field)
        {
            var table = default(FieldTable);
            new MessageReader(Vectors.Dialect("iso87-ascii"), default, ref table).Content(field);
        }
    }

    [Theory, InlineData("iso87-ascii"), InlineData("iso87-bcd")]
    public void Decoding_reading_and_writing_allocate_nothing(string name)
    {
        var dialect = Vectors.Dialect(name);
        var samples = Vectors.All.Where(vector => vector.Dialect == name).Select(vector => vector.Bytes).ToArray();
        var target = new byte[4096];
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var round = 0; round < 200; round++) RunAll(dialect, samples, target);
        }));
    }

    private static void RunAll(Dialects.Dialect dialect, byte[][] samples, byte[] target)
    {
        var table = default(FieldTable);
        var copy = default(FieldTable);
        Span<byte> text = stackalloc byte[2000];
        foreach (var sample in samples)
        {
            Decoder.Decode(dialect, sample, ref table);
            table.CopyTo(ref copy);
            var reader = new MessageReader(dialect, sample, ref copy);
            if (copy.Mti == 0) continue;
            var writer = new MessageWriter(dialect, target);
            writer.Begin(copy.Mti, copy.Present);
            foreach (var field in copy.Present)
            {
                reader.CopyText(field, text);
                reader.TryNumber(field, out _);
                writer.CopyRaw(field, reader.Raw(field));
            }

            writer.End();
        }
    }
}
