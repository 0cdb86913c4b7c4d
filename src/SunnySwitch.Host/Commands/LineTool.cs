using System.Text;
using SunnySwitch.Host.Options;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Host.Commands;

/// <summary>
/// What <c>decode</c> and <c>encode</c> share: a dialect by name or file, lines in as they come, output buffered.
/// </summary>
internal static class LineTool
{
    private const int LineBytesMax = 1 << 20;

    /// <summary>
    /// Takes a line without its end; an over-long one comes as null. Returns false if it is an error.
    /// </summary>
    public delegate bool LineAction(ReadOnlySpan<byte> line, bool isTooLong, int number);

    /// <summary>A built-in dialect or a file; null after saying on standard error why not.</summary>
    public static Dialect? LoadDialect(string? nameOrPath)
    {
        if (string.IsNullOrEmpty(nameOrPath))
        {
            Console.Error.WriteLine($"--dialect is needed: {string.Join(", ", Dialect.BuiltInNames)}, or a file");
            return null;
        }

        var problems = new List<string>();
        if (DialectCatalogue.TryLoad(nameOrPath, out var dialect, problems)) return dialect;
        foreach (var problem in problems) Console.Error.WriteLine(problem);
        return null;
    }

    /// <summary>
    /// Runs the action over the arguments, or over standard input if there are none; returns 0, or 1 if any line is an
    /// error.
    /// </summary>
    public static int Run(string[] arguments, Stream output, LineAction action)
    {
        var allGood = true;
        try
        {
            if (arguments.Length == 0)
            {
                using var input = Console.OpenStandardInput();
                allGood = RunStream(input, output, action);
            }
            else
            {
                for (var index = 0; index < arguments.Length; index++)
                {
                    allGood &= action(Encoding.UTF8.GetBytes(arguments[index]), false, index + 1);
                }
            }

            output.Flush();
        }
        catch (IOException failure)
        {
            Console.Error.WriteLine(failure.Message);   // The reader of our output went away, or a disk is full.
            return 1;
        }

        return allGood ? 0 : 1;
    }

    // Output is flushed after each read, so that a person or a program at the other end of a pipe is not kept waiting.
    private static bool RunStream(Stream input, Stream output, LineAction action)
    {
        var buffer = new byte[64 * 1024];
        int filled = 0, number = 0;
        bool allGood = true, isTooLong = false;
        while (true)
        {
            var read = input.Read(buffer, filled, buffer.Length - filled);
            if (read == 0) break;
            var scanned = filled;
            filled += read;
            var start = 0;
            for (int end; (end = buffer.AsSpan(scanned, filled - scanned).IndexOf((byte)'\n')) >= 0;)
            {
                allGood &= action(buffer.AsSpan(start, scanned + end - start), isTooLong, ++number);
                isTooLong = false;
                start = scanned += end + 1;
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            output.Flush();
            if (filled < buffer.Length) continue;
            if (filled < LineBytesMax) Array.Resize(ref buffer, filled * 2);
            else (filled, isTooLong) = (0, true);
        }

        if (filled > 0 || isTooLong) allGood &= action(buffer.AsSpan(0, filled), isTooLong, ++number);
        return allGood;
    }
}
