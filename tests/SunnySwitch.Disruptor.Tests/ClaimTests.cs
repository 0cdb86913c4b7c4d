using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace SunnySwitch.Disruptor.Tests;

/// <summary>Claims against a model that only counts, on one thread: wrap-around, batches, overruns.</summary>
public sealed class ClaimTests
{
    [Property(MaxTest = 200)]
    public void Any_mix_of_claims_and_steps_hands_out_every_event_once_in_order_and_never_overruns(
        bool many, byte sizeSeed, byte batchSeed, byte[] moves)
    {
        var size = 1 << (sizeSeed % 6);
        var ring = Rings.Make(many, size);
        var seen = new List<Slot>();
        var consumer = ring.Gate((slot, _) => seen.Add(slot), 1 + (batchSeed % size));
        long sent = 0;
        foreach (var move in moves)
        {
            if (move % 3 == 0)
            {
                Assert.Equal(seen.Count < sent, consumer.Step());
                continue;
            }
            var count = 1 + (move / 3 % size);
            var fits = sent - seen.Count + count <= size;
            Assert.Equal(fits, ring.TryNext(count, out var highest));
            if (!fits) continue;
            Assert.Equal(sent + count - 1, highest);
            ring.Send(highest, count);
            sent += count;
            Assert.Equal(size - (sent - seen.Count), ring.RemainingCapacity);
        }
        while (consumer.Step()) { }
        Assert.Equal(Enumerable.Range(0, (int)sent).Select(number => (long)number), seen.Select(slot => slot.Sequence));
    }

    [Property(MaxTest = 200)]
    public void With_many_producers_a_consumer_sees_up_to_the_first_gap_whatever_the_order_of_publishing(int seed, byte turns)
    {
        var ring = Rings.Make(many: true, 32);
        var consumer = ring.Gate((_, _) => { });
        for (var turn = 0; turn < turns % 5; turn++) // On later turns stale marks of the earlier ones lie in every slot.
        {
            Assert.True(ring.TryNext(32, out var all));
            ring.Send(all, 32);
            Assert.True(consumer.Step());
        }
        Assert.True(ring.TryNext(32, out var highest));
        var first = highest - 31;
        var published = new bool[32];
        var barrier = ring.NewBarrier();
        foreach (var index in Shuffled(32, seed))
        {
            ring.Publish(first + index);
            published[index] = true;
            var gap = Array.IndexOf(published, false);
            Assert.Equal(gap < 0 ? highest : first + gap - 1, barrier.AvailableFrom(first));
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_ring_that_nobody_gates_fills_up_instead_of_overrunning(bool many)
    {
        var ring = Rings.Make(many, 8);
        Assert.True(ring.TryNext(8, out var highest));
        ring.Send(highest, 8);
        Assert.False(ring.TryNext(1, out _));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void The_slowest_gating_consumer_decides(bool many)
    {
        var ring = Rings.Make(many, 4);
        var fast = ring.Gate((_, _) => { });
        var slow = ring.Gate((_, _) => { }, batchMax: 1);
        Assert.True(ring.TryNext(4, out var highest));
        ring.Send(highest, 4);
        Assert.True(fast.Step());
        Assert.False(ring.TryNext(1, out _));
        Assert.True(slow.Step());
        Assert.True(ring.TryNext(1, out var next));
        ring.Send(next, 1);
        Assert.False(ring.TryNext(1, out _));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Claims_outside_1_to_size_are_wrong_use(bool many)
    {
        var ring = Rings.Make(many, 8);
        Assert.Throws<ArgumentOutOfRangeException>(() => ring.Next(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ring.TryNext(9, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => Rings.Make(many, 12));
        Assert.Throws<ArgumentOutOfRangeException>(() => Rings.Make(many, 0));
    }

    [Fact]
    public void A_single_producer_cannot_leave_a_gap_or_publish_what_it_has_not_claimed()
    {
        var ring = Rings.Make(many: false, 8);
        Assert.True(ring.TryNext(4, out _));
        Assert.Throws<StopToProtectDataException>(() => ring.Publish(1, 3));
        Assert.Throws<StopToProtectDataException>(() => ring.Publish(0, 4));
        ring.Publish(0, 3);
        Assert.Throws<StopToProtectDataException>(() => ring.Publish(0, 3));
    }

    [Fact]
    public void A_consumer_that_stands_behind_the_others_cannot_join()
    {
        var ring = Rings.Make(many: false, 8);
        var consumer = ring.Gate((_, _) => { });
        Assert.True(ring.TryNext(4, out var highest));
        ring.Send(highest, 4);
        Assert.True(consumer.Step());
        Assert.Throws<StopToProtectDataException>(() => ring.AddGatingSequences(new Sequence()));
    }

    [Fact]
    public void A_batch_gives_no_slot_that_is_not_part_of_it()
    {
        var ring = Rings.Make(many: false, 8);
        var handler = new Beyond();
        var consumer = new BatchConsumer<Slot, Beyond>(ring, ring.NewBarrier(), handler);
        ring.Send(ring.Next(3), 3);
        Assert.True(consumer.Step());
        Assert.Equal(2, handler.Refused);
    }

    private static int[] Shuffled(int count, int seed)
    {
        var order = Enumerable.Range(0, count).ToArray();
        new Random(seed).Shuffle(order);
        return order;
    }

    private sealed class Beyond : IBatchEventHandler<Slot>
    {
        public int Refused { get; private set; }

        public void OnReleased() { }

        public void OnBatch(EventBatch<Slot> batch, long firstSequence)
        {
            foreach (var index in new[] { -1, batch.Count })
            {
                try
                {
                    batch[index].Count++;
                }
                catch (ArgumentOutOfRangeException)
                {
                    Refused++;
                }
            }
        }
    }
}
