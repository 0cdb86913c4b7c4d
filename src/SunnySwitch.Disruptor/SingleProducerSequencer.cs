using System.Runtime.InteropServices;

namespace SunnySwitch.Disruptor;

/// <summary>Claims and publishes for exactly one thread: no interlocked operation on the way.</summary>
internal sealed class SingleProducerSequencer(int size, IWaitStrategy wait) : Sequencer(size, wait)
{
    // The producer's own figures, touched by no other thread but for RemainingCapacity; a cache line away from everything else.
    [StructLayout(LayoutKind.Explicit, Size = 152)]
    internal struct ProducerState
    {
        [FieldOffset(64)]
        public long Claimed;
        [FieldOffset(72)]
        public long Published;
        [FieldOffset(80)]
        public long GatingSeen; // Saves reading the consumers' lines until the turn is used up.
    }

    private ProducerState _own = new()
    {
        Claimed = Sequence.InitialValue,
        Published = Sequence.InitialValue,
        GatingSeen = Sequence.InitialValue,
    };

    protected override long HighestClaimed => Volatile.Read(ref _own.Claimed);

    public override bool TryNext(int count, out long highest)
    {
        CheckCount(count);
        var next = _own.Claimed + count;
        highest = next;
        if (IsClosed || (next - Size > _own.GatingSeen && !HasRoom(next))) return false;
        _own.Claimed = next;
        return true;
    }

    public override void Publish(long lowest, long highest)
    {
        Must.Hold(lowest == _own.Published + 1 && highest >= lowest && highest <= _own.Claimed); // No gap, nothing unclaimed.
        _own.Published = highest;
        Cursor.SetValue(highest); // Release: the slots are written before a consumer can see the cursor.
        SignalPublished();
    }

    public override SequenceBarrier NewBarrier(Sequence[] dependencies) =>
        BarrierOn(dependencies.Length == 0 ? [Cursor] : dependencies, published: null);

    private bool HasRoom(long next)
    {
        _own.GatingSeen = LowestGating();
        return next - Size <= _own.GatingSeen;
    }
}
