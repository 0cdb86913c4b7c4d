using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SunnySwitch.Disruptor;

/// <summary>
/// Where waiting threads sleep. A waiter leaves its wish (barrier and sequence), and is woken only when that wish has come true:
/// in a chain of stages a publish does not wake those who wait for another stage.
/// </summary>
/// <remarks>
/// No wake-up is lost because both sides store, fence, then load:
/// <code>
///  waker                              waiter
///  store the sequence (or the alert)  store the wish and the count
///  full fence                         full fence
///  load the count, then the wishes    load the sequences and the alert
/// </code>
/// At least one of the two sees the other's store: the waiter does not sleep, or the waker wakes it. If a wish needs two
/// sequences moved by two threads, the same holds between these two threads, so at least one of them sees both.
/// </remarks>
/// <param name="useFutex">False: sleep on a monitor, which every system has.</param>
internal sealed class ParkingLot(bool useFutex)
{
    [ThreadStatic]
    private static Waiter? s_own;

    private readonly Lock _lock = new();
    private readonly List<Waiter> _parked = new(16);
    private PaddedLong _count;

    /// <summary>Threads that sleep here or are about to; may be stale.</summary>
    internal long ParkedCount => Volatile.Read(ref _count.Value);

    /// <summary>Sleeps until <paramref name="sequence"/> is available at <paramref name="barrier"/> or the barrier is alerted.</summary>
    public void Park(long sequence, SequenceBarrier barrier)
    {
        var waiter = s_own ??= new Waiter();
        waiter.Wish(sequence, barrier);
        lock (_lock)
        {
            _parked.Add(waiter);
            Volatile.Write(ref _count.Value, _parked.Count);
        }

        Interlocked.MemoryBarrier(); // The waiter's fence: the count is visible before we look a last time.
        if (waiter.IsReady && Withdraw(waiter)) return;
        waiter.Sleep(useFutex);      // Whoever took the waiter off the list has set its word, or will in the same lock.
    }

    /// <summary>Wakes those whose wish has come true. A fence and a load when nobody sleeps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WakeReady()
    {
        Interlocked.MemoryBarrier(); // The waker's fence: what it moved is visible before it reads the count.
        if (Volatile.Read(ref _count.Value) != 0) WakeEachReady();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WakeEachReady()
    {
        while (TakeReady() is { } waiter) waiter.Wake(useFutex); // The system call is made outside the lock, which the woken may want.
    }

    private Waiter? TakeReady()
    {
        lock (_lock)
        {
            for (var index = 0; index < _parked.Count; index++)
            {
                var waiter = _parked[index];
                if (!waiter.IsReady) continue;
                _parked.RemoveAt(index);
                Volatile.Write(ref _count.Value, _parked.Count);
                waiter.Release();
                return waiter;
            }
        }
        return null;
    }

    private bool Withdraw(Waiter waiter)
    {
        lock (_lock)
        {
            var removed = _parked.Remove(waiter);
            Volatile.Write(ref _count.Value, _parked.Count);
            return removed;
        }
    }

    /// <summary>A thread's bed: one word that is 1 when it may go on. One per thread, made at its first sleep.</summary>
    private sealed class Waiter
    {
        // Pinned for good, 64 bytes from both ends of its array: the kernel sleeps on this address.
        private readonly int[] _word = GC.AllocateArray<int>(48, pinned: true);
        private readonly nint _address;
        private long _sequence;
        private SequenceBarrier? _barrier;

        public Waiter() => _address = Marshal.UnsafeAddrOfPinnedArrayElement(_word, 16);

        public bool IsReady => _barrier!.IsAlerted || _barrier.AvailableFrom(_sequence) >= _sequence;

        public void Wish(long sequence, SequenceBarrier barrier)
        {
            _sequence = sequence;
            _barrier = barrier;
            Volatile.Write(ref _word[16], 0);
        }

        /// <summary>Called under the lot's lock, so that a late waker can never release the waiter's next sleep.</summary>
        public void Release() => Volatile.Write(ref _word[16], 1);

        public void Sleep(bool onFutex)
        {
            if (onFutex)
            {
                while (Volatile.Read(ref _word[16]) == 0) Futex.Wait(_address, 0);
            }
            else
            {
                lock (_word)
                {
                    while (Volatile.Read(ref _word[16]) == 0) Monitor.Wait(_word);
                }
            }
        }

        public void Wake(bool onFutex)
        {
            if (onFutex)
            {
                Futex.WakeAll(_address);
                GC.KeepAlive(this); // The thread may have woken by itself and ended; its word must outlive the call.
            }
            else
            {
                lock (_word) Monitor.PulseAll(_word);
            }
        }
    }
}
