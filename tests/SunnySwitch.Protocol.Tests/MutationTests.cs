using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Protocol.Tests;

/// <summary>
/// Broken messages of every kind: the decoder and the oracle agree on class, field, offset and what was decoded.
/// </summary>
public sealed class MutationTests
{
    [Fact]
    public void A_message_cut_at_any_length_is_refused_as_truncated_at_the_field_where_it_ends()
    {
        foreach (var vector in Vectors.Positive)
        {
            for (var length = 0; length < vector.Bytes.Length; length++)
            {
                var result = Compare(vector, vector.Bytes[..length]);
                Assert.True(result.Error == DecodeError.Truncated, $"{vector} cut at {length}: {result}");
                Assert.Equal(length, result.Offset);
            }
        }
    }

    [Fact]
    public void Every_single_bit_flip_is_judged_as_the_oracle_judges_it()
    {
        foreach (var vector in Vectors.All)
        {
            for (var bit = 0; bit < vector.Bytes.Length * 8; bit++)
            {
                var bytes = vector.Bytes.ToArray();
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                Compare(vector, bytes);
            }
        }
    }

    [Theory, InlineData(1), InlineData(7), InlineData(42)]
    public void Random_damage_is_judged_as_the_oracle_judges_it(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 30_000; round++)
        {
            var vector = Vectors.All[random.Next(Vectors.All.Count)];
            Compare(vector, Damage(random, vector.Bytes));
        }
    }

    [Theory, InlineData(3), InlineData(11)]
    public void Pure_noise_never_throws(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new byte[random.Next(300)];
            random.NextBytes(bytes);
            Compare(Vectors.All[random.Next(Vectors.All.Count)], bytes);
        }
    }

    [Fact]
    public void Longer_than_any_framing_can_carry_is_refused_at_once()
    {
        var table = default(FieldTable);
        var result = Decoder.Decode(Vectors.Dialect("iso87-bcd"), new byte[65_536], ref table);
        Assert.Equal(new DecodeResult(DecodeError.LengthOverMax, -1, 65_535), result);
    }

    // The control: an oracle with one rule missing must be found out by the same damage.
    [Theory]
    [InlineData(Flaw.ForgetsPad)]
    [InlineData(Flaw.TakesLowerCaseBitmap)]
    [InlineData(Flaw.ForgetsMaximum)]
    [InlineData(Flaw.ForgetsTrailingBytes)]
    [InlineData(Flaw.TakesLettersInNumbers)]
    public void A_decoder_with_a_rule_missing_is_caught(Flaw flaw)
    {
        var random = new Random(5);
        for (var round = 0; round < 50_000; round++)
        {
            var vector = Vectors.All[random.Next(Vectors.All.Count)];
            var bytes = Damage(random, vector.Bytes);
            var table = default(FieldTable);
            var result = Decoder.Decode(Vectors.Dialect(vector.Dialect), bytes, ref table);
            if (Oracle(vector.Dialect, flaw).Decode(bytes, []) != result) return;
        }

        Assert.Fail($"nothing noticed {flaw}");
    }

    private static readonly Dictionary<(string, Flaw), ReferenceDecoder> _oracles = [];

    private static ReferenceDecoder Oracle(string dialect, Flaw flaw = Flaw.None)
    {
        if (!_oracles.TryGetValue((dialect, flaw), out var oracle))
        {
            oracle = _oracles[(dialect, flaw)] = new ReferenceDecoder(Vectors.DialectJson(dialect), flaw);
        }

        return oracle;
    }

    private static DecodeResult Compare(Vector vector, byte[] bytes)
    {
        var dialect = Vectors.Dialect(vector.Dialect);
        var table = default(FieldTable);
        var decoded = new List<int>();
        var expected = Oracle(vector.Dialect).Decode(bytes, decoded);

        var result = Decoder.Decode(dialect, bytes, ref table);

        if (expected != result || !decoded.SequenceEqual(Fields(table.Present)))
        {
            Assert.Fail($"{vector}: {Convert.ToHexString(bytes)}: expected {expected}, got {result}");
        }

        var fields = Codecs.Read(dialect, bytes, ref table);   // What was decoded before an error stays readable.
        if (!result.IsOk) return result;

        var again = new byte[bytes.Length + 64];
        var length = Codecs.Write(dialect, fields, again);
        var secondTable = default(FieldTable);
        Assert.True(Decoder.Decode(dialect, again.AsSpan(0, length), ref secondTable).IsOk);
        Assert.Equal(fields, Codecs.Read(dialect, again[..length], ref secondTable));
        return result;
    }

    private static List<int> Fields(FieldSet set)
    {
        var fields = new List<int>();
        foreach (var field in set) fields.Add(field);
        return fields;
    }

    /// <summary>One to three wounds: flipped bits, other bytes, bytes put in or taken out.</summary>
    internal static byte[] Damage(Random random, byte[] original)
    {
        var bytes = original.ToList();
        for (var wound = random.Next(1, 4); wound > 0; wound--)
        {
            var at = random.Next(bytes.Count + 1);
            switch (random.Next(6))
            {
                case 0 when at < bytes.Count: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1 when at < bytes.Count: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.Insert(at, (byte)random.Next(256)); break;
                case 3 when at < bytes.Count: bytes.RemoveAt(at); break;
                case 4: bytes.RemoveRange(at, Math.Min(random.Next(8), bytes.Count - at)); break;
                case 5 when at < bytes.Count: bytes[at] = (byte)"0139AFafD= "[random.Next(11)]; break;
            }
        }

        return [.. bytes];
    }
}
