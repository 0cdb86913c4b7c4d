using SunnySwitch.Core.Domain;


namespace SunnySwitch.Journal.Tests;

/// <summary>A state that depends on every value the sink gets, and on their order.</summary>
internal sealed class Fold
{
    private static readonly UInt128 Prime = new(0x0100_0000, 0x0000_013B);

    public UInt128 Hash { get; private set; }

    public long Frames { get; private set; }

    public List<UInt128> After { get; } = [0];   // Hash after each frame: what a prefix may fold to.

    public void Apply(JournalKind kind, ushort version, long sequence, Instant time, ReadOnlySpan<byte> payload)
    {
        Add((ulong)kind);
        Add(version);
        Add((ulong)sequence);
        Add((ulong)time.UnixNanos);
        Add((ulong)payload.Length);
        foreach (var value in payload) Add(value);
        Frames++;
        After.Add(Hash);
    }

    public Fold Copy()
    {
        var copy = new Fold { Hash = Hash, Frames = Frames };
        copy.After.AddRange(After.Skip(1));
        return copy;
    }

    public Journal Open(IDisk disk, JournalOptions options, out RecoveryReport report) =>
        Journal.Open(disk, options, Apply, () => Hash, out report);

    private void Add(ulong value) => Hash = (Hash ^ value) * Prime + 1;
}

internal static class TestJournal
{
    public static readonly JournalOptions Small = new(SegmentBytes: 32_768, BatchBytesMax: 8_192);

    /// <summary>Payloads of 0 to 251 bytes, each frame different.</summary>
    public static void Write(Journal journal, Fold state, int batches, int framesPerBatch)
    {
        for (var batch = 0; batch < batches; batch++)
        {
            for (var frame = 0; frame < framesPerBatch; frame++) AppendOne(journal, state);
            journal.Commit(TimeAt(journal.LastSequence));
        }
    }

    public static void AppendOne(Journal journal, Fold state)
    {
        var next = journal.LastSequence + 1;
        var payload = new byte[next * 37 % 252];
        for (var index = 0; index < payload.Length; index++) payload[index] = (byte)(next * 7 + index);
        if (!journal.HasRoom(payload.Length)) journal.Commit(TimeAt(next));
        var kind = next % 5 == 0 ? JournalKind.SessionChanged : JournalKind.Decided;
        var cut = payload.Length / 3;
        var sequence = journal.Append(kind, 1, TimeAt(next), (uint)(next % 9), payload.AsSpan(0, cut),
            payload.AsSpan(cut));
        state.Apply(kind, 1, sequence, TimeAt(next), payload);
    }

    public static Instant TimeAt(long sequence) => new(1_700_000_000_000_000_000 + sequence * 1_000_003);
}
