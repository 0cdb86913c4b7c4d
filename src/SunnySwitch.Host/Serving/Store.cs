using System.Diagnostics;
using SunnySwitch.Admin;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using SunnySwitch.Host.Disk;
using SunnySwitch.Host.Options;
using SunnySwitch.Hsm.Ledger;
using SunnySwitch.Journal;
using SunnySwitch.Journal.Snapshots;

namespace SunnySwitch.Host.Serving;

/// <summary>What a data folder holds: the token key, the journal, and the state folded from it. Locked against a second process.</summary>
internal sealed class Store : IDisposable
{
    private readonly FileStream _lock;
    private readonly FileDisk _files;
    private readonly byte[] _tokenKey;
    private readonly Keys _keys;

    private Store(
        FileStream locked, FileDisk files, byte[] tokenKey, Keys keys, SwitchState state, Journal.Journal journal, RecoveryReport report)
    {
        _keys = keys;
        _lock = locked;
        _files = files;
        _tokenKey = tokenKey;
        State = state;
        Journal = journal;
        NextEpoch = report.Epoch + 1;
        using var tokens = new CmacPanTokens(tokenKey);
        TokenKeyCheck = tokens.KeyCheck;
    }

    /// <summary>The data folder.</summary>
    public string Folder => Path.GetDirectoryName(_lock.Name)!;

    public SwitchState State { get; }

    public Journal.Journal Journal { get; }

    public ulong NextEpoch { get; }

    public uint TokenKeyCheck { get; }

    /// <summary>Seals PANs with the data keys.</summary>
    public IPanVault Vault => _keys.DataKeys.Vault;

    /// <summary>The keys of payment cryptography, and the module that holds them.</summary>
    public KeyLedger Ledger => _keys.Ledger;

    /// <summary>Makes a new data key; it is on disk before it is used.</summary>
    public uint RotateDataKey() => _keys.DataKeys.Rotate();

    /// <summary>Before a ceremony: opens the token again if it has lost its keys.</summary>
    public void ReviveKeys() => _keys.Revive();

    public bool HasCards => State.Counts.Cards > 0;

    /// <summary>A tokeniser for one thread.</summary>
    public IPanTokens NewTokens() => new CmacPanTokens(_tokenKey);

    /// <summary>Opens or creates the folder, recovers the journal, says what it found.</summary>
    /// <exception cref="InvalidDataException">The folder cannot be used: why, and what to do.</exception>
    public static Store Open(SwitchOptions options, string dataFolder, string? config, Action<string> say)
    {
        var journalFolder = Path.Combine(dataFolder, "journal");
        Directory.CreateDirectory(journalFolder);
        var locked = Lock(dataFolder);
        var key = TokenKeyFile.ReadOrCreate(dataFolder, journalExists: Directory.EnumerateFiles(journalFolder).Any());
        var files = new FileDisk(journalFolder);
        say($"disk: {DiskProbe.Describe(dataFolder)}");
        var clock = Stopwatch.StartNew();
        // A snapshot is read twice: whether it is whole is found out while the tables get their memory.
        var newest = SnapshotReader.Names(files).FirstOrDefault();
        var isWhole = Task.Run(() => newest is null ? null : SnapshotReader.Check(files, newest, out _));
        var tables = options.Tables;
        var state = new SwitchState(StateOptions(options), new CmacPanTokens(key));
        say($"tables: {tables.Holds:N0} holds, {tables.DuplicateKeys:N0} duplicate keys, {tables.Cards:N0} cards, in {clock.Elapsed.TotalSeconds:F1} s");
        clock.Restart();
        var snapshot = SnapshotReader.LoadNewest(files, state, line => say($"snapshot passed over: {line}"), Check);
        if (snapshot is { } loaded)
        {
            say($"snapshot: {SnapshotHeader.NameOf(loaded.LastSequence)}, {loaded.FileBytes:N0} bytes, in {clock.Elapsed.TotalSeconds:F1} s");
        }

        clock.Restart();
        IDisk disk = options.Journal.Disk == "held" ? new HeldDisk(files) : files;
        var journal = SunnySwitch.Journal.Journal.Open(
            disk, new JournalOptions(SegmentBytes: options.Journal.SegmentMegabytes * 1024L * 1024L), state.Apply, () => state.Hash, out var report, snapshot);
        Must.Hold(state.Hash == state.HashFromScratch());
        using (var tokens = new CmacPanTokens(key))
        {
            if (report.LastSequence > 0 && state.TokenKeyCheck != tokens.KeyCheck)
            {
                journal.Dispose();
                throw new InvalidDataException(
                    $"token.key is another folder's (check {tokens.KeyCheck:X8}, the journal was written under {state.TokenKeyCheck:X8}): "
                    + "restore the right one");
            }
        }

        var cut = report.CutBytes > 0 ? $"; cut {report.CutBytes:N0} bytes: {report.CutReason}" : "";
        say($"journal: {report.Frames:N0} frames in {report.Segments} segments, "
            + $"folded in {clock.Elapsed.TotalSeconds:F1} s{cut}");
        return new Store(locked, files, key, Keys.Open(options, dataFolder, config, state, say), state, journal, report);

        string? Check(IDisk disk, string name, out SnapshotHeader header)
        {
            if (name != newest) return SnapshotReader.Check(disk, name, out header);
            using var file = disk.Open(name, forWriting: false);
            return SnapshotReader.CheckHeader(file, name, out header) ?? isWhole.GetAwaiter().GetResult();
        }
    }

    /// <summary>The state's sizes as configured.</summary>
    public static StateOptions StateOptions(SwitchOptions options)
    {
        var tables = options.Tables;
        var connectionsMax = options.Links.Sum(link => link.Limits.ConnectionsMax);
        var state = new StateOptions(tables.Cards, tables.Accounts, tables.Holds, tables.DuplicateKeys, tables.Tombstones, connectionsMax);
        return state with
        {
            BalancesMax = tables.Balances ?? state.BalancesMax,
            DayCountersMax = tables.DayCounters ?? state.DayCountersMax,
            SlidingCountersMax = tables.SlidingCounters ?? state.SlidingCountersMax,
            ReceiptsMax = tables.Receipts ?? state.ReceiptsMax,
            StepsMax = tables.Steps ?? state.StepsMax,
            ChargesMax = tables.Charges ?? state.ChargesMax,
            MonthCountersMax = tables.MonthCounters ?? state.MonthCountersMax,
            LifeCountersMax = tables.LifeCounters ?? state.LifeCountersMax,
            AcceptorsMax = tables.Acceptors ?? state.AcceptorsMax,
            StopsMax = tables.Stops ?? state.StopsMax,
            KeyNotesMax = tables.KeyNotes ?? state.KeyNotesMax,
            ChipCountersMax = tables.ChipCounters ?? state.ChipCountersMax,
            DevicesMax = tables.Devices,
            ContraAccountsMax = tables.ContraAccounts ?? state.ContraAccountsMax,
        };
    }

    /// <summary>Prewrites segments ahead of need until stopped, away from the kernel's thread.</summary>
    public async Task PrepareSegments(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            try
            {
                if (!await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false)) return;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            if (Journal.Supply.NeedsSegment) Journal.Supply.PrepareNext();
        }
    }

    /// <summary>Adds the disk's own figures.</summary>
    public void AddMetrics(MetricsPage page) => page.Counter("sunny_journal_flushes_total", "Flushes of the journal.", () => _files.Flushes.Count);

    public void Dispose()
    {
        Journal.Dispose();
        _keys.Dispose();
        _lock.Dispose();
    }

    /// <summary>Keeps every other switch out of the folder until it is disposed.</summary>
    /// <exception cref="InvalidDataException">One has it.</exception>
    public static FileStream Lock(string dataFolder)
    {
        try
        {
            return new FileStream(Path.Combine(dataFolder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new InvalidDataException($"{dataFolder} is in use by another switch: stop it, or name another folder with --data");
        }
    }
}
