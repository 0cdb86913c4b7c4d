using System.Globalization;

namespace SunnySwitch.SystemTests;

/// <summary>All that a process can write to, as the system shows it, searched for bytes.</summary>
internal static class ProcessMemory
{
    private const int PieceBytes = 16 << 20, PageBytes = 4096;

    /// <summary>Where each of these is, in one look through all of it: a mapping, an address and what is around it.</summary>
    public static List<string>[] Find(int process, IReadOnlyList<byte[]> wanted)
    {
        var found = wanted.Select(_ => new List<string>()).ToArray();
        var longest = wanted.Max(bytes => bytes.Length);
        using var memory = new FileStream($"/proc/{process}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        var buffer = new byte[PieceBytes + longest];
        foreach (var line in File.ReadLines($"/proc/{process}/maps"))
        {
            var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!parts[1].StartsWith("rw", StringComparison.Ordinal) || parts[^1] is "[vvar]" or "[vsyscall]") continue;
            var range = parts[0].Split('-').Select(text => long.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray();
            if (range[0] < 0) continue;
            var have = 0;
            for (var at = range[0]; at < range[1];)
            {
                int read;
                try
                {
                    memory.Position = at;
                    read = memory.Read(buffer.AsSpan(have, (int)Math.Min(PieceBytes, range[1] - at)));
                }
                catch (IOException)
                {
                    (at, have) = ((at + PageBytes) & ~(PageBytes - 1L), 0);    // Reserved, and not there: the next page may be.
                    continue;
                }

                if (read == 0) break;
                var where = $"{line}, {at - have:X}";
                for (var index = 0; index < wanted.Count; index++) Add(found[index], buffer.AsSpan(0, have + read), wanted[index], have, where);
                var keep = Math.Min(longest - 1, have + read);
                buffer.AsSpan(have + read - keep, keep).CopyTo(buffer);
                (have, at) = (keep, at + read);
            }
        }

        return found;
    }

    // What lies wholly in what was kept of the piece before was found there.
    private static void Add(List<string> found, ReadOnlySpan<byte> piece, byte[] wanted, int kept, string where)
    {
        for (var from = Math.Max(0, kept - wanted.Length + 1); piece[from..].IndexOf(wanted) is >= 0 and var at; from += at + 1)
        {
            var place = from + at;
            var around = piece[Math.Max(0, place - 64)..Math.Min(piece.Length, place + 96)];
            found.Add($"{where} + {place:X}: {Convert.ToHexString(around)}");
        }
    }
}
