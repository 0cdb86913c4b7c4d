using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SunnySwitch.Protocol.Tests;
using Trace = SharpFuzz.Common.Trace;

namespace SunnySwitch.Fuzz;

/// <summary>
/// Coverage-guided: an input that takes an edge of the code, or takes it more often than any before, is kept and mutated
/// further. Every input is judged by the target's oracles, in time and in memory.
/// </summary>
internal sealed unsafe class Fuzzer
{
    private const int MapBytes = 1 << 16;
    private const int InputBytesMax = 4_096;
    private const int SlowMilliseconds = 1_000;
    private const long AllocatedMax = 64L << 20;
    private const int CorpusFilesMax = 60;

    private static readonly byte[][] Tokens =
    [
        "0100"u8.ToArray(), "0800"u8.ToArray(), [0x81], [0x82, 0xFF], [0x9F, 0x26, 0x08], [0x5A, 0x08], [0x72, 0x05], "\"fields\":{"u8.ToArray(),
        "\"parts\":{\"kind\":\"ber-tlv\"}"u8.ToArray(), "\"inherits\":\"iso87-bcd\""u8.ToArray(), "4761739001010119"u8.ToArray(),
        [0x47, 0x61, 0x73, 0x90, 0x01, 0x01, 0x01, 0x19], "99"u8.ToArray(), "000"u8.ToArray(), [0xF0, 0xF0],
    ];

    private readonly string _target;
    private readonly Random _random;
    private static readonly byte* _map = (byte*)NativeMemory.AllocZeroed(MapBytes);
    private readonly byte[] _seen = new byte[MapBytes];
    private readonly List<byte[]> _corpus = [];
    private long _executions;

    private Fuzzer(string target, int seed)
    {
        _target = target;
        _random = new Random(seed);
    }

    /// <summary>To be called before any code of the codec: instrumented, it writes where it has been.</summary>
    public static void Prepare() => Trace.SharedMem = _map;

    /// <summary>Runs a target for so long; 0, or 1 when an oracle disagreed. With the control a finding is what is wanted.</summary>
    public static int Run(string target, int seconds, int seed, string? corpus, bool isControl)
    {
        if (isControl && target != "parts") return 0;
        FuzzTargets.HasPlantedFault = isControl;
        var fuzzer = new Fuzzer(target, seed);
        var finding = fuzzer.Search(seconds, corpus);
        var edges = fuzzer._seen.Count(static each => each != 0);
        var kept = fuzzer._corpus.Count;
        Console.WriteLine($"{target,-8} {fuzzer._executions,9:N0} executions, {edges,6:N0} edges, {kept,5:N0} inputs kept, seed {seed}{finding}");
        if (isControl) return finding is null ? 1 : 0;
        if (finding is null && corpus is not null) fuzzer.Save(Path.Combine(corpus, target));
        return finding is null ? 0 : 1;
    }

    private string? Search(int seconds, string? corpus)
    {
        var clock = Stopwatch.StartNew();
        var folder = corpus is null ? null : Path.Combine(corpus, _target);
        var kept = Directory.Exists(folder) ? Directory.GetFiles(folder).Select(File.ReadAllBytes) : [];
        foreach (var input in FuzzTargets.Seeds(_target).Concat(kept))
        {
            if (Try(input.Length > InputBytesMax ? input[..InputBytesMax] : input) is { } finding) return finding;
        }

        while (clock.Elapsed.TotalSeconds < seconds)
        {
            if (Try(Mutate(_corpus[_random.Next(_corpus.Count)])) is { } finding) return finding;
        }

        return null;
    }

    private string? Try(byte[] input)
    {
        new Span<byte>(_map, MapBytes).Clear();
        Trace.PrevLocation = 0;
        var start = Stopwatch.GetTimestamp();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            FuzzTargets.Run(_target, input);
        }
        catch (Exception wrong)
        {
            return Finding(input, $"{wrong.GetType().Name}: {wrong.Message}");
        }

        _executions++;
        if (IsSlow(start) && IsSlowAgain(input)) return Finding(input, "it took over a second");
        if (GC.GetAllocatedBytesForCurrentThread() - allocated > AllocatedMax) return Finding(input, "it took over 64 MiB");
        if (IsNew()) _corpus.Add(input);
        return null;
    }

    // Once is the machine.
    private bool IsSlowAgain(byte[] input)
    {
        var start = Stopwatch.GetTimestamp();
        FuzzTargets.Run(_target, input);
        return IsSlow(start);
    }

    private static bool IsSlow(long start) => Stopwatch.GetElapsedTime(start).TotalMilliseconds > SlowMilliseconds;

    private static string Finding(byte[] input, string why) => $"\n  FOUND {why}\n  input {Convert.ToHexString(input)}";

    // Counts fall into eight classes; a class not seen at its edge before is news.
    private bool IsNew()
    {
        var isNew = false;
        var words = new ReadOnlySpan<ulong>(_map, MapBytes / 8);
        for (var word = 0; word < words.Length; word++)
        {
            if (words[word] == 0) continue;
            for (var at = word * 8; at < word * 8 + 8; at++)
            {
                var count = _map[at];
                if (count == 0) continue;
                var bit = (byte)(count switch { 1 => 1, 2 => 2, 3 => 4, < 8 => 8, < 16 => 16, < 32 => 32, < 128 => 64, _ => 128 });
                isNew |= (_seen[at] & bit) == 0;
                _seen[at] |= bit;
            }
        }

        return isNew;
    }

    private byte[] Mutate(byte[] input)
    {
        var bytes = new List<byte>(input);
        for (var times = 1 << _random.Next(5); times > 0; times--)
        {
            var at = bytes.Count == 0 ? 0 : _random.Next(bytes.Count);
            switch (_random.Next(8))
            {
                case 0 when bytes.Count > 0: bytes[at] ^= (byte)(1 << _random.Next(8)); break;
                case 1 when bytes.Count > 0: bytes[at] = (byte)_random.Next(256); break;
                case 2 when bytes.Count > 0: bytes[at] += (byte)_random.Next(-4, 5); break;
                case 3: bytes.Insert(at, (byte)_random.Next(256)); break;
                case 4 when bytes.Count > 0: bytes.RemoveRange(at, _random.Next(1, Math.Min(16, bytes.Count - at) + 1)); break;
                case 5: bytes.InsertRange(at, Tokens[_random.Next(Tokens.Length)]); break;
                case 6 when bytes.Count > 0: bytes.InsertRange(at, bytes.GetRange(at, _random.Next(1, Math.Min(64, bytes.Count - at) + 1))); break;
                case 7:
                    var other = _corpus[_random.Next(_corpus.Count)];
                    bytes.RemoveRange(at, bytes.Count - at);
                    bytes.AddRange(other.AsSpan(_random.Next(other.Length + 1)));
                    break;
            }
        }

        return bytes.Count > InputBytesMax ? [.. bytes.Take(InputBytesMax)] : [.. bytes];
    }

    // The smallest inputs that together take every edge that all of them take.
    private void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var old in Directory.GetFiles(folder)) File.Delete(old);
        Array.Clear(_seen);
        var saved = 0;
        foreach (var input in _corpus.OrderBy(static each => each.Length))
        {
            if (input.Length > 1_000 || saved == CorpusFilesMax) break;
            new Span<byte>(_map, MapBytes).Clear();
            Trace.PrevLocation = 0;
            FuzzTargets.Run(_target, input);
            var (before, isNew) = (_seen.Count(static each => each != 0), IsNew());
            if (!isNew || _seen.Count(static each => each != 0) == before) continue;
            File.WriteAllBytes(Path.Combine(folder, Convert.ToHexString(SHA256.HashData(input))[..12]), input);
            saved++;
        }
    }
}
