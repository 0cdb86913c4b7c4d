using Xunit;

namespace SunnySwitch.Disruptor.Tests;

/// <summary>Halting, closing, and handlers that throw.</summary>
public sealed class StoppingTests
{
    [Theory, InlineData(false), InlineData(true)]
    public void A_halted_consumer_handles_what_was_published_before_and_shuts_down(bool many)
    {
        var ring = Rings.Make(many, 64);
        var seen = 0;
        var handler = new OnEach((_, _) => seen++) { MaxBatchSize = 5 };
        var consumer = new BatchConsumer<Slot, OnEach>(ring, ring.NewBarrier(), handler);
        ring.AddGatingSequences(consumer.Sequence);
        ring.Send(ring.Next(33), 33);
        consumer.Halt();
        consumer.Run(); // Halted already, yet nothing is lost.
        Assert.Equal(33, seen);
        Assert.True(handler.Started && handler.ShutDown);
        Assert.Equal(32, consumer.Sequence.Value);
    }

    [Theory, InlineData(0), InlineData(20)]
    public void Halting_wakes_a_consumer_that_sleeps(int spinMicroseconds)
    {
        var wait = new SpinThenParkWaitStrategy(spinMicroseconds);
        var ring = Rings.Make(many: false, 64, wait);
        var consumer = ring.Gate((_, _) => { });
        var crew = new Crew().Start("consumer", consumer.Run);
        Crew.Until(() => wait.ParkedCount == 1, "the consumer parks");
        consumer.Halt();
        crew.Join();
        Assert.Equal(0, wait.ParkedCount);
    }

    [Fact]
    public void A_halt_ends_even_while_producers_go_on_publishing()
    {
        var ring = Rings.Make(many: false, 64);
        var consumer = ring.Gate((_, _) => { });
        var consuming = new Crew().Start("consumer", consumer.Run);
        var producing = new Crew().Start("producer", () =>
        {
            while (!ring.IsClosed)
            {
                if (ring.TryNext(1, out var sequence)) ring.Send(sequence, 1);
            }
        });
        Crew.Until(() => consumer.Sequence.Value > 100, "events flow");
        consumer.Halt();
        consuming.Join();
        ring.Close();
        producing.Join();
    }

    [Fact]
    public void A_consumer_may_be_run_again_once_its_alert_is_cleared()
    {
        var ring = Rings.Make(many: false, 8);
        var barrier = ring.NewBarrier();
        var seen = 0;
        var consumer = ring.Consume(barrier, (_, _) => seen++);
        consumer.Halt();
        consumer.Run();
        ring.Send(ring.Next(3), 3);
        barrier.ClearAlert();
        var crew = new Crew().Start("consumer", consumer.Run);
        Crew.Until(() => consumer.Sequence.Value == 2, "the second run handles the events");
        Assert.Throws<InvalidOperationException>(() => consumer.Step()); // It is running.
        consumer.Halt();
        crew.Join();
        Assert.Equal(3, seen);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_closed_ring_takes_no_claim_but_hands_out_what_was_claimed(bool many)
    {
        var ring = Rings.Make(many, 8);
        var seen = 0;
        var consumer = ring.Gate((_, _) => seen++);
        var claimed = ring.Next(2);
        ring.Close();
        Assert.True(ring.IsClosed);
        Assert.False(ring.TryNext(1, out _));
        Assert.Null(Assert.Throws<RingClosedException>(() => ring.Next()).InnerException);
        ring.Send(claimed, 2);
        Assert.True(consumer.Step());
        Assert.Equal(2, seen);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_handler_that_throws_stops_its_consumer_there_and_frees_the_producers_that_wait(bool many)
    {
        foreach (IWaitStrategy wait in new IWaitStrategy[] { new SpinThenParkWaitStrategy(0), new BusySpinWaitStrategy() })
        {
            var ring = Rings.Make(many, 8, wait);
            var handled = new List<long>();
            var handler = new OnEach((_, sequence) =>
            {
                handled.Add(sequence);
                if (sequence == 10) throw new FormatException("event 10");
            })
            { MaxBatchSize = 4 };
            var consumer = new BatchConsumer<Slot, OnEach>(ring, ring.NewBarrier(), handler);
            ring.AddGatingSequences(consumer.Sequence);

            RingClosedException? refused = null;
            var producing = new Crew().Start("producer", () =>
            {
                refused = Assert.Throws<RingClosedException>(() =>
                {
                    for (var sent = 0; sent < 1_000; sent++) ring.Send(ring.Next(), 1);
                });
            });
            FormatException? thrown = null;
            new Crew().Start("consumer", () => thrown = Assert.Throws<FormatException>(consumer.Run)).Join();
            producing.Join();

            Assert.Same(thrown, refused!.InnerException);
            Assert.Equal(Enumerable.Range(0, 11).Select(number => (long)number), handled); // None skipped, none twice.
            Assert.InRange(consumer.Sequence.Value, 6, 9);                                // Not over the batch that holds 10.
            Assert.True(handler.ShutDown);
            Assert.False(ring.TryNext(1, out _));
            Assert.Throws<InvalidOperationException>(consumer.Run);                       // Stopped for good.
            Assert.Throws<InvalidOperationException>(() => consumer.Step());
        }
    }

    [Fact]
    public void A_producer_that_sleeps_on_a_full_ring_wakes_for_room_and_for_the_close()
    {
        var wait = new SpinThenParkWaitStrategy(0);
        var ring = Rings.Make(many: true, 4, wait);
        var consumer = ring.Gate((_, _) => { }, batchMax: 1);
        ring.Send(ring.Next(4), 4);
        var crew = new Crew().Start("producer", () => ring.Send(ring.Next(2), 2));
        Crew.Until(() => wait.ParkedCount == 1, "the producer parks");
        Assert.True(consumer.Step());
        Assert.Equal(1, wait.ParkedCount); // One slot is not enough for two: it sleeps on.
        Assert.True(consumer.Step());
        crew.Join();

        var refused = new Crew().Start("producer", () => Assert.Throws<RingClosedException>(() => ring.Next(4)));
        Crew.Until(() => wait.ParkedCount == 1, "the producer parks");
        ring.Close();
        refused.Join();
    }

    [Fact]
    public void A_step_that_throws_stops_as_a_run_does()
    {
        var ring = Rings.Make(many: false, 8);
        var consumer = ring.Gate((_, sequence) => throw new FormatException());
        ring.Send(ring.Next(3), 3);
        Assert.Throws<FormatException>(() => consumer.Step());
        Assert.Equal(Sequence.InitialValue, consumer.Sequence.Value);
        Assert.Throws<InvalidOperationException>(() => consumer.Step());
        Assert.IsType<FormatException>(Assert.Throws<RingClosedException>(() => ring.Next()).InnerException);
    }

    [Fact]
    public void Per_event_handlers_get_the_end_of_each_batch()
    {
        var ring = Rings.Make(many: false, 8);
        var ends = new Ends();
        var consumer = new BatchConsumer<Slot, PerEvent<Slot, Ends>>(ring, ring.NewBarrier(), new(ends, maxBatchSize: 3));
        ring.Send(ring.Next(5), 5);
        while (consumer.Step()) { }
        Assert.Equal([2, 4], ends.At);
    }

    private sealed class Ends : IEventHandler<Slot>
    {
        public List<long> At { get; } = [];

        public void OnEvent(ref Slot data, long sequence, bool endOfBatch)
        {
            if (endOfBatch) At.Add(sequence);
        }
    }
}
