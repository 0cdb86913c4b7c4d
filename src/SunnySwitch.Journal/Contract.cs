#pragma warning disable
using SunnySwitch.Core.Domain;

// CONTRACT STUB: the Journal room replaces this file with one file per type; the signatures stay.
namespace SunnySwitch.Journal;

/// The disk is a port: tests hold, tear, reorder and lose unsynced writes. One directory of flat files. IOException on failure.
public interface IDisk
{
    IReadOnlyList<string> List();
    IDiskFile Create(string name, long bytes);   // zeros written out, file and directory flushed before it returns
    IDiskFile Open(string name, bool forWriting);
    void Delete(string name);                    // directory flushed
}
public interface IDiskFile : IDisposable
{
    string Name { get; }
    long Bytes { get; }
    int Read(long offset, Span<byte> target);
    void Write(long offset, ReadOnlySpan<byte> source);
    void Flush();                                // fdatasync
}

public enum DurabilityMode : byte { Local = 1, Pair = 2, PairDurable = 3, Solo = 4 }

public sealed record JournalOptions(long SegmentBytes = 256L << 20, int BatchBytesMax = 4 << 20, DurabilityMode Mode = DurabilityMode.Local);

/// Folds frames in order; State.Apply fits.
public delegate void FrameSink(JournalKind kind, ushort version, long sequence, Instant time, ReadOnlySpan<byte> payload);

public sealed record RecoveryReport(long LastSequence, ulong Epoch, long Frames, int Segments, long CutBytes, string? CutReason);

public sealed class Journal : IDisposable
{
    /// Opens or creates; verifies and folds everything through the sink; cuts a torn tail; refuses corruption with JournalCorruptException (file, offset, what to do).
    public static Journal Open(IDisk disk, JournalOptions options, FrameSink sink, Func<UInt128> stateHash, out RecoveryReport report) => throw null!;
    public long LastSequence => throw null!;        // last appended
    public long DurableSequence => throw null!;     // last flushed
    public ulong Epoch { get => throw null!; set => throw null!; }
    public bool HasPending => throw null!;
    /// True when another frame of that size fits into the batch and its segment space is there; else commit first.
    public bool HasRoom(int payloadBytes) => throw null!;
    /// False: next segment could not be preallocated (96 for new requests, reversals still taken from the reserve).
    public bool HasSegmentAhead => throw null!;
    public long Append(JournalKind kind, ushort version, Instant time, uint link, ReadOnlySpan<byte> payload) => throw null!;
    public long Append(JournalKind kind, ushort version, Instant time, uint link, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> more) => throw null!;
    /// Adds HashAt when due (every 1,024 frames) and the chain frame, writes, flushes. Failure: StopToProtectDataException.
    public void Commit(Instant time) => throw null!;
    public void Dispose() => throw null!;
}
public sealed class JournalCorruptException(string message) : Exception(message);
