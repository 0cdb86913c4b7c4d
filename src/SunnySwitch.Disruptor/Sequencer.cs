namespace SunnySwitch.Disruptor;

/// <summary>Who may write which slot: hands out sequences, never further than a turn ahead of the slowest gating consumer.</summary>
internal abstract class Sequencer
{
    private readonly IWaitStrategy _wait;
    private readonly SpinThenParkWaitStrategy _roomWait; // Producers park under every strategy: a full ring burns no core.
    private readonly SequenceBarrier _room;
    private readonly Lock _gatingLock = new();

    // Until a consumer gates the ring, it stands at the start: such a ring fills up, instead of overrunning nobody.
    private Sequence[] _gating = [new Sequence()];
    private bool _hasGating;
    private RingClosedException? _closed;

    protected Sequencer(int size, IWaitStrategy wait)
    {
        Size = size;
        _wait = wait;
        _roomWait = wait as SpinThenParkWaitStrategy ?? new SpinThenParkWaitStrategy();
        _room = new SequenceBarrier(_roomWait, _gating, published: null, ahead: size);
    }

    public int Size { get; }

    /// <summary>Highest published sequence with one producer; highest claimed one with many.</summary>
    public Sequence Cursor { get; } = new();

    public long RemainingCapacity => Size - (HighestClaimed - LowestGating());

    /// <summary>Everything up to it was handled by every consumer; may be behind the truth, never ahead.</summary>
    public long Handled => LowestGating();

    public bool IsClosed => Volatile.Read(ref _closed) is not null;

    protected abstract long HighestClaimed { get; }

    public abstract bool TryNext(int count, out long highest);

    public abstract void Publish(long lowest, long highest);

    public long Next(int count)
    {
        long highest;
        while (!TryNext(count, out highest)) AwaitRoom(count);
        return highest;
    }

    public abstract SequenceBarrier NewBarrier(Sequence[] dependencies);

    public void AddGating(Sequence[] sequences)
    {
        lock (_gatingLock)
        {
            // A consumer that joins behind the others could already have been overrun.
            foreach (var sequence in sequences) Must.Hold(sequence.Value >= LowestGating());
            Sequence[] all = _hasGating ? [.. _gating, .. sequences] : [.. sequences];
            if (all.Length == 0) return;
            _hasGating = true;
            Volatile.Write(ref _gating, all);
            _room.Watch(all);
        }
    }

    /// <summary>Refuses every later claim, and ends the waits for room. What is claimed already may and must still be published.</summary>
    public void Close(Exception? cause)
    {
        Interlocked.CompareExchange(ref _closed, new RingClosedException(cause), null); // The first cause is the one that counts.
        _room.Alert();
    }

    /// <summary>Wakes those who wait for a sequence that has just moved; the strategy brings the fence between the two.</summary>
    public void SignalMoved()
    {
        _wait.SignalAllWhenBlocking();
        if (!ReferenceEquals(_wait, _roomWait)) _roomWait.SignalAllWhenBlocking();
    }

    /// <summary>As <see cref="SignalMoved"/>, for a publish: no producer waits for that.</summary>
    protected void SignalPublished() => _wait.SignalAllWhenBlocking();

    protected SequenceBarrier BarrierOn(Sequence[] watched, MultiProducerSequencer? published) => new(_wait, watched, published);

    // Acquire: the consumer's last reads of a slot are done before we may see that it has passed it.
    protected long LowestGating() => Sequence.Lowest(Volatile.Read(ref _gating));

    protected void CheckCount(int count)
    {
        if (count < 1 || count > Size) throw new ArgumentOutOfRangeException(nameof(count), count, $"1 to {Size}");
    }

    private void AwaitRoom(int count)
    {
        try
        {
            if (!IsClosed) _roomWait.WaitFor(HighestClaimed + count, _room);
        }
        catch (AlertException)
        {
            Must.Hold(IsClosed); // Nothing else alerts the barrier of the producers.
        }
        if (Volatile.Read(ref _closed) is { } closed) throw new RingClosedException(closed.InnerException);
    }
}
