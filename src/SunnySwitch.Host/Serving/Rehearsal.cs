using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using SunnySwitch.Disruptor;
using SunnySwitch.Journal;
using SunnySwitch.Journal.Disks;
using SunnySwitch.Links;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Framing;

namespace SunnySwitch.Host.Serving;

/// <summary>
/// Runs purchases, repeats and reversals through a scratch cell in memory before the ports open, so that the first
/// acquirer does not wait for the just-in-time compiler: a cold start takes 20,000/s at once.
/// </summary>
internal static class Rehearsal
{
    private const int Rounds = 300;
    private const int FramesPerRound = 64;

    public static void Run(IReadOnlyList<Link> links)
    {
        foreach (var link in links.DistinctBy(link => link.Profile.Dialect.Name)) Run(link.Profile);
    }

    private static void Run(LinkProfile original)
    {
        var acquirer = InstitutionId.Of(400001, 6);
        var link = original with
        {
            Terms = new LinkTerms(1, "rehearsal", false, [acquirer]),
            Framing = Framing.Of("be16", 2048),
            DeadlineNanos = long.MaxValue,
        };
        using var tokens = new CmacPanTokens(new byte[16]);
        var state = new SwitchState(new StateOptions(64, 64, 1 << 16, 1 << 16, 64, 4), tokens);
        using var journal = Journal.Journal.Open(
            new MemoryDisk(), new JournalOptions(SegmentBytes: 64L << 20), state.Apply, () => state.Hash, out _);
        var cell = new Cell.Cell(state, journal, [link], new NoLinks(), new MonotonicClock(), new AesGcmPanVault(), 4, 256);
        cell.Start(1, tokens.KeyCheck, 20_000);
        var ring = RingBuffer<Input>.CreateMultiProducer(() => new Input(), 256, new BusySpinWaitStrategy());
        var consumer = new BatchConsumer<Input, Cell.Cell>(ring, ring.NewBarrier(), cell);
        ring.AddGatingSequences(consumer.Sequence);
        Play(link, tokens, ring, consumer);
    }

    private static void Play(LinkProfile link, CmacPanTokens tokens, RingBuffer<Input> ring, BatchConsumer<Input, Cell.Cell> consumer)
    {
        AddCard(tokens, ring, consumer);
        var intake = new Intake(tokens);
        var received = new byte[FramesPerRound * 512];
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = 0;
            for (var index = 0; index < FramesPerRound; index++) bytes += WriteFrame(link, (round * FramesPerRound) + index, received.AsSpan(bytes));
            var staged = intake.Stage(link, received.AsSpan(0, bytes));
            Must.Hold(staged.Frames == FramesPerRound);
            Must.Hold(ring.TryNext(staged.Frames, out var highest));
            var lowest = highest - staged.Frames + 1;
            for (var index = 0; index < staged.Frames; index++) intake.Fill(index, ring[lowest + index]);
            ring.Publish(lowest, highest);
            while (consumer.Step()) { }
        }
    }

    private static void AddCard(CmacPanTokens tokens, RingBuffer<Input> ring, BatchConsumer<Input, Cell.Cell> consumer)
    {
        var block = new byte[PanBlock.Bytes];
        var token = new byte[PanBlock.Bytes];
        PanBlock.Write("4000000000000002"u8, block);
        tokens.Tokenise(block, 1, token);
        Must.Hold(ring.TryNext(1, out var sequence));
        ring[sequence].Kind = InputKind.Command;
        ring[sequence].Command = new OperatorCommand(CommandKind.CardAdd, _ => { })
        {
            Card = new CardTerms(PanBlock.ReadToken(token), default, 9912, 840, 1L << 40, 0),
        };
        ring.Publish(sequence);
        consumer.Step();
    }

    /// <summary>Nine purchases, then a reversal of the first of them.</summary>
    private static int WriteFrame(LinkProfile link, int number, Span<byte> target)
    {
        var reversal = number % 10 == 9;
        var stan = (uint)(number % 999_999) + 1;
        var fields = new FieldSet();
        foreach (var field in (ReadOnlySpan<int>)[2, 3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49]) fields.Add(field);
        if (reversal) fields.Add(90);
        var writer = new MessageWriter(link.Dialect, target[2..]);
        writer.Begin(reversal ? (ushort)0x0400 : (ushort)0x0100, fields);
        writer.Digits(2, "4000000000000002"u8);
        writer.Number(3, 0);
        writer.Number(4, 100);
        writer.Number(7, 101_000_000);
        writer.Number(11, stan);
        writer.Number(12, 0);
        writer.Number(13, 101);
        writer.Digits(32, "400001"u8);
        writer.Text(37, "000000000001"u8);
        writer.Text(41, "REHEARSE"u8);
        writer.Text(42, "REHEARSAL000001"u8);
        writer.Text(49, "840"u8);
        if (reversal) writer.Digits(90, System.Text.Encoding.ASCII.GetBytes($"0100{stan - 9:D6}010100000000000400001{0:D11}"));
        var bytes = writer.End();
        link.Framing.WriteLead(target, bytes, default);
        return bytes + 2;
    }

    /// <summary>Takes replies and drops them.</summary>
    private sealed class NoLinks : ILinkDesk
    {
        private readonly byte[] _reply = new byte[4096];

        public Span<byte> Claim(int connection, uint generation, int bytes) => _reply;

        public void Commit(int connection, int bytes) { }

        public void Flush(int connection) { }

        public void Release(int connection, uint generation) { }

        public void WakeStarved() { }
    }
}
