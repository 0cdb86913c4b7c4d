namespace SunnySwitch.Core.Stages;

/// <summary>What a stage says: go on, the verdict is there, or slow work was asked for.</summary>
public enum StageResult : byte
{
#pragma warning disable CS1591
    Continue, Answer, Park,
#pragma warning restore CS1591
}

/// <summary>One check or group of checks. A struct, so that the pipeline's calls are direct.</summary>
public interface IStage
{
    /// <summary>Runs to completion on the kernel's thread. Must not block, allocate or throw.</summary>
    StageResult Run(ref Transaction transaction, Instant now);
}

/// <summary>Three stages in order; the first that does not continue ends it. Pipelines nest.</summary>
public struct Pipeline<TFirst, TSecond, TThird>(TFirst first, TSecond second, TThird third) : IStage
    where TFirst : struct, IStage
    where TSecond : struct, IStage
    where TThird : struct, IStage
{
    private TFirst _first = first;                       // Struct type arguments: the JIT compiles one direct call per stage.
    private TSecond _second = second;
    private TThird _third = third;

    /// <inheritdoc/>
    public StageResult Run(ref Transaction transaction, Instant now)
    {
        var result = _first.Run(ref transaction, now);
        if (result == StageResult.Continue) result = _second.Run(ref transaction, now);
        if (result == StageResult.Continue) result = _third.Run(ref transaction, now);
        return result;
    }
}

/// <summary>Fills a place in a pipeline.</summary>
internal readonly struct Nothing : IStage
{
    public StageResult Run(ref Transaction transaction, Instant now) => StageResult.Continue;
}
