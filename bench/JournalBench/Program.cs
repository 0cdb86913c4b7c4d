using System.Diagnostics;
using System.Text.Json;
using SunnySwitch;
using SunnySwitch.Core.Domain;
using SunnySwitch.Host.Disk;
using SunnySwitch.Journal;
using SunnySwitch.Journal.Disks;
using SunnySwitch.Journal.Frames;

// Group commit against a bare program that writes as many bytes in the same batches to the same disk, interleaved: the
// best way we know, whole aligned blocks past the page cache, then fdatasync.
// Usage: JournalBench [--dir DIR] [--rounds N] [--batches N] [--json]
const int payloadBytes = 208;
var folder = Path.Combine(Text("--dir", Path.GetTempPath()), $"sunny-journal-bench-{Environment.ProcessId}");
int rounds = int.Parse(Text("--rounds", "5")), batches = int.Parse(Text("--batches", "300"));
var payload = new byte[payloadBytes];
for (var index = 0; index < payload.Length; index++) payload[index] = (byte)(index * 31);
var run = 0;
var writes = "";
try
{
    RunJournal(32, 50, new FlushTimes());
    var rows = new List<Row>();
    foreach (var frames in (int[])[32, 128, 512]) rows.Add(Compare(frames));
    var (appendNanos, commitNanos) = Processor();
    var fold = Fold();
    if (args.Contains("--json"))
    {
        var all = new
        {
            rows,
            appendNanos,
            commitNanosPerFrame = commitNanos,
            foldRate = fold.Wall,
            foldCpuRate = fold.Cpu,
            writes,
        };
        Console.WriteLine(JsonSerializer.Serialize(all));
    }
    else
    {
        Print(rows, appendNanos, commitNanos, fold);
        Console.WriteLine($"writes: {writes}");
    }
    return 0;
}
finally
{
    if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
}

Row Compare(int frames)
{
    List<double> journal = [], bare = [];
    FlushTimes journalFlushes = new(), bareFlushes = new(), pureFlushes = new();
    for (var round = 0; round < rounds; round++)
    {
        journal.Add(RunJournal(frames, batches, journalFlushes));
        bare.Add(RunBare(frames, batches, bareFlushes, pureFlushes));
    }
    return new Row(frames, Median(journal), Median(bare), Median(journal) / Median(bare),
        bareFlushes.Quantile(0.5).TotalMicroseconds, bareFlushes.Quantile(0.99).TotalMicroseconds,
        journalFlushes.Quantile(0.5).TotalMicroseconds, journalFlushes.Quantile(0.99).TotalMicroseconds,
        pureFlushes.Quantile(0.5).TotalMicroseconds, pureFlushes.Quantile(0.99).TotalMicroseconds);
}

double RunJournal(int frames, int count, FlushTimes flushes)
{
    var directory = Path.Combine(folder, $"{run++}");
    var disk = new FileDisk(directory);
    using var journal = Journal.Open(disk, Sizes(frames, count), (_, _, _, _, _) => { }, () => 0, out _);
    var start = Stopwatch.GetTimestamp();
    for (var batch = 0; batch < count; batch++) CommitBatch(journal, frames, flushes);
    var rate = frames * count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    writes = disk.WriteMode;
    Directory.Delete(directory, recursive: true);
    return rate;
}

void CommitBatch(Journal journal, int frames, FlushTimes? times)
{
    for (var frame = 0; frame < frames; frame++)
    {
        if (!journal.HasRoom(payloadBytes)) throw new InvalidOperationException("the batch does not fit");
        journal.Append(JournalKind.Decided, 1, new Instant(frame), 1, payload);
    }
    var start = Stopwatch.GetTimestamp();
    journal.Commit(new Instant(1));
    times?.Record(Stopwatch.GetTimestamp() - start);
}

double RunBare(int frames, int count, FlushTimes times, FlushTimes flushes)
{
    var directory = Path.Combine(folder, $"{run++}");
    var disk = new FileDisk(directory);
    var bytes = new AlignedBuffer(BatchBytes(frames));
    bytes.Span.Fill(7);
    using var file = disk.Create("bare", Sizes(frames, count).SegmentBytes);
    var start = Stopwatch.GetTimestamp();
    for (var batch = 0; batch < count; batch++)
    {
        var began = Stopwatch.GetTimestamp();
        file.Write(4_096 + (long)batch * bytes.Length, bytes.Span);
        var written = Stopwatch.GetTimestamp();
        file.Flush();
        var ended = Stopwatch.GetTimestamp();
        flushes.Record(ended - written);
        times.Record(ended - began);
    }
    var rate = frames * count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    Directory.Delete(directory, recursive: true);
    return rate;
}

(double Append, double Commit) Processor()
{
    List<double> appends = [], commits = [];
    for (var round = 0; round < rounds; round++)
    {
        var disk = new MemoryDisk { LiesAboutFlush = true };
        using var journal = Journal.Open(disk, Sizes(512, 400), (_, _, _, _, _) => { }, () => 0, out _);
        var memory = disk.Cached(disk.List()[0]);
        for (var page = 4_096; page < memory.Length; page += 4_096) memory[page] = 0;     // Not the commit's to fault in.
        TimeSpan append = default, commit = default;
        for (var batch = 0; batch < 400; batch++)
        {
            var start = Cpu();
            for (var frame = 0; frame < 512; frame++)
            {
                if (!journal.HasRoom(payloadBytes)) throw new InvalidOperationException("the batch does not fit");
                journal.Append(JournalKind.Decided, 1, new Instant(frame), 1, payload);
            }
            var middle = Cpu();
            journal.Commit(new Instant(1));
            append += middle - start;
            commit += Cpu() - middle;
        }
        appends.Add(append.TotalNanoseconds / (512 * 400));
        commits.Add(commit.TotalNanoseconds / (512 * 400));
    }
    return (Median(appends), Median(commits));
}

// Processor time, not time on the wall: the machine may be busy with other things.
static TimeSpan Cpu() => Environment.CpuUsage.TotalTime;

(double Wall, double Cpu) Fold()
{
    var directory = Path.Combine(folder, "fold");
    var options = Sizes(512, 1_000);
    using (var journal = Journal.Open(new FileDisk(directory), options, (_, _, _, _, _) => { }, () => 0, out _))
        for (var batch = 0; batch < 1_000; batch++) CommitBatch(journal, 512, null);
    List<double> rates = [], cpuRates = [];
    for (var round = 0; round < rounds; round++)
    {
        var (start, cpu) = (Stopwatch.GetTimestamp(), Cpu());
        using var journal = Journal.Open(
            new FileDisk(directory), options, (_, _, _, _, _) => { }, () => 0, out var report);
        rates.Add(report.Frames / Stopwatch.GetElapsedTime(start).TotalSeconds);
        cpuRates.Add(report.Frames / (Cpu() - cpu).TotalSeconds);
    }
    return (Median(rates), Median(cpuRates));
}

static int BatchBytes(int frames) => (int)FrameFormat.NextBlock(
    frames * FrameFormat.FrameBytes(payloadBytes) + FrameFormat.FrameBytes(FrameFormat.BatchChainPayloadBytes));

static JournalOptions Sizes(int frames, int count) =>
    new(SegmentBytes: FrameFormat.NextBlock(
        (long)(BatchBytes(frames) + FrameFormat.BlockBytes) * (count + 2) * 17 / 16));

static double Median(List<double> values)
{
    values.Sort();
    return values[values.Count / 2];
}

string Text(string name, string other)
{
    var at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length ? args[at + 1] : other;
}

static void Print(List<Row> rows, double appendNanos, double commitNanos, (double Wall, double Cpu) fold)
{
    Console.WriteLine("frames/batch   journal frames/s      bare frames/s   ratio   "
        + "bare write+flush us p50/p99   commit us p50/p99   fdatasync us p50/p99");
    foreach (var row in rows)
        Console.WriteLine($"{row.Frames,12} {row.Journal,18:N0} {row.Bare,18:N0}   {row.Ratio:F2}   "
            + $"{row.BareP50,14:F0} / {row.BareP99,-10:F0} {row.CommitP50,8:F0} / {row.CommitP99,-10:F0} "
            + $"{row.FlushP50,8:F0} / {row.FlushP99:F0}");
    Console.WriteLine($"processor time of a frame: append {appendNanos:F0} ns, "
        + $"commit (CRC, SHA-256, copy in memory) {commitNanos:F0} ns");
    Console.WriteLine($"open with a sink that does nothing: {fold.Wall:N0} frames/s, "
        + $"{fold.Cpu:N0} per second of processor time");
}

internal sealed record Row(
    int Frames, double Journal, double Bare, double Ratio, double BareP50, double BareP99, double CommitP50,
        double CommitP99, double FlushP50, double FlushP99);
