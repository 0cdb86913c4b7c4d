using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Protocol.Tests;

/// <summary>What must hold in every dialect, tried on many that nobody wrote.</summary>
public sealed class RandomDialectTests
{
    private const int Dialects = 400;

    [Fact]
    public void What_is_written_reads_the_same_and_the_oracle_agrees()
    {
        ForEachMessage(8, (dialect, fields, message) =>
        {
            var table = default(FieldTable);
            Assert.True(Decoder.Decode(dialect.Dialect, message, ref table).IsOk);
            Assert.Equal(Plain(fields), Plain(Codecs.Read(dialect.Dialect, message, ref table)));
            Assert.True(dialect.Oracle.Decode(message, []).IsOk);
            Assert.Equal(message, Codecs.CopyAll(dialect.Dialect, message, ref table));
        });
    }

    [Fact]
    public void A_message_cut_at_any_length_is_truncated_where_the_oracle_says()
    {
        ForEachMessage(1, (dialect, _, message) =>
        {
            for (var length = 0; length < message.Length; length++)
            {
                var result = Judge(dialect, message[..length]);
                Assert.Equal((DecodeError.Truncated, length), (result.Error, result.Offset));
            }
        });
    }

    [Fact]
    public void Damage_is_judged_as_the_oracle_judges_it_and_what_is_taken_can_be_written()
    {
        var random = new Random(17);
        ForEachMessage(2, (dialect, _, message) =>
        {
            for (var round = 0; round < 20; round++)
            {
                var damaged = MutationTests.Damage(random, message);
                if (!Judge(dialect, damaged).IsOk) continue;
                var table = default(FieldTable);
                Decoder.Decode(dialect.Dialect, damaged, ref table);
                var fields = Codecs.Read(dialect.Dialect, damaged, ref table);
                var target = new byte[damaged.Length + 64];
                var length = Codecs.Write(dialect.Dialect, fields, target);
                var again = default(FieldTable);
                Assert.True(Decoder.Decode(dialect.Dialect, target.AsSpan(0, length), ref again).IsOk);
                Assert.Equal(fields, Codecs.Read(dialect.Dialect, target[..length], ref again));
            }
        });
    }

    private static void ForEachMessage(
        int messages, Action<RandomDialect, SortedDictionary<int, string>, byte[]> check)
    {
        for (var seed = 1; seed <= Dialects; seed++)
        {
            var dialect = new RandomDialect(seed);
            for (var each = 0; each < messages; each++)
            {
                var fields = dialect.Message();
                var target = new byte[65_536];
                try
                {
                    check(dialect, fields, target[..Codecs.Write(dialect.Dialect, fields, target)]);
                }
                catch (Exception failure)
                {
                    throw new InvalidOperationException($"seed {seed}: {dialect.Json}", failure);
                }
            }
        }
    }

    private static DecodeResult Judge(RandomDialect dialect, byte[] message)
    {
        var table = default(FieldTable);
        var decoded = new List<int>();
        var result = Decoder.Decode(dialect.Dialect, message, ref table);
        Assert.Equal(dialect.Oracle.Decode(message, decoded), result);
        var fields = new List<int>();
        foreach (var field in table.Present) fields.Add(field);
        Assert.Equal(decoded, fields);
        return result;
    }

    private static Dictionary<int, string> Plain(SortedDictionary<int, string> fields) =>
        fields.ToDictionary(field => field.Key, field => field.Value.Replace('=', 'D'));
}
