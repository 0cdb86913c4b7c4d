using System.Diagnostics;
using System.Text.Json;
using SunnySwitch.Admin;
using SunnySwitch.Host.Commands;
using SunnySwitch.Host.Options;

namespace SunnySwitch.Host.Serving;

/// <summary>
/// Starts <c>sunny journal keep</c> when a segment was finished, and <c>sunny journal scrub</c> once a day: processes of
/// their own at the lowest priority, so that the fold's memory and its collections are not the switch's, and an error in
/// it ends nothing but itself.
/// </summary>
/// <param name="options">The switch's.</param>
/// <param name="dataFolder">Its data folder.</param>
/// <param name="config">Its configuration file.</param>
/// <param name="settings">What its command line set.</param>
/// <param name="acknowledged">Every reader of the journal has taken all up to this sequence: what is after it stays.</param>
/// <param name="say">Gets a line for what was done.</param>
internal sealed class Keeper(
    SwitchOptions options, string dataFolder, string? config, IReadOnlyList<string> settings, Func<long> acknowledged, Action<string> say)
{
    private const int KeepSharePercent = 25, ScrubSharePercent = 2;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(30);

    private readonly string _journal = Path.Combine(dataFolder, "journal");
    private readonly TimeSpan _scrubEvery = TimeSpan.FromHours(options.Journal.ScrubHours);
    private long _snapshotSequence;
    private long _failures;
    private long _isDamaged;
    private long _segmentsFinished;
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    /// <summary>Runs until stopped; a child that is under way is ended, which it can be at any point.</summary>
    public async Task Run(CancellationToken stopping)
    {
        if (!options.Journal.Keeper) return;
        var (kept, sinceScrub, sinceFailure) = (LastSegment(), Stopwatch.StartNew(), default(Stopwatch));
        var seen = kept;
        using var timer = new PeriodicTimer(Look);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            {
                var last = LastSegment();
                if (last != seen) Interlocked.Add(ref _segmentsFinished, Segments().Count(name => string.CompareOrdinal(name, seen) > 0));
                seen = last;
                if (last != kept && (sinceFailure is null || sinceFailure.Elapsed > RetryAfter))
                {
                    var isDone = await Keep(stopping).ConfigureAwait(false);
                    if (isDone) kept = last;
                    sinceFailure = isDone ? null : Stopwatch.StartNew();
                }

                if (sinceScrub.Elapsed < _scrubEvery) continue;
                await Scrub(stopping).ConfigureAwait(false);
                sinceScrub.Restart();
            }
        }
        catch (OperationCanceledException)
        {
            // The switch stops.
        }
    }

    public void AddMetrics(MetricsPage page)
    {
        page.Gauge("sunny_snapshot_sequence", "Last frame in the newest snapshot made since the start.", () => Volatile.Read(ref _snapshotSequence));
        page.Counter(
            "sunny_keeper_failures_total", "Snapshots, copies to the archive or scrubs that failed; the log has the words.",
            () => Volatile.Read(ref _failures));
        page.Gauge("sunny_journal_damaged", "Alarm, 1: the last scrub found damage; the log says where.", () => Volatile.Read(ref _isDamaged));
        page.Gauge("sunny_disk_free_bytes", "Free space where the journal is.", () => FreeBytes);
        page.Gauge(
            "sunny_disk_hours_left", "Alarm when low: hours until the disk is full, at the pace since the start; -1 before a segment was finished.", () =>
        {
            var bytes = Interlocked.Read(ref _segmentsFinished) * (double)options.Journal.SegmentMegabytes * (1 << 20);
            return bytes == 0 ? -1 : FreeBytes / bytes * _watch.Elapsed.TotalHours;
        });
    }

    private long FreeBytes => new DriveInfo(_journal).AvailableFreeSpace;

    private IEnumerable<string> Segments() => Directory.EnumerateFiles(_journal, "*.seg");

    private string? LastSegment() => Segments().Max(StringComparer.Ordinal);

    private async Task<bool> Keep(CancellationToken stopping)
    {
        List<string> arguments = ["journal", "keep", "--json", "--data", dataFolder, "--share", $"{KeepSharePercent}", "--acknowledged", $"{acknowledged()}"];
        if (config is not null) arguments.AddRange(["--config", config]);
        foreach (var setting in settings) arguments.AddRange(["--set", setting]);
        var (exitCode, line) = await Child(arguments, stopping).ConfigureAwait(false);
        if (exitCode != 0) return Failed("snapshot or archive");
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        if (root.GetProperty("snapshot").GetString() is { } name)
        {
            Volatile.Write(ref _snapshotSequence, root.GetProperty("last_sequence").GetInt64());
            say($"snapshot: {name} in {root.GetProperty("seconds").GetDouble():F1} s, "
                + $"{root.GetProperty("archived").GetInt32()} segments archived, {root.GetProperty("dropped").GetInt32()} dropped");
        }

        return true;
    }

    private async Task Scrub(CancellationToken stopping)
    {
        List<string> arguments = ["journal", "scrub", "--data", dataFolder, "--share", $"{ScrubSharePercent}"];
        if (KeepCommands.ArchiveFolder(options, dataFolder) is { } archive) arguments.AddRange(["--archive", archive]);
        var (exitCode, lines) = await Child(arguments, stopping).ConfigureAwait(false);
        Volatile.Write(ref _isDamaged, exitCode == 0 ? 0 : 1);
        if (exitCode != 0) Failed("scrub");
        say($"scrub: {lines.TrimEnd()}");
    }

    private bool Failed(string what)
    {
        Interlocked.Increment(ref _failures);
        say($"{what} failed: see the lines above; it is tried again");
        return false;
    }

    private static async Task<(int ExitCode, string Output)> Child(List<string> arguments, CancellationToken stopping)
    {
        var program = Environment.ProcessPath!;
        // Under `dotnet sunny.dll` the program is the runtime's.
        if (Path.GetFileNameWithoutExtension(program) == "dotnet") arguments.Insert(0, Path.Combine(AppContext.BaseDirectory, "sunny.dll"));
        using var child = new Process { StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true } };
        child.Start();
        try
        {
            var output = await child.StandardOutput.ReadToEndAsync(stopping).ConfigureAwait(false);
            await child.WaitForExitAsync(stopping).ConfigureAwait(false);
            return (child.ExitCode, output);
        }
        catch (OperationCanceledException)
        {
            child.Kill();
            throw;
        }
    }
}
