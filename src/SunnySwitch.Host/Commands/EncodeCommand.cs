using System.CommandLine;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Text;

namespace SunnySwitch.Host.Commands;

/// <summary>
/// <c>sunny encode</c>: objects as <c>decode --json --unmasked</c> prints them, one a line, to hex, one a line.
/// </summary>
internal static class EncodeCommand
{
    /// <summary>The command, ready to be added to the root.</summary>
    public static Command Create()
    {
        var dialect = new Option<string?>("--dialect") { Description = "Dialect: a built-in name or a file." };
        var objects = new Argument<string[]>("object")
        {
            Description = "JSON objects with mti and fields; standard input, one a line, if there are none.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command("encode", "Makes ISO 8583 messages of JSON objects.") { dialect, objects };
        command.SetAction(parsed => Run(parsed.GetValue(dialect), parsed.GetValue(objects) ?? []));
        return command;
    }

    private static int Run(string? dialectName, string[] objects)
    {
        if (LineTool.LoadDialect(dialectName) is not { } dialect) return 2;
        using var output = new BufferedStream(Console.OpenStandardOutput(), 64 * 1024);
        return LineTool.Run(
            objects, output, (line, isTooLong, number) => Line(dialect, line, isTooLong, number, output));
    }

    private static bool Line(Dialect dialect, ReadOnlySpan<byte> line, bool isTooLong, int number, Stream output)
    {
        IReadOnlyList<string> problems = ["too long"];
        if (!isTooLong && MessageJson.TryEncode(dialect, line, out problems) is { } message)
        {
            output.Write(System.Text.Encoding.ASCII.GetBytes(Convert.ToHexString(message) + "\n"));
            return true;
        }

        foreach (var problem in problems) Console.Error.WriteLine($"line {number}: {problem}");
        return false;
    }
}
