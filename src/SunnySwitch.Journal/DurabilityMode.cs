namespace SunnySwitch.Journal;

/// <summary>
/// What had to be true before an answer was allowed to leave. On every frame; values are never renumbered.
/// </summary>
public enum DurabilityMode : byte
{
    /// <summary>The own segment is flushed.</summary>
    Local = 1,

    /// <summary>The standby has the frame in memory, in the same epoch.</summary>
    Pair = 2,

    /// <summary>Both nodes have flushed.</summary>
    PairDurable = 3,

    /// <summary>The own segment is flushed, under a granted solo epoch.</summary>
    Solo = 4,
}
