namespace SunnySwitch.Disruptor;

/// <summary>Runs a handler over the ring, on the calling thread, batch by batch, until halted.</summary>
/// <remarks>
/// <para>The sequence moves once per batch, after the handler has returned.</para>
/// <para>
/// A handler that throws stops the consumer for good, before the batch it threw in: that batch is never skipped and never handed
/// out again, the sequence does not move over it, and the ring is closed, so that producers get a
/// <see cref="RingClosedException"/> instead of waiting for room that will never come. <see cref="Run"/> and <see cref="Step"/>
/// throw what the handler threw.
/// </para>
/// <para>In a chain, halt the first stage and let its <see cref="Run"/> return, then the next: a stage handles what it can reach.</para>
/// </remarks>
public sealed class BatchConsumer<T, THandler> where THandler : IBatchEventHandler<T>
{
    private const int Idle = 0;
    private const int Busy = 1;
    private const int Broken = 2;

    private readonly RingBuffer<T> _ring;
    private readonly SequenceBarrier _barrier;
    private readonly int _batchMax;
    private THandler _handler;
    private int _state;

    /// <summary>Makes a consumer. Gate the ring by its <see cref="Sequence"/> if nobody comes after it.</summary>
    /// <param name="ring">The ring.</param>
    /// <param name="barrier">This consumer's own barrier on <paramref name="ring"/>.</param>
    /// <param name="handler">Gets the batches; a struct is called directly, and copied into the consumer.</param>
    public BatchConsumer(RingBuffer<T> ring, SequenceBarrier barrier, THandler handler)
    {
        _ring = ring;
        _barrier = barrier;
        _handler = handler;
        _batchMax = handler.MaxBatchSize;
        ArgumentOutOfRangeException.ThrowIfLessThan(_batchMax, 1, nameof(handler));
    }

    /// <summary>The last sequence handled, -1 at the start.</summary>
    public Sequence Sequence { get; } = new();

    /// <summary>
    /// Handles events until <see cref="Halt"/>, then what was available at that moment, and returns. Calls the handler's OnStart
    /// first and OnShutdown last, whatever happens in between. May be run again after the barrier's ClearAlert.
    /// </summary>
    /// <exception cref="InvalidOperationException">It runs already, or has stopped for good.</exception>
    public void Run()
    {
        Enter();
        try
        {
            _handler.OnStart();
            HandleUntilHalted();
        }
        catch (Exception first)
        {
            Break(first);
            ShutDownAfter(first);
            throw;
        }
        Volatile.Write(ref _state, Idle);
        _handler.OnShutdown();
    }

    /// <summary>
    /// Handles one batch if any is available, without waiting: for a simulator, instead of <see cref="Run"/>. Calls neither OnStart
    /// nor OnShutdown.
    /// </summary>
    /// <returns>True if there was a batch.</returns>
    /// <exception cref="InvalidOperationException">It runs already, or has stopped for good.</exception>
    public bool Step()
    {
        Enter();
        try
        {
            var next = Sequence.Value + 1;
            var available = _barrier.AvailableFrom(next);
            if (available >= next) HandleBatch(next, available);
            Volatile.Write(ref _state, Idle);
            return available >= next;
        }
        catch (Exception first)
        {
            Break(first);
            throw;
        }
    }

    /// <summary>Asks <see cref="Run"/> to handle what is published already, and to return. Does not wait for it. Any thread.</summary>
    public void Halt() => _barrier.Alert();

    private void HandleUntilHalted()
    {
        var next = Sequence.Value + 1;
        while (true)
        {
            var halted = _barrier.IsAlerted; // Read before looking: what was published before the halt is seen below.
            var available = _barrier.AvailableFrom(next);
            while (next <= available) next = HandleBatch(next, available);
            if (halted) return;
            AwaitNext(next);
        }
    }

    private long HandleBatch(long first, long available)
    {
        var count = (int)Math.Min(available - first + 1, _batchMax);
        _handler.OnBatch(_ring.Batch(first, count), first);
        Sequence.SetValue(first + count - 1); // Release: the handler is done with the slots before anybody can see this.
        _ring.SignalMoved();
        _handler.OnReleased();
        return first + count;
    }

    private void AwaitNext(long next)
    {
        try
        {
            _barrier.WaitFor(next);
        }
        catch (AlertException)
        {
            // The caller looks at the barrier itself.
        }
    }

    private void Enter()
    {
        var before = Interlocked.CompareExchange(ref _state, Busy, Idle);
        if (before == Busy) throw new InvalidOperationException("the consumer is running");
        if (before == Broken) throw new InvalidOperationException($"the consumer has stopped after sequence {Sequence.Value}");
    }

    private void Break(Exception cause)
    {
        Volatile.Write(ref _state, Broken);
        _ring.CloseBy(cause);
    }

    private void ShutDownAfter(Exception first)
    {
        try
        {
            _handler.OnShutdown();
        }
        catch (Exception second)
        {
            throw new AggregateException(first, second);
        }
    }
}
