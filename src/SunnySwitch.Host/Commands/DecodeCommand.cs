using System.Buffers;
using System.Buffers.Text;
using System.CommandLine;
using System.Text;
using SunnySwitch.Host.Captures;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;
using SunnySwitch.Protocol.Text;

namespace SunnySwitch.Host.Commands;

/// <summary>
/// <c>sunny decode</c>: messages as hex or base64, one a line, to a tree for people or JSON for scripts.
/// </summary>
internal static class DecodeCommand
{
    private const int FrameBytesMax = 8_192;

    private static readonly Option<string?> DialectName = new("--dialect") { Description = "Dialect: a built-in name or a file." };
    private static readonly Option<bool> Json = new("--json") { Description = "One JSON object a line." };
    private static readonly Option<bool> Parts = new("--parts") { Description = "With --json: every part too, such as 55.9F26." };
    private static readonly Option<bool> Unmasked = new("--unmasked") { Description = "Show card data in clear. For test data only." };

    private static readonly Option<string> Input = new("--input")
    {
        Description = "How messages are given: hex or base64 (one a line), file (a framed stream, raw or as hex text) or pcap.",
        DefaultValueFactory = static _ => "hex",
    };

    private static readonly Option<string?> FramingName = new("--framing")
    {
        Description = "For file and pcap: how frames are cut, such as be16+tpdu5; default: what the dialect says, or what fits.",
    };

    private static readonly Argument<string[]> Messages = new("message")
    {
        Description = "Messages without framing; standard input, one a line, if there are none. For file and pcap: paths.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <summary>The command, ready to be added to the root.</summary>
    public static Command Create()
    {
        var command = new Command("decode", "Describes ISO 8583 messages.") { DialectName, Json, Parts, Unmasked, Input, FramingName, Messages };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        var input = parsed.GetValue(Input)!;
        if (input is not ("hex" or "base64" or "file" or "pcap"))
        {
            Console.Error.WriteLine($"--input: hex, base64, file or pcap, is {input}");
            return 2;
        }

        if (parsed.GetValue(FramingName) is not null && input is "hex" or "base64")
        {
            Console.Error.WriteLine($"--framing: a line of --input {input} is a message without framing");
            return 2;
        }

        if (LineTool.LoadDialect(parsed.GetValue(DialectName)) is not { } dialect) return 2;
        using var output = new BufferedStream(Console.OpenStandardOutput(), 64 * 1024);
        var job = new Job(dialect, parsed.GetValue(Json), parsed.GetValue(Parts), parsed.GetValue(Unmasked), input == "base64", output);
        var given = parsed.GetValue(Messages) ?? [];
        return input is "hex" or "base64" ? LineTool.Run(given, output, job.Line) : RunStreams(given, parsed.GetValue(FramingName), dialect, job, output);
    }

    private static int RunStreams(string[] paths, string? framingName, Dialect dialect, Job job, Stream output)
    {
        if (paths.Length == 0)
        {
            Console.Error.WriteLine("--input file and pcap need the path of a file");
            return 2;
        }

        if (framingName is not null && Framing.TryParse(framingName, FrameBytesMax, out var problem) is null)
        {
            Console.Error.WriteLine($"--framing: {problem}");
            return 2;
        }

        var problems = new List<string>();
        var good = true;
        foreach (var captured in paths.SelectMany(path => CapturedInput.Read(path, problems)))
        {
            var name = framingName ?? FramingOf(captured.Bytes, dialect);
            good &= DecodeStream(captured, Framing.Of(name, FrameBytesMax), job);
        }

        output.Flush();
        foreach (var each in problems) Console.Error.WriteLine(each);
        return good && problems.Count == 0 ? 0 : 1;
    }

    // What the dialect says if it cuts the stream; else what fits best.
    private static string FramingOf(byte[] stream, Dialect dialect)
    {
        var usual = dialect.Framing ?? "be16";
        var cut = Doctor.Cut(stream, Framing.Of(usual, FrameBytesMax), 200, out _, out var status);
        if (cut.Count > 0 && status is not (FrameStatus.Malformed or FrameStatus.TooLong)) return usual;
        var readings = Doctor.Examine(stream.AsSpan(0, Math.Min(stream.Length, 256 * 1024)), [dialect]);
        return readings.Count > 0 ? readings[0].Framing : usual;
    }

    private static bool DecodeStream(CapturedBytes captured, Framing framing, Job job)
    {
        job.Note($"{captured.Name}: {captured.Bytes.Length} bytes, {framing.Name}");
        var good = true;
        var messages = Doctor.Cut(captured.Bytes, framing, int.MaxValue, out var left, out var status);
        foreach (var (start, bytes) in messages)
        {
            good &= job.Message(captured.Bytes.AsSpan(start, bytes));
        }

        if (left == 0) return good;
        var why = status == FrameStatus.NeedMore ? "the beginning of a frame" : $"no frame of {framing.Name} ({status})";
        job.Note($"{left} bytes at the end are {why}");
        return good && status == FrameStatus.NeedMore;
    }

    private sealed class Job(Dialect dialect, bool json, bool withParts, bool unmasked, bool isBase64, Stream output)
    {
        private readonly ArrayBufferWriter<byte> _text = new();
        private byte[] _bytes = new byte[4096];

        public bool Line(ReadOnlySpan<byte> line, bool isTooLong, int number)
        {
            _text.ResetWrittenCount();
            if (_bytes.Length < line.Length) _bytes = new byte[line.Length];
            var bad = 0;
            var length = isTooLong ? -1 : isBase64 ? ReadBase64(line, out bad) : ReadHex(line, out bad);
            var good = length < 0 ? Refuse(bad, number) : Describe(_bytes.AsSpan(0, length));
            output.Write(_text.WrittenSpan);
            return good;
        }

        /// <summary>A message that was cut out of a stream.</summary>
        public bool Message(ReadOnlySpan<byte> message)
        {
            _text.ResetWrittenCount();
            var good = Describe(message);
            output.Write(_text.WrittenSpan);
            return good;
        }

        /// <summary>A line between messages, for people only.</summary>
        public void Note(string line)
        {
            if (!json) output.Write(Encoding.UTF8.GetBytes($"{line}\n"));
        }

        private bool Describe(ReadOnlySpan<byte> message)
        {
            if (!json)
            {
                var fault = MessageTree.Write(dialect, message, unmasked, true, _text);
                foreach (var hint in Diagnosis.Of(dialect, message)) _text.Write(Encoding.UTF8.GetBytes($"  hint: {hint}\n"));
                return fault.IsOk;
            }

            var result = MessageText.WriteJson(dialect, message, unmasked, withParts, _text);
            _text.Write("\n"u8);
            return result.IsOk;
        }

        // Not a decode error: the line itself cannot be read. The offset is the character's in the line.
        private bool Refuse(int offset, int number)
        {
            var error = isBase64 ? "NotBase64" : "NotHex";
            if (json) MessageText.WriteErrorJson(error, null, offset, _text);
            else _text.Write(Encoding.UTF8.GetBytes($"line {number}: {error} at character {offset + 1}"));
            _text.Write("\n"u8);
            return false;
        }

        // Either case, spaces ignored; -1 and the place of the first bad character (the end for a lone half byte).
        private int ReadHex(ReadOnlySpan<byte> line, out int bad)
        {
            int length = 0, high = -1;
            for (bad = 0; bad < line.Length; bad++)
            {
                if (line[bad] is (byte)' ' or (byte)'\t' or (byte)'\r') continue;
                if (!char.IsAsciiHexDigit((char)line[bad])) return -1;
                var nibble = (line[bad] & 0x0F) + (line[bad] > '9' ? 9 : 0);
                if (high < 0)
                {
                    high = nibble;
                    continue;
                }

                _bytes[length++] = (byte)((high << 4) | nibble);
                high = -1;
            }

            return high < 0 ? length : -1;
        }

        private int ReadBase64(ReadOnlySpan<byte> line, out int bad)
        {
            var status = Base64.DecodeFromUtf8(line.TrimEnd("\r "u8), _bytes, out bad, out var length);
            return status == OperationStatus.Done ? length : -1;
        }
    }
}
