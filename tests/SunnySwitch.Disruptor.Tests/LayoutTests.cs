using System.Runtime.CompilerServices;
using Xunit;

namespace SunnySwitch.Disruptor.Tests;

/// <summary>What two threads write lies on two cache lines. Counted on live objects, not read from attributes.</summary>
public sealed class LayoutTests
{
    private const int LineBytes = 64;

    [Fact]
    public void A_sequence_has_a_whole_line_of_padding_before_and_almost_one_after_its_value()
    {
        var sequence = new Sequence();
        var before = Offset(sequence, ref Padded(sequence).Value);
        var after = DataBytes(() => new Sequence()) - before - sizeof(long);
        Assert.InRange(before, 56, LineBytes);
        Assert.InRange(after, 56, LineBytes);
    }

    [Fact]
    public void The_single_producers_own_figures_share_no_line_with_anything_else()
    {
        Assert.Equal(152, Unsafe.SizeOf<SingleProducerSequencer.ProducerState>());
        var state = new SingleProducerSequencer.ProducerState();
        ref var start = ref Unsafe.As<SingleProducerSequencer.ProducerState, byte>(ref state);
        Assert.Equal(LineBytes, (long)Unsafe.ByteOffset(ref start, ref Unsafe.As<long, byte>(ref state.Claimed)));
        var last = (long)Unsafe.ByteOffset(ref start, ref Unsafe.As<long, byte>(ref state.GatingSeen));
        Assert.True(152 - last - sizeof(long) >= LineBytes);
    }

    [Fact]
    public void The_count_of_sleepers_shares_no_line_with_anything_else()
    {
        var lot = new ParkingLot(useFutex: false);
        var before = Offset(lot, ref Count(lot).Value);
        var after = DataBytes(() => new PaddedInObject()) - LineBytes - sizeof(long);
        Assert.True(before >= LineBytes);
        Assert.InRange(after, 56, LineBytes);
    }

    [Fact]
    public void Slots_keep_two_lines_away_from_both_ends_of_their_array()
    {
        AssertSlotsArePadded<byte>(4);
        AssertSlotsArePadded<long>(8);
        AssertSlotsArePadded<Slot>(16);
        AssertSlotsArePadded<(decimal, decimal, decimal, decimal, decimal, decimal, decimal, decimal, decimal)>(2);
    }

    private static void AssertSlotsArePadded<T>(int size) where T : struct
    {
        var ring = RingBuffer<T>.CreateSingleProducer(() => default, size, new BusySpinWaitStrategy());
        var slots = Slots<T>.Of(ring);
        var before = (long)Unsafe.ByteOffset(ref slots[0], ref ring[0]);
        var after = (long)Unsafe.ByteOffset(ref ring[size - 1], ref slots[^1]);
        Assert.True(before >= 2 * LineBytes, $"{typeof(T)}: {before} bytes before");
        Assert.True(after >= 2 * LineBytes, $"{typeof(T)}: {after} bytes after");
        Assert.True(Unsafe.AreSame(ref ring[0], ref ring[size]));
    }

    private static long Offset(object whole, ref long field) =>
        (long)Unsafe.ByteOffset(ref Unsafe.As<Bytes>(whole).First, ref Unsafe.As<long, byte>(ref field));

    // Without header and method table.
    private static long DataBytes(Func<object> make) => Allocated.Least(() => GC.KeepAlive(make())) - (2 * IntPtr.Size);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_padded")]
    private static extern ref PaddedLong Padded(Sequence sequence);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_count")]
    private static extern ref PaddedLong Count(ParkingLot lot);

    private sealed class PaddedInObject
    {
        public PaddedLong Number = new() { Value = 1 };
    }

    private static class Slots<T>
    {
        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_slots")]
        public static extern ref T[] Of(RingBuffer<T> ring);
    }

    private sealed class Bytes
    {
        public byte First = 1; // Never read: it marks where the data begins.
    }
}
