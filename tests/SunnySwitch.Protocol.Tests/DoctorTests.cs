using System.Text;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Text;

namespace SunnySwitch.Protocol.Tests;

/// <summary>What is this link speaking, and why does this message not decode?</summary>
public sealed class DoctorTests
{
    private static readonly Dialect[] _all =
    [.. Dialect.BuiltInNames.Select(name => Dialect.BuiltIn(name)!).OrderBy(dialect => dialect.Parent is null ? 0 : 1)];

    public static TheoryData<string> DialectNames => [.. Dialect.BuiltInNames];

    [Theory, MemberData(nameof(DialectNames))]
    public void Framing_and_dialect_of_a_stream_are_found(string name)
    {
        var dialect = Dialect.BuiltIn(name)!;
        foreach (var framingName in Framing.Framing.Names)
        {
            // ETX alone is for text: packed or binary bytes may hold it.
            if (framingName == "etx" && name is not ("iso87-ascii" or "iso93-ascii" or "base24")) continue;
            var framing = Framing.Framing.Of(framingName, 8_192);
            var stream = new List<byte>();
            for (var round = 0; round < 3; round++)
            {
                foreach (var sample in dialect.Samples) stream.AddRange(Frame(framing, sample.Message));
            }

            var readings = Doctor.Examine(stream.ToArray(), _all);
            Assert.Equal(3 * dialect.Samples.Count, readings[0].Good);
            var best = readings.Where(reading => reading.Good == readings[0].Good && reading.Frames == readings[0].Frames).ToList();
            Assert.Contains(best, reading => reading.Dialect.Name == name && SameCut(reading.Framing, framingName, stream.ToArray()));
        }
    }

    [Fact]
    public void A_header_that_nobody_named_is_measured()
    {
        var framing = Framing.Framing.Of("be16+hdr12", 8_192);
        var sample = Dialect.BuiltIn("base24")!.Samples[0].Message;
        byte[] stream = [.. Frame(framing, sample), .. Frame(framing, sample)];
        Assert.Equal(("be16+hdr12", "base24", 2, 2), Shape(Doctor.Examine(stream, _all)[0]));
    }

    [Fact]
    public void Noise_and_nothing_have_no_reading_that_decodes()
    {
        var noise = new byte[5_000];
        new Random(5).NextBytes(noise);
        Assert.DoesNotContain(Doctor.Examine(noise, _all), reading => reading.Good > 0);
        Assert.Empty(Doctor.Examine(default, _all));
    }

    [Fact]
    public void A_message_of_another_dialect_or_with_its_header_is_told()
    {
        var bcd = Vectors.ByName("bcd-0100-auth-19f").Bytes;
        Assert.Contains("it decodes as iso87-bcd", Diagnosis.Of(Dialect.BuiltIn("iso87-ascii")!, bcd));
        var framed = Frame(Framing.Framing.Of("be16+tpdu5", 8_192), bcd);
        Assert.StartsWith("it is a whole frame of be16+tpdu5", Diagnosis.Of(Dialect.BuiltIn("iso87-bcd")!, framed)[0]);
        Assert.Empty(Diagnosis.Of(Dialect.BuiltIn("iso87-bcd")!, bcd));
    }

    [Theory]
    [InlineData("""{"22":{"type":"n","length":"F","max":6,"encoding":"bcd-l0"}}""", "field 22 (Point of service entry mode)")]
    [InlineData("""{"32":{"type":"n","length":"LL","max":11,"encoding":"bcd-l0","length_encoding":"ascii"}}""", "field 32 ")]
    [InlineData("""{"41":{"type":"an","length":"F","max":16,"encoding":"ascii"}}""", "field 41 ")]
    [InlineData("""{"35":{"type":"z","length":"LL","max":37,"encoding":"ascii","length_encoding":"bcd"}}""", "field 35 ")]
    [InlineData("""{"49":{"type":"n","length":"F","max":3,"encoding":"bcd-l0"}}""", "field 49 ")]
    public void One_field_written_otherwise_is_named(string fields, string expected)
    {
        // Without a shipped dialect that fits: two fields differ from all of them, one is wrong in the file.
        const string own = "\"43\":{\"type\":\"an\",\"length\":\"F\",\"max\":39,\"encoding\":\"ascii\"}";
        var right = Dialect.Parse(Encoding.UTF8.GetBytes("{\"dialect\":\"right\",\"inherits\":\"iso87-bcd\",\"fields\":{" + own + "," + fields[1..^1] + "}}"));
        var wrong = Dialect.Parse(Encoding.UTF8.GetBytes("{\"dialect\":\"wrong\",\"inherits\":\"iso87-bcd\",\"fields\":{" + own + "}}"));
        var editor = new MessageEditor(right);
        editor.SetMti(0x0100);
        foreach (var (field, text) in Vectors.ByName("bcd-0100-auth-19f").Fields)
        {
            if (field == 0) continue;
            var units = right.TypeOf(field) == FieldType.Binary ? 2 * right.UnitsMax(field) : right.UnitsMax(field);
            var pad = right.TypeOf(field) == FieldType.Digits ? '0' : ' ';
            var value = !right.IsFixed(field) ? text : text.Length > units ? text[..units] : text.PadLeft(units, pad);
            editor.Set(new FieldPath(field), Encoding.ASCII.GetBytes(value));
        }

        var table = default(FieldTable);
        var message = new byte[1024];
        message = message[..editor.Write(new MessageReader(right, default, in table), message, out _)];
        var hints = Diagnosis.Of(wrong, message);
        Assert.Contains(hints, hint => hint.StartsWith(expected, StringComparison.Ordinal) && hint.EndsWith("everything decodes", StringComparison.Ordinal));
        Assert.DoesNotContain(hints, hint => hint.Contains("4761739001010119", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(DialectNames))]
    public void A_shipped_dialect_has_samples_that_hold_and_its_page(string name)
    {
        var dialect = Dialect.BuiltIn(name)!;
        Assert.NotEmpty(dialect.Samples);
        var findings = DialectLint.Find(dialect, out var errors);
        Assert.Equal(0, errors);
        if (name != "base24") Assert.Empty(findings);
        if (dialect.Framing is { } framing) Assert.NotNull(Framing.Framing.TryParse(framing, 4_096, out _));
        var page = File.ReadAllText(Repository.File("docs", "dialects", name + ".md"));
        Assert.True(DialectText.Describe(dialect) == page, $"docs/dialects/{name}.md is old: tools/sunny dialect describe {name} > docs/dialects/{name}.md");
    }

    private static bool SameCut(string one, string other, byte[] stream) =>
        Doctor.Cut(stream, Framing.Framing.Of(one, 8_192), 200, out _, out _).SequenceEqual(
            Doctor.Cut(stream, Framing.Framing.Of(other, 8_192), 200, out _, out _));

    private static (string, string, int, int) Shape(Reading reading) => (reading.Framing, reading.Dialect.Name, reading.Frames, reading.Good);

    private static byte[] Frame(Framing.Framing framing, byte[] message)
    {
        var frame = new byte[framing.LeadBytes + message.Length + framing.TrailBytes];
        framing.WriteLead(frame, message.Length, default);
        message.CopyTo(frame, framing.LeadBytes);
        framing.WriteTrail(frame.AsSpan(framing.LeadBytes + message.Length));
        return frame;
    }
}
