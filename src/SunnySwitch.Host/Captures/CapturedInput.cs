namespace SunnySwitch.Host.Captures;

/// <summary>What one side sent, wherever it was found.</summary>
/// <param name="Name">For people: a file, or the two ends of a connection.</param>
/// <param name="Bytes">In order, without a hole.</param>
internal sealed record CapturedBytes(string Name, byte[] Bytes);

/// <summary>Files of bytes as people have them: captures, streams saved raw, and hex text.</summary>
internal static class CapturedInput
{
    private const long FileBytesMax = 1L << 30;

    /// <summary>Reads a file; problems in words, for a file that is not there too.</summary>
    public static IReadOnlyList<CapturedBytes> Read(string path, List<string> problems)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > FileBytesMax)
            {
                problems.Add($"{path}: more than {FileBytesMax >> 20} MiB");
                return [];
            }

            var start = new byte[4];
            var isCapture = CaptureFile.IsCapture(start.AsSpan(0, file.ReadAtLeast(start, 4, throwOnEndOfStream: false)));
            file.Position = 0;
            if (isCapture) return ReadCapture(path, file, problems);
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return [new CapturedBytes(path, FromHex(bytes) ?? bytes)];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            problems.Add($"{path}: {failure.Message}");
            return [];
        }
    }

    private static List<CapturedBytes> ReadCapture(string path, Stream file, List<string> problems)
    {
        var streams = CapturedStreams.Read(file);
        problems.AddRange(streams.Problems.Select(problem => $"{path}: {problem}"));
        var found = new List<CapturedBytes>();
        foreach (var stream in streams.Streams)
        {
            var part = 0;
            foreach (var segment in stream.Segments)
            {
                var name = $"{stream.From} to {stream.To}" + (part++ > 0 ? $", after a hole ({part})" : stream.HasStart ? "" : ", its beginning is missing");
                if (segment.Count > 0) found.Add(new CapturedBytes(name, [.. segment]));
            }
        }

        return found;
    }

    // Text that is hex and space is taken as that.
    private static byte[]? FromHex(byte[] text)
    {
        var digits = new List<char>();
        foreach (var each in text)
        {
            if (char.IsAsciiHexDigit((char)each)) digits.Add((char)each);
            else if (each is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')) return null;
        }

        return digits.Count < 8 || digits.Count % 2 == 1 ? null : Convert.FromHexString(digits.ToArray());
    }
}
