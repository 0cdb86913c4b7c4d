using System.CommandLine;
using System.Text;
using System.Text.Json;
using SunnySwitch.Host.Captures;
using SunnySwitch.Host.Options;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Text;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny doctor</c>: what is this link speaking? Names framing and dialect of captured bytes.</summary>
internal static class DoctorCommand
{
    private const int ExaminedBytesMax = 256 * 1024;

    private static readonly Argument<string[]> Files = new("file")
    {
        Description = "Captures (pcap, pcapng), or bytes of a link saved raw or as hex text.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string[]> Dialects = new("--dialect")
    {
        Description = "Your own dialect files, tried before the built-in ones.",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<bool> Json = new("--json") { Description = "One JSON object a stream." };

    /// <summary>The command, ready to be added to the root.</summary>
    public static Command Create()
    {
        var command = new Command("doctor", "Names the framing and the likely dialect of a captured stream.") { Files, Dialects, Json };
        command.SetAction(static parsed => Run(parsed.GetValue(Files)!, parsed.GetValue(Dialects) ?? [], parsed.GetValue(Json)));
        return command;
    }

    private static int Run(string[] files, string[] own, bool json)
    {
        var problems = new List<string>();
        var dialects = new List<Dialect>();
        foreach (var name in own)
        {
            if (DialectCatalogue.TryLoad(name, out var dialect, problems)) dialects.Add(dialect);
        }

        // Those that others inherit from explain with less, so they come first.
        var builtIn = Dialect.BuiltInNames.Select(static name => Dialect.BuiltIn(name)!).OrderBy(static dialect => dialect.Parent is null ? 0 : 1);
        dialects.AddRange(builtIn);
        var found = 0;
        var streams = 0;
        foreach (var file in files)
        {
            foreach (var captured in CapturedInput.Read(file, problems))
            {
                streams++;
                var bytes = captured.Bytes.AsSpan(0, Math.Min(captured.Bytes.Length, ExaminedBytesMax));
                var readings = Doctor.Examine(bytes, dialects);
                if (readings.Count > 0 && readings[0].Good > 0) found++;
                Console.WriteLine(json ? ToJson(captured, readings) : ToText(captured, bytes, readings));
            }
        }

        foreach (var problem in problems) Console.Error.WriteLine(problem);
        if (streams == 0 && problems.Count == 0) Console.Error.WriteLine("no TCP stream with data in it");
        return streams > 0 && found == streams ? 0 : 1;
    }

    private static string ToText(CapturedBytes captured, ReadOnlySpan<byte> bytes, IReadOnlyList<Reading> readings)
    {
        var text = new StringBuilder($"{captured.Name}: {captured.Bytes.Length} bytes\n");
        if (readings.Count == 0)
        {
            text.Append($"  no framing that is known here cuts it; it begins with {Diagnosis.LooksOf(bytes, 0)}. ");
            text.Append("Is it encrypted, or cut in the middle of a message?");
            return text.ToString();
        }

        var best = readings[0];
        var left = best.LeftBytes > 0 ? $", {best.LeftBytes} bytes of another" : "";
        text.Append($"  framing {best.Framing}, dialect {best.Dialect.Name}: {best.Good} of {best.Frames} messages decode{left}\n");
        foreach (var other in readings.Skip(1).Where(other => other.Good == best.Good && best.Good > 0).Take(4))
        {
            text.Append($"  as well: {other.Framing}, {other.Dialect.Name}\n");
        }

        foreach (var other in readings.Skip(1).Where(other => other.Good < best.Good && other.Good > 0).Take(2))
        {
            text.Append($"  less likely: {other.Framing}, {other.Dialect.Name}: {other.Good} of {other.Frames}\n");
        }

        if (best.Good < best.Frames) Explain(bytes, best, text);
        return text.ToString().TrimEnd('\n');
    }

    // The first message that does not decode, as far as it goes.
    private static void Explain(ReadOnlySpan<byte> bytes, Reading best, StringBuilder text)
    {
        foreach (var (start, length) in Doctor.Cut(bytes, Protocol.Framing.Framing.Of(best.Framing, 8_192), 200, out _, out _))
        {
            var message = bytes.Slice(start, length);
            var hints = Diagnosis.Of(best.Dialect, message);
            if (hints.Count == 0) continue;
            var tree = new System.Buffers.ArrayBufferWriter<byte>();
            MessageTree.Write(best.Dialect, message, false, true, tree);
            text.Append($"  the first message that does not decode, at byte {start}:\n").Append(Encoding.UTF8.GetString(tree.WrittenSpan));
            foreach (var hint in hints) text.Append("  hint: ").Append(hint).Append('\n');
            return;
        }
    }

    private static string ToJson(CapturedBytes captured, IReadOnlyList<Reading> readings) => JsonSerializer.Serialize(new
    {
        stream = captured.Name,
        bytes = captured.Bytes.Length,
        readings = readings.Take(5).Select(static reading => new
        {
            framing = reading.Framing,
            dialect = reading.Dialect.Name,
            messages = reading.Frames,
            good = reading.Good,
        }),
    });
}
