#pragma warning disable
namespace SunnySwitch.Disruptor;

// CONTRACT STUB: the Disruptor room replaces this file with one file per type; the signatures stay.

public sealed class Sequence
{
    public const long InitialValue = -1;
    public Sequence(long initial = InitialValue) => throw null!;
    public long Value => throw null!;                    // acquire
    public void SetValue(long value) => throw null!;     // release
    public void SetValueVolatile(long value) => throw null!; // full fence
    public bool CompareAndSet(long expected, long value) => throw null!;
}

public interface IWaitStrategy
{
    long WaitFor(long sequence, SequenceBarrier barrier); // returns highest available >= sequence; throws AlertException when alerted
    void SignalAllWhenBlocking();
}
public sealed class SpinThenParkWaitStrategy : IWaitStrategy
{
    public SpinThenParkWaitStrategy(int spinMicroseconds = 20) => throw null!;
    public long WaitFor(long sequence, SequenceBarrier barrier) => throw null!;
    public void SignalAllWhenBlocking() => throw null!;
}
public sealed class BusySpinWaitStrategy : IWaitStrategy
{
    public long WaitFor(long sequence, SequenceBarrier barrier) => throw null!;
    public void SignalAllWhenBlocking() => throw null!;
}
public sealed class AlertException : Exception { public static readonly AlertException Instance = new(); }

public sealed class RingBuffer<T>
{
    public static RingBuffer<T> CreateSingleProducer(Func<T> factory, int size, IWaitStrategy wait) => throw null!;
    public static RingBuffer<T> CreateMultiProducer(Func<T> factory, int size, IWaitStrategy wait) => throw null!;
    public int Size => throw null!;
    public ref T this[long sequence] => throw null!;
    public long Next(int count = 1) => throw null!;                        // waits (never used by network threads)
    public bool TryNext(int count, out long highest) => throw null!;       // false when full; claims highest-count+1 .. highest
    public void Publish(long lowest, long highest) => throw null!;
    public void Publish(long sequence) => throw null!;
    public long Cursor => throw null!;
    public long RemainingCapacity => throw null!;
    public SequenceBarrier NewBarrier(params Sequence[] dependencies) => throw null!;
    public void AddGatingSequences(params Sequence[] sequences) => throw null!;
}
public sealed class SequenceBarrier
{
    public long WaitFor(long sequence) => throw null!;
    public long AvailableFrom(long sequence) => throw null!;  // never waits: highest contiguous published and passed by the dependencies, or sequence - 1
    public void Alert() => throw null!;
    public void ClearAlert() => throw null!;
    public bool IsAlerted => throw null!;
}

public readonly ref struct EventBatch<T>
{
    public int Count => throw null!;
    public ref T this[int index] => throw null!;
}
public interface IBatchEventHandler<T>
{
    int MaxBatchSize => int.MaxValue;
    void OnBatch(EventBatch<T> batch, long firstSequence);
    void OnStart() { }
    void OnShutdown() { }
}
public interface IEventHandler<T>
{
    void OnEvent(ref T data, long sequence, bool endOfBatch);
    void OnStart() { }
    void OnShutdown() { }
}
/// Runs a handler on the calling thread until halted. A handler that throws stops the consumer at that sequence (never skips), Run rethrows.
public sealed class BatchConsumer<T, THandler> where THandler : IBatchEventHandler<T>
{
    public BatchConsumer(RingBuffer<T> ring, SequenceBarrier barrier, THandler handler) => throw null!;
    public Sequence Sequence => throw null!;
    public void Run() => throw null!;      // returns after Halt(), having handled what was published before; throws what the handler threw
    public bool Step() => throw null!;     // one batch if any is available, without waiting: for a simulator
    public void Halt() => throw null!;
}
