using SunnySwitch.Disruptor;

namespace SunnySwitch.RingBench;

/// <summary>The ring's side of each comparison.</summary>
internal static class RingRuns
{
    /// <summary>Sums what it gets, so that both sides read every event, and stops the clock at the last one.</summary>
    internal sealed class Sum(long total, ManualResetEventSlim done) : IBatchEventHandler<Event32>
    {
        private long _seen;

        public long Value { get; private set; }

        public void OnReleased() { }

        public void OnBatch(EventBatch<Event32> batch, long firstSequence)
        {
            var sum = Value;
            for (var index = 0; index < batch.Count; index++) sum += batch[index].Number;
            Value = sum;
            _seen += batch.Count;
            if (_seen == total) done.Set();
        }
    }

    public static double Run(int producers, int stages, int batch, long total)
    {
        var ring = producers == 1
            ? RingBuffer<Event32>.CreateSingleProducer(() => default, Program.RingSize, new SpinThenParkWaitStrategy())
            : RingBuffer<Event32>.CreateMultiProducer(() => default, Program.RingSize, new SpinThenParkWaitStrategy());
        using var done = new ManualResetEventSlim();
        using var unused = new ManualResetEventSlim();
        var chain = new BatchConsumer<Event32, Sum>[stages];
        var sums = new Sum[stages];
        for (var stage = 0; stage < stages; stage++)
        {
            sums[stage] = new Sum(total, stage == stages - 1 ? done : unused);
            chain[stage] = new(ring, stage == 0 ? ring.NewBarrier() : ring.NewBarrier(chain[stage - 1].Sequence), sums[stage]);
        }
        ring.AddGatingSequences(chain[^1].Sequence);

        var seconds = Race.Time(
            [.. chain.Select(consumer => (Action)consumer.Run)],
            [.. Enumerable.Range(0, producers).Select(_ => (Action)(() => Produce(ring, batch, total / producers)))],
            done,
            () => Array.ForEach(chain, consumer => consumer.Halt()));
        foreach (var sum in sums) Race.Check(sum.Value, producers, total);
        return total / seconds;
    }

    private static void Produce(RingBuffer<Event32> ring, int batch, long count)
    {
        for (long sent = 0; sent < count; sent += batch)
        {
            var highest = ring.Next(batch);
            var lowest = highest - batch + 1;
            for (var index = 0; index < batch; index++) ring[lowest + index].Number = sent + index;
            ring.Publish(lowest, highest);
        }
    }
}
