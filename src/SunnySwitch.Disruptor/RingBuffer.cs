using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SunnySwitch.Disruptor;

/// <summary>
/// A ring of slots, all made at the start and used again for ever. A producer claims slots, writes them in place, publishes
/// them; consumers see them in the order of their sequences. Nothing is allocated after the constructor.
/// </summary>
/// <typeparam name="T">A slot: a struct lies in the ring itself, a class is made once per slot.</typeparam>
public sealed class RingBuffer<T>
{
    /// <summary>Largest number of slots.</summary>
    public const int SizeMax = 1 << 28;

    private const int PaddingBytes = 128;

    // Slots at both ends stay unused, so that no neighbour of the array shares a cache line with a slot.
    private static readonly int s_paddingSlots = (PaddingBytes + Unsafe.SizeOf<T>() - 1) / Unsafe.SizeOf<T>();

    private readonly T[] _slots;
    private readonly int _mask;
    private readonly int _padding = s_paddingSlots;
    private readonly Sequencer _sequencer;

    private RingBuffer(Func<T> factory, int size, Sequencer sequencer)
    {
        _slots = new T[size + (2 * s_paddingSlots)];
        _mask = size - 1;
        _sequencer = sequencer;
        for (var slot = 0; slot < size; slot++) _slots[s_paddingSlots + slot] = factory();
    }

    /// <summary>Number of slots.</summary>
    public int Size => _mask + 1;

    /// <summary>
    /// The highest published sequence with a single producer; with many the highest claimed one, which may still be unwritten.
    /// -1 at the start.
    /// </summary>
    public long Cursor => _sequencer.Cursor.Value;

    /// <summary>Free slots, 0 to <see cref="Size"/>. A snapshot for gauges.</summary>
    public long RemainingCapacity => _sequencer.RemainingCapacity;

    /// <summary>Every event up to it was handled by every consumer; its slot is free again, or soon will be.</summary>
    public long Handled => _sequencer.Handled;

    /// <summary>True once <see cref="Close"/> was called or a consumer's handler has thrown.</summary>
    public bool IsClosed => _sequencer.IsClosed;

    /// <summary>
    /// The slot of <paramref name="sequence"/>. Only for a sequence that the caller has claimed and not yet published, or that its
    /// barrier has made available and it has not yet passed: the slot of any other belongs to somebody else.
    /// </summary>
    public ref T this[long sequence]
    {
        // The mask keeps the index within the array, so the bounds check is left out.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_slots), _padding + ((int)sequence & _mask));
    }

    /// <summary>A ring on which exactly one thread claims and publishes, in order. The cheaper one.</summary>
    /// <param name="factory">Makes the content of one slot; called <paramref name="size"/> times, now.</param>
    /// <param name="size">Number of slots, a power of two, 1 to <see cref="SizeMax"/>.</param>
    /// <param name="wait">How consumers wait.</param>
    public static RingBuffer<T> CreateSingleProducer(Func<T> factory, int size, IWaitStrategy wait) =>
        new(factory, Checked(size), new SingleProducerSequencer(size, wait));

    /// <summary>A ring on which any number of threads claim and publish. Claim batches: a claim costs an interlocked operation.</summary>
    /// <param name="factory">Makes the content of one slot; called <paramref name="size"/> times, now.</param>
    /// <param name="size">Number of slots, a power of two, 1 to <see cref="SizeMax"/>.</param>
    /// <param name="wait">How consumers wait.</param>
    public static RingBuffer<T> CreateMultiProducer(Func<T> factory, int size, IWaitStrategy wait) =>
        new(factory, Checked(size), new MultiProducerSequencer(size, wait));

    /// <summary>
    /// Claims <paramref name="count"/> slots, waiting while the ring is full: a short spin, then sleep. Never for network threads.
    /// </summary>
    /// <param name="count">1 to <see cref="Size"/>.</param>
    /// <returns>The highest sequence claimed; the lowest is that - <paramref name="count"/> + 1. All must be published.</returns>
    /// <exception cref="RingClosedException">The ring is closed, or was while waiting; nothing was claimed.</exception>
    public long Next(int count = 1) => _sequencer.Next(count);

    /// <summary>Claims <paramref name="count"/> slots if so many are free; never waits, never claims some of them.</summary>
    /// <param name="count">1 to <see cref="Size"/>.</param>
    /// <param name="highest">The highest sequence claimed; without meaning if the answer is false.</param>
    /// <returns>False if the ring is too full or closed.</returns>
    public bool TryNext(int count, out long highest) => _sequencer.TryNext(count, out highest);

    /// <summary>
    /// Hands the claimed and written slots over. Between claim and publish nothing may throw: a gap stops every consumer. A single
    /// producer publishes in the order of its claims.
    /// </summary>
    public void Publish(long lowest, long highest) => _sequencer.Publish(lowest, highest);

    /// <summary>Hands one slot over; see <see cref="Publish(long, long)"/>.</summary>
    public void Publish(long sequence) => _sequencer.Publish(sequence, sequence);

    /// <summary>
    /// Closes the ring to claims: <see cref="Next"/> throws, also where it waits already, and <see cref="TryNext"/> answers false.
    /// What is claimed is published and handled as ever. The first step of a shutdown; then halt the consumers, first stage first.
    /// </summary>
    public void Close() => _sequencer.Close(cause: null);

    /// <summary>
    /// A barrier that lets its consumer have what is published and what every one of <paramref name="dependencies"/> has passed.
    /// </summary>
    public SequenceBarrier NewBarrier(params Sequence[] dependencies) => _sequencer.NewBarrier([.. dependencies]);

    /// <summary>
    /// No slot is claimed again before each of <paramref name="sequences"/> has passed it. Add the last consumers of every chain,
    /// before the first claim; one that stands behind those added earlier is refused. A ring without any fills up and stays full.
    /// </summary>
    public void AddGatingSequences(params Sequence[] sequences) => _sequencer.AddGating(sequences);

    internal Sequence CursorSequence => _sequencer.Cursor;

    internal EventBatch<T> Batch(long first, int count) =>
        new(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_slots), _padding), _mask, (int)first & _mask, count);

    internal void SignalMoved() => _sequencer.SignalMoved();

    internal void CloseBy(Exception cause) => _sequencer.Close(cause);

    private static int Checked(int size) => size is >= 1 and <= SizeMax && BitOperations.IsPow2(size)
        ? size
        : throw new ArgumentOutOfRangeException(nameof(size), size, $"a power of two, 1 to {SizeMax}");
}
