using System.Diagnostics;
using System.Text;
using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using SunnySwitch.Disruptor;
using SunnySwitch.Journal;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;

namespace SunnySwitch.Microbench;

/// <summary>
/// The whole way of a purchase without sockets and without a disk: what a network thread does (stage, fill) and what the
/// kernel thread does (decide, apply, frame, seal, reply), in batches of 256 under a table of any size.
/// Run: <c>dotnet run -c Release --project bench/Microbench -- cell [big] [iso87-bcd]</c>.
/// </summary>
public static class CellBench
{
    private const int Cards = 100_000;
    private const int FramesPerRead = 32;
    private const int ReadsPerBatch = 8;
    private const int BatchFrames = FramesPerRead * ReadsPerBatch;
    private static readonly FieldSet Fields = FieldSet.Of(2, 3, 4, 7, 11, 12, 13, 14, 18, 22, 25, 32, 37, 41, 42, 43, 49);

    /// <summary>"big": tables for 32 million holds and keys (about 2.9 GB).</summary>
    public static void Run(string[] args)
    {
        var tableMax = args.Contains("big") ? 32_000_000 : 4_000_000;
        var batches = tableMax / 2 / BatchFrames;
        var dialect = Dialect.BuiltIn(args.Contains("iso87-bcd") ? "iso87-bcd" : "iso87-ascii")!;
        var acquirer = InstitutionId.Of(400001, 6);
        var link = new LinkProfile(
            new LinkTerms(1, "bench", false, [acquirer]), dialect, Framing.Of("be16", 2048), long.MaxValue);
        using var tokens = new CmacPanTokens(new byte[16]);
        var state = new SwitchState(new StateOptions(Cards, Cards, tableMax, tableMax, 100_000, 1_000), tokens);
        using var journal = Journal.Journal.Open(
            new SwallowingDisk(), new JournalOptions(SegmentBytes: 1L << 30), state.Apply, () => state.Hash, out _);
        var ring = RingBuffer<Input>.CreateMultiProducer(() => new Input(), 4096, new BusySpinWaitStrategy());
        var cell = new Cell.Cell(state, journal, [link], new NoLinks(), new StoppedClock(), new AesGcmPanVault(), 4, BatchFrames);
        var consumer = new BatchConsumer<Input, Cell.Cell>(ring, ring.NewBarrier(), cell);
        ring.AddGatingSequences(consumer.Sequence);
        cell.Start(1, tokens.KeyCheck, 20_000);
        Generate(ring, consumer);

        var intake = new Intake(tokens);
        var received = new byte[FramesPerRead * 512];
        var stage = new List<double>();
        var fill = new List<double>();
        var kernel = new List<double>();
        var number = 0;
        var allocated = 0L;
        for (var batch = 0; batch < batches; batch++)
        {
            if (batch == batches / 2) allocated = GC.GetAllocatedBytesForCurrentThread();
            long staging = 0, filling = 0;
            for (var read = 0; read < ReadsPerBatch; read++)
            {
                var bytes = 0;
                for (var index = 0; index < FramesPerRead; index++) bytes += Write(link, number++, received.AsSpan(bytes));
                var start = Stopwatch.GetTimestamp();
                var staged = intake.Stage(link, received.AsSpan(0, bytes));
                staging += Stopwatch.GetTimestamp() - start;
                if (staged.Frames != FramesPerRead) throw new InvalidOperationException("not every frame was staged");
                start = Stopwatch.GetTimestamp();
                if (!ring.TryNext(FramesPerRead, out var highest)) throw new InvalidOperationException("the ring is full");
                for (var index = 0; index < FramesPerRead; index++) intake.Fill(index, ring[highest - FramesPerRead + 1 + index]);
                ring.Publish(highest - FramesPerRead + 1, highest);
                filling += Stopwatch.GetTimestamp() - start;
            }

            var begin = Stopwatch.GetTimestamp();
            while (consumer.Step()) { }
            if (batch < batches / 4) continue;
            kernel.Add(Nanos(Stopwatch.GetTimestamp() - begin));
            stage.Add(Nanos(staging));
            fill.Add(Nanos(filling));
        }

        if (state.Counts.Holds != number) throw new InvalidOperationException($"{state.Counts.Holds} holds of {number} purchases");
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Console.WriteLine($"stage  {Median(stage):F0} ns a purchase\nfill   {Median(fill):F0}\nkernel {Median(kernel):F0}");
        Console.WriteLine($"{number:N0} purchases, {allocated / (number / 2.0):F3} bytes allocated each (the bench's lists included)");
    }

    private static double Nanos(long ticks) => ticks * 1e9 / Stopwatch.Frequency / BatchFrames;

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    private static void Generate(RingBuffer<Input> ring, BatchConsumer<Input, Cell.Cell> consumer)
    {
        ring.TryNext(1, out var sequence);
        ring[sequence].Kind = InputKind.Command;
        ring[sequence].Command = new OperatorCommand(CommandKind.CardsGenerate, _ => { })
        {
            Range = new CardsGenerated
            {
                Bin = 400000,
                BinDigits = 6,
                Count = Cards,
                LedgerMinor = 1L << 40,
                Expiry = 3012,
                Currency = 840,
            },
        };
        ring.Publish(sequence);
        consumer.Step();
    }

    private static int Write(LinkProfile link, int number, Span<byte> target)
    {
        Span<byte> pan = stackalloc byte[16];
        var random = (uint)(number * 2654435761L) % Cards;
        Encoding.ASCII.GetBytes($"400000{random:D9}", pan);
        pan[15] = Luhn(pan[..15]);
        var writer = new MessageWriter(link.Dialect, target[2..]);
        writer.Begin(0x0100, Fields);
        writer.Digits(2, pan);
        writer.Number(3, 0);
        writer.Number(4, 1000 + ((ulong)number % 1000));
        writer.Number(7, 1_124_000_000 + (ulong)(number / 999_999));
        writer.Number(11, ((ulong)number % 999_999) + 1);
        writer.Number(12, 121_212);
        writer.Number(13, 1124);
        writer.Number(14, 3012);
        writer.Number(18, 5411);
        writer.Number(22, 51);
        writer.Number(25, 0);
        writer.Digits(32, "400001"u8);
        writer.Text(37, "000000000001"u8);
        writer.Text(41, "TERM0001"u8);
        writer.Text(42, "MERCHANT0000001"u8);
        writer.Text(43, "ACME GROCERY STORE #12  SPRINGFIELD  US "u8);
        writer.Text(49, "840"u8);
        var bytes = writer.End();
        link.Framing.WriteLead(target, bytes, default);
        return bytes + 2;
    }

    private static byte Luhn(ReadOnlySpan<byte> body)
    {
        var sum = 0;
        for (var index = 0; index < body.Length; index++)
        {
            var digit = body[body.Length - 1 - index] - '0';
            sum += (index & 1) != 0 ? digit : digit > 4 ? (digit * 2) - 9 : digit * 2;
        }

        return (byte)('0' + ((10 - (sum % 10)) % 10));
    }

    /// <summary>Takes what is written and forgets it: the disk's own time is measured by JournalBench.</summary>
    private sealed class SwallowingDisk : IDisk
    {
        public IReadOnlyList<string> List() => [];

        public IDiskFile Create(string name, long bytes, bool prewritten = true) => new Swallowed(name, bytes);

        public IDiskFile Open(string name, bool forWriting) => new Swallowed(name, 1L << 30);

        public void Rename(string from, string to) { }

        public void Delete(string name) { }

        private sealed record Swallowed(string Name, long Bytes) : IDiskFile
        {
            public int Read(long offset, Span<byte> target) => 0;

            public void Write(long offset, ReadOnlySpan<byte> source) { }

            public void Flush() { }

            public void Dispose() { }
        }
    }

    private sealed class StoppedClock : IClock
    {
        public Instant Now => default;
    }

    private sealed class NoLinks : ILinkDesk
    {
        private readonly byte[] _output = new byte[BatchFrames * ReplyEncoder.ReplyBytesMax];
        private int _used;

        public Span<byte> Claim(int connection, uint generation, int bytes)
        {
            if (_used + bytes > _output.Length) _used = 0;
            return _output.AsSpan(_used, bytes);
        }

        public void Commit(int connection, int bytes) => _used += bytes;

        public void Flush(int connection) => _used = 0;

        public void Release(int connection, uint generation) { }

        public void WakeStarved() { }
    }
}
