using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;
using SunnySwitch.Protocol.Text;

namespace SunnySwitch.Protocol.Tests;

/// <summary>
/// What the fuzzer runs: each target takes any bytes and throws only when an oracle disagrees. The first byte chooses a
/// dialect, a composition or a framing; the rest is the input proper.
/// </summary>
public static class FuzzTargets
{
    private const string Pan = "4761739001010119";

    private static readonly (Dialect Dialect, ReferenceDecoder Oracle)[] _dialects =
        [.. Dialect.BuiltInNames.Select(name => (Dialect.BuiltIn(name)!, new ReferenceDecoder(Flat(name))))];

    private static readonly (Dialect Dialect, JsonElement Field)[] _parts = [.. Compositions.Select(Compose)];

    private static readonly Framing.Framing[] _framings =
        [.. Framing.Framing.Names.Append("be16+hdr9").Select(name => Framing.Framing.Of(name, 1_000))];

    /// <summary>Names of the targets.</summary>
    public static IReadOnlyList<string> Names { get; } = ["decode", "parts", "framing", "dialect", "json", "masking"];

    /// <summary>A fault planted for the control: true makes the parts target fail on a rare shape.</summary>
    public static bool HasPlantedFault { get; set; }

    private static IEnumerable<string> Compositions =>
    [
        """{"kind":"ber-tlv"}""",
        """
        {"kind":"ber-tlv","unknown":"refuse","fields":{"9F26":{"type":"b","encoding":"bin","length":"F","max":8},
         "5A":{"type":"n","encoding":"bcd-rF","max":19}}}
        """,
        """
        {"kind":"bitmap","bitmap":"bin","bits":64,"fields":{"2":{"type":"an","length":"LL","max":32,"encoding":"ascii","length_encoding":"ascii"},
         "3":{"type":"n","length":"F","max":7,"encoding":"bcd-l0"},"25":{"type":"b","length":"LLL","max":900,"encoding":"bin","length_encoding":"bcd",
         "parts":{"kind":"bitmap","bitmap":"hexascii","bits":16,"chained":true,"fields":{"2":{"type":"an","length":"F","max":3,"encoding":"ebcdic"}}}}}}
        """,
        """
        {"kind":"tagged","tag_bytes":2,"tag_encoding":"ascii","length":"LL","length_encoding":"ascii","fields":{
         "01":{"type":"n","encoding":"ascii","max":5},"02":{"type":"b","encoding":"hexascii","length":"F","max":4}}}
        """,
        """
        {"kind":"tagged","tag_bytes":1,"tag_encoding":"bin","length":"LLLL","length_encoding":"bin2","fields":{
         "71":{"type":"b","encoding":"bin","parts":{"kind":"ber-tlv"}},"01":{"type":"z","encoding":"bcd-l0"}}}
        """,
        """
        {"kind":"positional","may_end_early":true,"fields":{"1":{"type":"an","length":"F","max":2,"encoding":"ascii"},
         "2":{"type":"x","length":"F","max":9,"encoding":"ascii"},"3":{"type":"s","length":"LL","max":9,"encoding":"ebcdic","length_encoding":"ebcdic"}}}
        """,
    ];

    /// <summary>Runs one input; throws when something is wrong.</summary>
    public static void Run(string target, byte[] input)
    {
        if (input.Length == 0) return;
        switch (target)
        {
            case "decode": Decode(input[0], input[1..]); break;
            case "parts": Parts(input[0], input[1..]); break;
            case "framing": Frames(input[0], input[1..]); break;
            case "dialect": Compile(input); break;
            case "json": Json(input[0], input[1..]); break;
            default: Masked(input[0], input[1..]); break;
        }
    }

    /// <summary>Inputs to begin with.</summary>
    public static IEnumerable<byte[]> Seeds(string target)
    {
        for (var index = 0; index < _dialects.Length; index++)
        {
            var dialect = _dialects[index].Dialect;
            foreach (var sample in dialect.Samples)
            {
                if (target is "decode" or "masking") yield return [(byte)index, .. sample.Message];
                if (target == "framing") yield return [(byte)(index % _framings.Length), 0, (byte)sample.Message.Length, .. sample.Message];
                if (target != "json") continue;
                var json = new ArrayBufferWriter<byte>();
                MessageText.WriteJson(dialect, sample.Message, true, false, json);
                yield return [(byte)index, .. json.WrittenSpan];
            }

            if (target == "dialect") yield return Dialect.BuiltInFile(dialect.Name)![..Math.Min(4_000, Dialect.BuiltInFile(dialect.Name)!.Length)];
        }

        if (target == "dialect")
        {
            foreach (var composition in Compositions) yield return Encoding.UTF8.GetBytes(FileOf(composition));
        }

        if (target != "parts") yield break;
        string[] contents =
        [
            "9F26081122334455667788950500800080009F36020015", "72109F1804000000018607842400000401FF", "60000000000000000230324142" + "0000123",
            "30313034313233343032303841424344", "710006" + "5A041234567F01000212345", "4142433132333435363738F0F2F1C0",
        ];
        for (var index = 0; index < contents.Length; index++)
        {
            yield return [(byte)index, .. Convert.FromHexString(contents[index][..(contents[index].Length & ~1)])];
        }
    }

    private static void Decode(byte choice, byte[] message)
    {
        var (dialect, oracle) = _dialects[choice % _dialects.Length];
        var table = default(FieldTable);
        var result = Decoder.Decode(dialect, message, ref table);
        var decoded = new List<int>();
        var expected = oracle.Decode(message, decoded);
        Hold(expected == result, $"{dialect.Name}: expected {expected}, found {result}");
        var found = new List<int>();
        foreach (var field in table.Present) found.Add(field);
        Hold(decoded.SequenceEqual(found), $"{dialect.Name}: other fields were decoded");
        if (!result.IsOk) return;

        var target = new byte[message.Length + 64];
        var length = new MessageEditor(dialect).Write(new MessageReader(dialect, message, in table), target, out _);
        var again = default(FieldTable);
        Hold(Decoder.Decode(dialect, target.AsSpan(0, length), ref again).IsOk, "what was written does not decode");
        var before = new MessageReader(dialect, message, in table);
        var after = new MessageReader(dialect, target.AsSpan(0, length), in again);
        foreach (var field in table.Present) Hold(before.Raw(field).SequenceEqual(after.Raw(field)), $"field {field} is not what it was");
    }

    private static void Parts(byte choice, byte[] content)
    {
        var (dialect, field) = _parts[choice % _parts.Length];
        var oracle = new ReferenceParts(field, "60");
        var expected = oracle.Read(content);
        // A message that holds nothing but field 60.
        byte[] message = [.. "0100"u8, 0, 0, 0, 0, 0, 0, 0, 0x10, .. Encoding.ASCII.GetBytes($"{content.Length:D4}"), .. content];
        var table = default(FieldTable);
        var fault = DeepDecoder.Decode(dialect, message, ref table);
        var found = fault.IsOk ? (DecodeError.None, "", 0) : (fault.Error, fault.Path.Text(dialect), fault.Offset - message.Length + content.Length);
        Hold(expected == found, $"composition {choice % _parts.Length}: expected {expected}, found {found}");
        if (HasPlantedFault && oracle.Found.Exists(part => part.Path.Count(letter => letter == '.') >= 3)) Hold(false, "the planted fault");
    }

    private static void Frames(byte choice, byte[] stream)
    {
        var framing = _framings[choice % _framings.Length];
        var (whole, end) = Cut(framing, stream, stream.Length);
        var (split, splitEnd) = Cut(framing, stream, 1);
        Hold(whole.SequenceEqual(split), $"{framing.Name}: split at every byte the frames are others");
        Hold(end == splitEnd, $"{framing.Name}: {end} at once, {splitEnd} byte by byte");
    }

    private static (List<string> Frames, FrameStatus End) Cut(Framing.Framing framing, byte[] stream, int step)
    {
        var frames = new List<string>();
        var status = FrameStatus.NeedMore;
        int start = 0, have = 0;
        while (have < stream.Length || status is FrameStatus.Complete or FrameStatus.KeepAlive)
        {
            if (status == FrameStatus.NeedMore) have = Math.Min(stream.Length, have + Math.Max(step, 1));
            status = framing.TryTakeFrame(stream.AsSpan(start, have - start), out var frame);
            if (status is FrameStatus.Complete or FrameStatus.KeepAlive)
            {
                Hold(frame.FrameBytes > 0 && frame.MessageStart + frame.MessageBytes <= frame.FrameBytes, "a frame beyond its end");
                frames.Add(Convert.ToHexString(stream.AsSpan(start + frame.MessageStart, frame.MessageBytes)));
                start += frame.FrameBytes;
            }
            else if (status != FrameStatus.NeedMore)
            {
                break;
            }
        }

        return (frames, status);
    }

    private static void Compile(byte[] json)
    {
        try
        {
            var dialect = Dialect.Parse(json);
            var table = default(FieldTable);
            DeepDecoder.Decode(dialect, json, ref table);
            DialectText.Describe(dialect);
            DialectLint.Find(dialect, out _);
        }
        catch (DialectException refused)
        {
            Hold(refused.Problems.Count is > 0 and <= 201 && refused.Problems.All(problem => problem.Length < 1_000), "too much is said");
        }
    }

    private static void Json(byte choice, byte[] json)
    {
        var dialect = _dialects[choice % _dialects.Length].Dialect;
        var message = MessageJson.TryEncode(dialect, json, out var problems);
        Hold(message is null == problems.Count > 0, "a message and problems, or neither");
        if (message is null) return;
        var shown = new ArrayBufferWriter<byte>();
        // What a person wrote into a whole field may be broken inside; then it is refused, and that is all.
        if (!MessageText.WriteJson(dialect, message, true, false, shown).IsOk) return;
        var again = MessageJson.TryEncode(dialect, shown.WrittenSpan, out problems);
        Hold(again is not null && again.AsSpan().SequenceEqual(message), $"not the same again: {string.Join("; ", problems)}");
    }

    private static void Masked(byte choice, byte[] message)
    {
        var dialect = _dialects[choice % _dialects.Length].Dialect;
        var shown = new ArrayBufferWriter<byte>();
        MessageText.WriteJson(dialect, message, false, true, shown);
        MessageTree.Write(dialect, message, false, true, shown);
        foreach (var hint in Diagnosis.Of(dialect, message)) shown.Write(Encoding.UTF8.GetBytes(hint));
        var text = Encoding.UTF8.GetString(shown.WrittenSpan);
        var spelled = Convert.ToHexString(Encoding.ASCII.GetBytes(Pan));
        // In a message that decodes though it is shifted, a stretch of one may be an amount or a date: nobody can tell.
        var table = default(FieldTable);
        var most = DeepDecoder.Decode(dialect, message, ref table).IsOk ? Pan.Length : 13;
        for (var start = 0; start + most <= Pan.Length; start++)
        {
            Hold(!text.Contains(Pan.Substring(start, most), StringComparison.Ordinal), "a card number is shown");
            Hold(!text.Contains(spelled.Substring(2 * start, 2 * most), StringComparison.Ordinal), "a card number is shown in hex");
        }
    }

    private static (Dialect, JsonElement) Compose(string composition)
    {
        var dialect = Dialect.Parse(Encoding.UTF8.GetBytes(FileOf(composition)));
        using var document = JsonDocument.Parse($$"""{"parts":{{composition}} }""");
        return (dialect, document.RootElement.Clone());
    }

    private static string FileOf(string composition) => $$"""
        {"dialect":"parts","mti":"ascii","bitmap":"bin","fields":{"60":{"type":"b","length":"LLLL","max":9999,"encoding":"bin",
         "length_encoding":"ascii","parts":{{composition}} } } }
        """;

    // The file with all that it inherits, as the oracle needs it.
    private static JsonElement Flat(string name)
    {
        var options = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
        var flat = new JsonObject { ["fields"] = new JsonObject() };
        for (string? next = name; next is not null;)
        {
            var file = JsonNode.Parse(Dialect.BuiltInFile(next)!, null, options)!.AsObject();
            foreach (var key in (string[])["mti", "bitmap"])
            {
                if (!flat.ContainsKey(key) && file[key] is { } value) flat[key] = value.DeepClone();
            }

            foreach (var (field, plan) in file["fields"]?.AsObject() ?? [])
            {
                if (flat["fields"]!.AsObject().ContainsKey(field)) continue;
                flat["fields"]![field] = plan!.DeepClone();
                var max = plan["max"]!.GetValue<int>();
                flat["fields"]![field]!["max"] = Math.Min(max, ushort.MaxValue);
            }

            next = file["inherits"]?.GetValue<string>();
        }

        using var document = JsonDocument.Parse(flat.ToJsonString());
        return document.RootElement.Clone();
    }

    private static void Hold(bool holds, string otherwise)
    {
        if (!holds) throw new InvalidOperationException(otherwise);
    }
}
