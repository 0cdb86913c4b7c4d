namespace SunnySwitch.Cell;

/// <summary>No reply leaves before the last frame applied at the moment of its decision is durable.</summary>
/// <param name="durableSequenceAtStart">What recovery found durable.</param>
public sealed class ReplyGate(long durableSequenceAtStart)
{
    private long _durable = durableSequenceAtStart;
    private long _decidedAfter = durableSequenceAtStart;

    /// <summary>A reply was decided when <paramref name="lastApplied"/> was the newest frame.</summary>
    public void OnDecided(long lastApplied)
    {
        Must.Hold(lastApplied >= _decidedAfter);
        _decidedAfter = lastApplied;
    }

    /// <summary>The journal is durable up to <paramref name="sequence"/>.</summary>
    public void OnDurable(long sequence)
    {
        Must.Hold(sequence >= _durable);
        _durable = sequence;
    }

    /// <summary>Asserts that every reply decided so far may leave.</summary>
    public void BeforeReplies() => Must.Hold(_decidedAfter <= _durable);
}
