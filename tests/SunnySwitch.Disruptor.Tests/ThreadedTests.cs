using Xunit;

namespace SunnySwitch.Disruptor.Tests;

/// <summary>Real threads, small rings so that they wrap all the time, and every event accounted for.</summary>
public sealed class ThreadedTests
{
    public static TheoryData<int, int, int, bool> Shapes => new()
    {
        // producers, ring, batch of claim, busy spin
        { 1, 1, 1, false }, { 1, 64, 16, false }, { 1, 4096, 16, true }, { 1, 64, 7, false },
        { 2, 2, 1, false }, { 2, 64, 16, false }, { 3, 64, 5, false }, { 2, 4096, 16, true },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void Every_event_arrives_once_whole_and_in_its_producers_order(int producers, int size, int batch, bool busySpin)
    {
        var ring = Rings.Make(producers > 1, size, busySpin ? new BusySpinWaitStrategy() : new SpinThenParkWaitStrategy());
        var each = size < 16 ? 5_000 : 60_000 / batch * batch;
        var counts = new long[producers];
        long expected = 0;
        var consumer = ring.Gate((slot, sequence) =>
        {
            Assert.Equal(expected++, sequence);
            Assert.Equal(sequence, slot.Sequence);
            Assert.Equal(counts[slot.Producer]++, slot.Count);
        });
        var consuming = new Crew().Start("consumer", consumer.Run);
        var producing = new Crew();
        for (var producer = 0; producer < producers; producer++)
        {
            var own = producer;
            producing.Start($"producer {own}", () => SendAll(ring, own, each, batch));
        }
        producing.Join();
        consumer.Halt(); // Everything was published before the halt, so everything is handled.
        consuming.Join();
        Assert.All(counts, count => Assert.Equal(each, count));
    }

    [Theory, InlineData(20), InlineData(0)]
    public void A_stage_sees_an_event_only_after_every_stage_before_it(int spinMicroseconds)
    {
        // A diamond (1 and 2 side by side, 3 after both, 4 after 3) on a ring of 8: everybody waits for everybody.
        var ring = Rings.Make(many: true, 8, new SpinThenParkWaitStrategy(spinMicroseconds));
        const int Each = 10_000;
        var passed = new long[5];
        var first = ring.Consume(ring.NewBarrier(), (_, sequence) => Volatile.Write(ref passed[1], sequence + 1));
        var second = ring.Consume(ring.NewBarrier(), (_, sequence) => Volatile.Write(ref passed[2], sequence + 1), batchMax: 3);
        var third = ring.Consume(ring.NewBarrier(first.Sequence, second.Sequence), (_, sequence) =>
        {
            Assert.True(Volatile.Read(ref passed[1]) > sequence && Volatile.Read(ref passed[2]) > sequence);
            Volatile.Write(ref passed[3], sequence + 1);
        });
        var fourth = ring.Consume(ring.NewBarrier(third.Sequence), (_, sequence) =>
        {
            Assert.True(Volatile.Read(ref passed[3]) > sequence);
            passed[4] = sequence + 1;
        });
        ring.AddGatingSequences(fourth.Sequence);

        var stages = new[] { first, second, third, fourth };
        var crews = stages.Select(stage => new Crew().Start("stage", stage.Run)).ToArray();
        new Crew().Start("a", () => SendAll(ring, 0, Each, 1)).Start("b", () => SendAll(ring, 1, Each, 2)).Join();
        for (var stage = 0; stage < stages.Length; stage++) // First stage first.
        {
            stages[stage].Halt();
            crews[stage].Join();
        }
        Assert.Equal([0, 2 * Each, 2 * Each, 2 * Each, 2 * Each], passed);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void TryNext_never_overruns_a_consumer_that_is_reading(bool many)
    {
        var ring = Rings.Make(many, 4);
        var broken = 0;
        var consumer = ring.Gate((slot, sequence) =>
        {
            for (var look = 0; look < 20; look++) // A producer that overran us would change the slot under our eyes.
            {
                if (ring[sequence].Sequence != sequence) broken++;
            }
        });
        var consuming = new Crew().Start("consumer", consumer.Run);
        var producing = new Crew();
        for (var producer = 0; producer < (many ? 2 : 1); producer++)
        {
            producing.Start("producer", () =>
            {
                for (var sent = 0; sent < 20_000;)
                {
                    if (!ring.TryNext(1 + (sent % 4), out var highest)) Thread.Yield();
                    else ring.Send(highest, 1 + (sent++ % 4));
                }
            });
        }
        producing.Join();
        consumer.Halt();
        consuming.Join();
        Assert.Equal(0, broken);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Nothing_is_allocated_between_claim_and_the_consumers_last_move(bool many)
    {
        var ring = Rings.Make(many, 64);
        var consumer = new BatchConsumer<Slot, PerEvent<Slot, Nothing>>(ring, ring.NewBarrier(), new(default));
        ring.AddGatingSequences(consumer.Sequence);
        void Turn()
        {
            Assert.True(ring.TryNext(16, out var highest));
            ring.Send(highest, 16);
            ring.Send(ring.Next(), 1);
            consumer.Step();
        }
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var turn = 0; turn < 1_000; turn++) Turn();
        }));
    }

    private static void SendAll(RingBuffer<Slot> ring, int producer, int total, int batch)
    {
        for (var sent = 0; sent < total; sent += batch)
        {
            var count = Math.Min(batch, total - sent);
            ring.Send(ring.Next(count), count, producer, sent);
        }
    }

    private struct Nothing : IEventHandler<Slot>
    {
        public readonly void OnEvent(ref Slot data, long sequence, bool endOfBatch)
        {
        }
    }
}
