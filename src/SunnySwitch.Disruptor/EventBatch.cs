using System.Runtime.CompilerServices;

namespace SunnySwitch.Disruptor;

/// <summary>Consecutive events, in place on the ring. They are the handler's until it returns, and no longer.</summary>
public readonly ref struct EventBatch<T>
{
    private readonly ref T _slots;
    private readonly int _mask;
    private readonly int _first;

    internal EventBatch(ref T slots, int mask, int first, int count)
    {
        _slots = ref slots;
        _mask = mask;
        _first = first;
        Count = count;
    }

    /// <summary>Number of events, at least 1.</summary>
    public int Count { get; }

    /// <summary>The event <paramref name="index"/> places after the first, 0 to <see cref="Count"/> - 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">That slot is not part of the batch.</exception>
    public ref T this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if ((uint)index >= (uint)Count) ThrowOutside(index);
            return ref Unsafe.Add(ref _slots, (_first + index) & _mask);
        }
    }

    private static void ThrowOutside(int index) => throw new ArgumentOutOfRangeException(nameof(index), index, "outside the batch");
}
