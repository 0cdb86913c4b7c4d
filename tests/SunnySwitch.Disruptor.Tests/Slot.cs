namespace SunnySwitch.Disruptor.Tests;

/// <summary>What the tests carry: enough to tell who wrote it, when, and whether it was written at all.</summary>
internal struct Slot
{
    public long Sequence;
    public int Producer;
    public long Count;

    public static Slot Blank() => new() { Sequence = -1, Producer = -1, Count = -1 };
}

/// <summary>Calls back for each event; the smallest handler.</summary>
internal sealed class OnEach(Action<Slot, long> seen) : IBatchEventHandler<Slot>
{
    public int MaxBatchSize { get; init; } = int.MaxValue;

    public bool Started { get; private set; }

    public bool ShutDown { get; private set; }

    public void OnReleased() { }

    public void OnBatch(EventBatch<Slot> batch, long firstSequence)
    {
        for (var index = 0; index < batch.Count; index++) seen(batch[index], firstSequence + index);
    }

    public void OnStart() => Started = true;

    public void OnShutdown() => ShutDown = true;
}

internal static class Rings
{
    public static RingBuffer<Slot> Make(bool many, int size, IWaitStrategy? wait = null)
    {
        wait ??= new SpinThenParkWaitStrategy();
        return many
            ? RingBuffer<Slot>.CreateMultiProducer(Slot.Blank, size, wait)
            : RingBuffer<Slot>.CreateSingleProducer(Slot.Blank, size, wait);
    }

    public static BatchConsumer<Slot, OnEach> Gate(
        this RingBuffer<Slot> ring, Action<Slot, long> seen, int batchMax = int.MaxValue)
    {
        var consumer = ring.Consume(ring.NewBarrier(), seen, batchMax);
        ring.AddGatingSequences(consumer.Sequence);
        return consumer;
    }

    public static BatchConsumer<Slot, OnEach> Consume(
        this RingBuffer<Slot> ring, SequenceBarrier barrier, Action<Slot, long> seen, int batchMax = int.MaxValue) =>
        new(ring, barrier, new OnEach(seen) { MaxBatchSize = batchMax });

    /// <summary>Writes and publishes a claim.</summary>
    public static void Send(this RingBuffer<Slot> ring, long highest, int count, int producer = 0, long firstCount = 0)
    {
        var lowest = highest - count + 1;
        for (var index = 0; index < count; index++)
        {
            ref var slot = ref ring[lowest + index];
            slot.Sequence = lowest + index;
            slot.Producer = producer;
            slot.Count = firstCount + index;
        }
        ring.Publish(lowest, highest);
    }
}
