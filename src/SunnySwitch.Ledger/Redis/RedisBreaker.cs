using Polly;
using Polly.CircuitBreaker;
using StackExchange.Redis;

namespace SunnySwitch.Ledger.Redis;

/// <summary>When Redis is left alone for a while.</summary>
internal static class RedisBreaker
{
    private static readonly TimeSpan _rest = TimeSpan.FromSeconds(1);

    /// <summary>For the one that writes: a batch that fails is enough.</summary>
    public static ResiliencePipeline ForWriting(CircuitBreakerStateProvider state) =>
        Make(state, TimeSpan.FromSeconds(10), failureRatio: 0.01, throughputMin: 2);

    /// <summary>For those who ask: half of what was asked in a second, so that a Redis that stands still is not waited for much longer than that.</summary>
    public static ResiliencePipeline ForAsking(CircuitBreakerStateProvider state) =>
        Make(state, TimeSpan.FromSeconds(1), failureRatio: 0.5, throughputMin: 10);

    /// <summary>True for what Redis or the way to it is to blame for.</summary>
    public static bool IsRedis(Exception failure) => failure is RedisException or TimeoutException or TaskCanceledException or ObjectDisposedException;

    private static ResiliencePipeline Make(CircuitBreakerStateProvider state, TimeSpan sampling, double failureRatio, int throughputMin) =>
        new ResiliencePipelineBuilder().AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<Exception>(IsRedis),
            FailureRatio = failureRatio,
            MinimumThroughput = throughputMin,
            SamplingDuration = sampling,
            BreakDuration = _rest,
            StateProvider = state,
        }).Build();
}
