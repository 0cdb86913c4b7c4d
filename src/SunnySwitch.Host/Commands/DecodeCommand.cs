using System.Buffers;
using System.Buffers.Text;
using System.CommandLine;
using System.Text;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Text;

namespace SunnySwitch.Host.Commands;

/// <summary>
/// <c>sunny decode</c>: messages as hex or base64, one a line, to a tree for people or JSON for scripts.
/// </summary>
internal static class DecodeCommand
{
    /// <summary>The command, ready to be added to the root.</summary>
    public static Command Create()
    {
        var dialect = new Option<string?>("--dialect") { Description = "Dialect: a built-in name or a file." };
        var json = new Option<bool>("--json") { Description = "One JSON object a line." };
        var unmasked = new Option<bool>("--unmasked") { Description = "Show card data in clear. For test data only." };
        var input = new Option<string>("--input")
        {
            Description = "How messages are given: hex or base64.",
            DefaultValueFactory = _ => "hex",
        };
        var messages = new Argument<string[]>("message")
        {
            Description = "Messages without framing; standard input, one a line, if there are none.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command("decode", "Describes ISO 8583 messages.")
        {
            dialect, json, unmasked, input, messages,
        };
        command.SetAction(parsed => Run(
            parsed.GetValue(dialect), parsed.GetValue(json), parsed.GetValue(unmasked), parsed.GetValue(input)!,
            parsed.GetValue(messages) ?? []));
        return command;
    }

    private static int Run(string? dialectName, bool json, bool unmasked, string input, string[] messages)
    {
        if (input is not ("hex" or "base64"))
        {
            Console.Error.WriteLine($"--input {input} is not there yet: hex or base64");
            return 2;
        }

        if (LineTool.LoadDialect(dialectName) is not { } dialect) return 2;
        using var output = new BufferedStream(Console.OpenStandardOutput(), 64 * 1024);
        var job = new Job(dialect, json, unmasked, input == "base64", output);
        return LineTool.Run(messages, output, job.Line);
    }

    private sealed class Job(Dialect dialect, bool json, bool unmasked, bool isBase64, Stream output)
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

        private bool Describe(ReadOnlySpan<byte> message)
        {
            if (!json) return MessageTree.Write(dialect, message, unmasked, _text).IsOk;
            var result = MessageText.WriteJson(dialect, message, unmasked, false, _text);
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
