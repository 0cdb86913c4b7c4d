using System.Buffers;
using System.Text;
using System.Text.Json;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;
using SunnySwitch.Protocol.Text;

namespace SunnySwitch.Host.Load;

/// <summary>Plays a session over one connection and shows every exchange decoded, card numbers masked.</summary>
internal sealed class SessionPlayer(Dialect dialect, Framing framing, TextWriter output)
{
    private const int MessageBytesMax = 4_096;
    private const int RepeatBit = 1;

    /// <summary>Steps played.</summary>
    public int Played { get; private set; }

    /// <summary>Steps whose answer was not as expected.</summary>
    public int Wrong { get; private set; }

    /// <summary>Sends every step in turn. Throws <see cref="LoadException"/> when the peer does not answer.</summary>
    public void Play(Session session, SessionStamps stamps, Stream peer)
    {
        foreach (var step in session.Steps)
        {
            var fields = stamps.Stamp(step, DateTime.UtcNow);
            var request = Encode(step, fields);
            var answer = new byte[MessageBytesMax];
            output.WriteLine($"--- {step.Name}");
            Show("->", request);
            var sentAt = Clock.Nanos;
            var answerBytes = Peer.Exchange(peer, framing, request, answer);
            var micros = (Clock.Nanos - sentAt) / 1_000;
            Show("<-", answer.AsSpan(0, answerBytes));
            Judge(step, fields, answer.AsSpan(0, answerBytes), micros, stamps);
        }
    }

    /// <summary>What a response code says, for people.</summary>
    public static string MeaningOf(string code) => code switch
    {
        "00" => "approved",
        "10" => "approved in part",
        "05" => "do not honour",
        "12" => "invalid transaction",
        "13" => "invalid amount",
        "14" => "no such card",
        "25" => "original not found",
        "30" => "format error",
        "31" => "acquirer not supported on this link",
        "41" => "lost card",
        "43" => "stolen card",
        "51" => "not enough funds",
        "54" => "expired card",
        "55" => "wrong PIN",
        "57" or "58" => "transaction not permitted",
        "61" => "over the amount limit",
        "64" => "more than the original",
        "62" => "restricted card",
        "65" => "over the count limit",
        "75" => "too many wrong PINs",
        "91" => "issuer unavailable",
        "94" => "duplicate",
        "96" => "system malfunction",
        _ => "no meaning given",
    };

    private byte[] Encode(SessionStep step, SortedDictionary<int, string> fields)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["mti"] = fields[0],
            ["fields"] = fields.Where(static field => field.Key != 0)
                .ToDictionary(static field => $"{field.Key}", static field => field.Value),
        });
        return MessageJson.TryEncode(dialect, json, out var problems)
            ?? throw new LoadException($"step {step.Name}: {string.Join("; ", problems)}");
    }

    private void Show(string arrow, ReadOnlySpan<byte> message)
    {
        var text = new ArrayBufferWriter<byte>();
        MessageTree.Write(dialect, message, unmasked: false, withBytes: false, text);
        output.Write($"{arrow} {Encoding.UTF8.GetString(text.WrittenSpan)}");
    }

    private void Judge(SessionStep step, SortedDictionary<int, string> sent, ReadOnlySpan<byte> answer, long micros, SessionStamps stamps)
    {
        Played++;
        var table = default(FieldTable);
        var isReadable = Protocol.Codec.Decoder.Decode(dialect, answer, ref table).IsOk;
        var reader = new MessageReader(dialect, answer, ref table);
        var code = Text(reader, 39);
        var problem = !isReadable ? "the answer cannot be decoded"
            : table.Mti != AnswerMti(sent[0]) ? "the answer is of another kind"
            : Text(reader, 11) != sent[11] ? "the answer is to another request"
            : step.Expect.Length > 0 && !step.Expect.Contains(code) ? $"expected {string.Join(" or ", step.Expect)}"
            : Untold(step, reader);
        if (reader.Has(38)) stamps.Answered(step, Text(reader, 38));
        if (problem is not null) Wrong++;
        output.WriteLine($"   {code} {MeaningOf(code)}, {micros} us{(problem is null ? "" : $"   WRONG: {problem}")}");
        output.WriteLine();
    }

    private string? Untold(SessionStep step, MessageReader answer)
    {
        foreach (var (key, value) in step.Tells)
        {
            if (!int.TryParse(key, out var field) || Text(answer, field) != value) return $"field {key} should be {value}";
        }

        return null;
    }

    private static ushort AnswerMti(string requestMti) =>
        (ushort)((Convert.ToUInt16(requestMti, 16) & ~RepeatBit) + 0x10);

    private string Text(MessageReader reader, int field)
    {
        if (!reader.Has(field)) return "--";
        Span<byte> text = stackalloc byte[999];
        var isDigits = dialect.TypeOf(field) == FieldType.Digits;
        return Encoding.ASCII.GetString(text[..(isDigits ? reader.CopyDigits(field, text) : reader.CopyText(field, text))]);
    }
}
