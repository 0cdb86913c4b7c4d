namespace SunnySwitch.Disruptor;

/// <summary>
/// What a consumer may touch: everything published, and passed by the consumers it depends on. Give each consumer its own
/// barrier, since an alert stops whoever waits on it.
/// </summary>
public sealed class SequenceBarrier
{
    private readonly IWaitStrategy _wait;
    private readonly MultiProducerSequencer? _published; // Set where the cursor runs ahead of what is published.
    private readonly long _ahead;                        // 0; a full turn for the producers' own barrier.
    private Sequence[] _watched;
    private volatile bool _alerted;

    internal SequenceBarrier(
        IWaitStrategy wait, Sequence[] watched, MultiProducerSequencer? published = null, long ahead = 0)
    {
        _wait = wait;
        _watched = watched;
        _published = published;
        _ahead = ahead;
    }

    /// <summary>True between <see cref="Alert"/> and <see cref="ClearAlert"/>.</summary>
    public bool IsAlerted => _alerted;

    /// <summary>Waits for <paramref name="sequence"/> by the ring's wait strategy.</summary>
    /// <returns>The highest available sequence, at least <paramref name="sequence"/>.</returns>
    /// <exception cref="AlertException">The barrier is alerted.</exception>
    public long WaitFor(long sequence) => _wait.WaitFor(sequence, this);

    /// <summary>
    /// Never waits: the highest sequence up to which everything from <paramref name="sequence"/> on is published and passed by
    /// the dependencies, or <paramref name="sequence"/> - 1 if it is not there yet.
    /// </summary>
    public long AvailableFrom(long sequence)
    {
        var watched = Volatile.Read(ref _watched);
        var available = (watched.Length == 1 ? watched[0].Value : Sequence.Lowest(watched)) + _ahead;
        if (available < sequence) return sequence - 1;
        return _published is null ? available : _published.HighestPublished(sequence, available);
    }

    /// <summary>Ends every wait on this barrier with an <see cref="AlertException"/>, now and until <see cref="ClearAlert"/>.</summary>
    public void Alert()
    {
        _alerted = true;
        _wait.SignalAllWhenBlocking();
    }

    /// <summary>Lets waits on this barrier go on again.</summary>
    public void ClearAlert() => _alerted = false;

    /// <summary>How often the spin before sleeping is halved here; belongs to the wait strategy. A race only costs a spin.</summary>
    internal int SpinHalvings { get; set; }

    internal void Watch(Sequence[] watched) => Volatile.Write(ref _watched, watched);
}
