using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Host.Commands;
using SunnySwitch.Journal.Disks;
using SunnySwitch.Journal.Reading;
using Xunit;

namespace SunnySwitch.Journal.Tests;

/// <summary>Journals of every format that was ever written. They only grow; each must read the same for ever.</summary>
public sealed class GoldenTests
{
    private const string Today = "v5";

    /// <summary>
    /// v1: the first. v1-hash-first: the first batch of each later segment ends with a <c>HashAt</c>. v2 to v5: decisions of version 2 to 5.
    /// </summary>
    [Theory]
    [InlineData("v1", 33)]
    [InlineData("v1-hash-first", 34)]
    [InlineData("v2", 34)]
    [InlineData("v3", 34)]
    [InlineData("v4", 34)]
    [InlineData(Today, 34)]
    public void What_was_ever_written_reads_as_it_was_written(string version, long last)
    {
        Assert.Equal(File.ReadAllText(Path.Combine(Folder(version), "frames.txt")), Listing(Golden(version)));
        Assert.Equal(File.ReadAllText(Path.Combine(Folder(version), "export.csv")), Csv(Golden(version)));
        var folded = new Fold();
        using var journal = folded.Open(Golden(version), TestJournal.Small, out var report);
        Assert.Equal(new RecoveryReport(last, 3, last, 2, 0, null), report);
    }

    [Fact]
    public void Todays_writer_writes_the_same_bytes()
    {
        var (golden, today) = (Golden(Today), Write());
        Assert.Equal(golden.List(), today.List().Where(name => name.EndsWith(".seg", StringComparison.Ordinal)));
        foreach (var name in golden.List()) Assert.True(golden.Durable(name).SequenceEqual(today.Durable(name)), name);
    }

    [Fact]
    public void The_csv_has_the_header_that_scripts_rely_on() => Assert.StartsWith(
        "sequence,acquirer,mti,stan,rrn,response_code,amount,currency,pan_masked,terminal\n", Csv(Golden(Today)));

    /// <summary>Run once for each format: <c>-explicit only</c>.</summary>
    [Fact(Explicit = true)]
    public void Write_the_golden_journal()
    {
        var disk = Write();
        var folder = Folder(Today);
        Directory.CreateDirectory(folder);
        foreach (var name in disk.List().Where(name => name.EndsWith(".seg", StringComparison.Ordinal)))
            File.WriteAllBytes(Path.Combine(folder, name), disk.Durable(name).ToArray());
        File.WriteAllText(Path.Combine(folder, "frames.txt"), Listing(disk));
        File.WriteAllText(Path.Combine(folder, "export.csv"), Csv(disk));
    }

    /// <summary>Three epochs, two segments; every way a decision can look in a line.</summary>
    private static MemoryDisk Write()
    {
        var disk = new MemoryDisk();
        for (ulong epoch = 1; epoch <= 3; epoch++)
        {
            var folded = new Fold();
            using var journal = folded.Open(disk, new(SegmentBytes: 40_960, BatchBytesMax: 2_048), out _);
            journal.Epoch = epoch;
            Append(journal, folded, JournalKind.EpochStarted, 1, TestJournal.TimeAt(0), 0, [.. BitConverter.GetBytes(epoch), .. new byte[16]]);
            for (var batch = 0; batch < 5; batch++)
            {
                var count = batch % 3 + (epoch == 1 ? 1 : 0);
                for (var frame = 0; frame < count; frame++) AppendDecision(journal, folded, frame);
                journal.Commit(TestJournal.TimeAt(journal.LastSequence));
            }
        }
        return disk;
    }

    private static void AppendDecision(Journal journal, Fold folded, int frame)
    {
        var number = journal.LastSequence + 1;
        var decided = new Decided { ApprovalCode = (uint)number, Origin = DecisionOrigin.Us };
        decided.Code = ResponseCode.Of('0', (char)('0' + frame));
        decided.Result = frame == 0 ? InternalResult.Approved : InternalResult.InsufficientFunds;
        decided.Effect = frame == 0 ? EffectKind.HoldOpened : EffectKind.None;
        decided.HeldDelta = frame == 0 ? 1_000 + number : 0;
        ref var request = ref decided.Request;
        request.Pan = new((ulong)number * 0x9E3779B97F4A7C15, 42);
        request.TruncatedPan = TruncatedPan.Of(411111, 1111, 16);
        request.AmountMinor = 1_000 + number;
        request.Acquirer = InstitutionId.Of(400001, 6);
        request.Mti = (ushort)(frame == 2 ? 0x0400 : 0x0100);
        request.Stan = (uint)number;
        request.Currency = 36;
        request.Has = RequestHas.Pan | RequestHas.Amount | RequestHas.Stan | RequestHas.Currency;
        if (frame == 1) request.Has &= ~(RequestHas.Amount | RequestHas.Currency);
        if (frame == 0) request.Has |= RequestHas.Proof;
        if (frame == 0) decided.Proof = new() { Counter = 26, Highest = 26, HighestBefore = 24, SeenBelow = 2, Flags = (ProofFlags)31, Kind = 0x80 };
        if (frame == 0) (decided.Proof.Terminal[0], decided.Proof.Terminal[3], decided.Proof.Chip[0], decided.Proof.Chip[7]) = (0x04, 0x80, 0x06, 0x0F);
        if (frame == 1) request.Has |= RequestHas.Serial;
        if (frame == 1) decided.Serial = new() { Device = 0xFFFF9876543210E0, Zone = 2, Counter = 27, HighestBefore = 26, Flags = (SerialFlags)7 };
        Encoding.ASCII.GetBytes($"{number:D12}", request.Rrn);
        Encoding.ASCII.GetBytes(frame == 1 ? "T,\"1\u0001\"  " : "TERM0001", request.Terminal);
        var original = new OriginalData { Stan = 1, Mti = 0x0100, TraceTime = 1123010203, ReplacementMinor = 5 };
        if (frame == 2) request.Has |= RequestHas.Original | RequestHas.Replacement | RequestHas.SharedCounts;
        var shared = default(SharedCounts);
        shared.Add(7, 3, 4_200, areBits: false);
        var payload = new byte[Decided.PayloadBytesMax];
        payload = payload[..Decided.Write(in decided, in original, default, in shared, payload)];
        Append(journal, folded, JournalKind.Decided, Decided.Version, TestJournal.TimeAt(number), 1, payload);
    }

    private static void Append(
        Journal journal, Fold folded, JournalKind kind, ushort version, Instant time, uint link, ReadOnlySpan<byte> payload)
    {
        var sequence = journal.Append(kind, version, time, link, payload);
        folded.Apply(kind, version, sequence, time, payload);
    }

    private static string Listing(MemoryDisk disk)
    {
        var text = new StringBuilder();
        using var reader = new JournalReader(disk);
        while (reader.TryRead(out var header, out var payload))
            text.Append($"{header.Sequence} {header.BatchFirstSequence} {header.TimeNanos} ")
                .Append($"{header.Epoch} {(ushort)header.Kind} ")
                .Append($"{(byte)header.Mode} {header.KindVersion} {header.LinkId} {header.Crc32C:X8} ")
                .Append($"{reader.Segment} {reader.Offset} ")
                .Append(Convert.ToHexString(payload)).Append('\n');
        Assert.Null(reader.Problem);
        return text.ToString();
    }

    private static string Csv(MemoryDisk disk)
    {
        using var output = new StringWriter { NewLine = "\n" };
        output.WriteLine(JournalLines.CsvHeader);
        using var reader = new JournalReader(disk);
        while (reader.TryRead(out var header, out var payload))
            if (header.Kind == JournalKind.Decided) JournalLines.WriteCsv(output, header, payload);
        return output.ToString();
    }

    private static MemoryDisk Golden(string version)
    {
        var disk = new MemoryDisk();
        foreach (var path in Directory.GetFiles(Folder(version), "*.seg"))
            disk.Put(Path.GetFileName(path), File.ReadAllBytes(path));
        return disk;
    }

    private static string Folder(string version)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "SunnySwitch.sln"))) folder = Path.GetDirectoryName(folder)!;
        return Path.Combine(folder, "tests", "golden", "journal", version);
    }
}
