using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SunnySwitch.Disruptor;

/// <summary>
/// Claims by compare-and-swap for many threads. The cursor says what is claimed; what is published stands beside each slot, as
/// the number of the turn in which it was last published, since producers finish in any order.
/// </summary>
internal sealed class MultiProducerSequencer : Sequencer
{
    private const int PaddingInts = 32; // 128 bytes unused at both ends.

    private readonly int _mask;
    private readonly int _turnShift;
    private readonly int[] _turns;

    // A lower bound of the consumers' positions, shared by the producers. Stale is safe: positions only grow.
    private readonly Sequence _gatingSeen = new();

    public MultiProducerSequencer(int size, IWaitStrategy wait) : base(size, wait)
    {
        _mask = size - 1;
        _turnShift = BitOperations.Log2((uint)size);
        _turns = new int[size + (2 * PaddingInts)];
        Array.Fill(_turns, -1);
    }

    protected override long HighestClaimed => Cursor.Value;

    public override bool TryNext(int count, out long highest)
    {
        CheckCount(count);
        while (true)
        {
            var current = Cursor.Value;
            highest = current + count;
            if (IsClosed || (highest - Size > _gatingSeen.Value && !HasRoom(highest))) return false;
            // Full fence. If another producer was faster the room has to be judged anew, so there is no overrun.
            if (Cursor.CompareAndSet(current, highest)) return true;
        }
    }

    public override void Publish(long lowest, long highest)
    {
        Must.Hold(lowest <= highest && highest <= Cursor.Value);
        // Release on each: the slot is written before a consumer can see its turn.
        for (var sequence = lowest; sequence <= highest; sequence++) Volatile.Write(ref Turn(sequence), TurnOf(sequence));
        SignalPublished();
    }

    public override SequenceBarrier NewBarrier(Sequence[] dependencies) =>
        dependencies.Length == 0 ? BarrierOn([Cursor], published: this) : BarrierOn(dependencies, published: null);

    /// <summary>The last sequence before the first gap from <paramref name="lowest"/> to <paramref name="highest"/>, both claimed.</summary>
    public long HighestPublished(long lowest, long highest)
    {
        // Acquire on each: a slot is read after its turn was seen.
        for (var sequence = lowest; sequence <= highest; sequence++)
        {
            if (Volatile.Read(ref Turn(sequence)) != TurnOf(sequence)) return sequence - 1;
        }
        return highest;
    }

    private bool HasRoom(long next)
    {
        var lowest = LowestGating();
        _gatingSeen.SetValue(lowest);
        return next - Size <= lowest;
    }

    private int TurnOf(long sequence) => (int)(sequence >> _turnShift);

    // The mask keeps the index within the array.
    private ref int Turn(long sequence) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_turns), PaddingInts + ((int)sequence & _mask));
}
