using Prometheus;
using SunnySwitch.Cell;

namespace SunnySwitch.Admin;

/// <summary>One measured line: its label values and its value.</summary>
public readonly record struct Measured(string[] Labels, double Value);

/// <summary>
/// The Prometheus page. The switch counts in plain arrays; this reads them when somebody asks, so that counting costs
/// the hot path an addition and nothing else.
/// </summary>
public sealed class MetricsPage
{
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly MetricFactory _factory;

    /// <summary>An empty page.</summary>
    public MetricsPage() => _factory = Metrics.WithCustomRegistry(_registry);

    /// <summary>The page's registry.</summary>
    public CollectorRegistry Registry => _registry;

    /// <summary>A number that only grows.</summary>
    public void Counter(string name, string help, string[] labels, Func<IEnumerable<Measured>> read)
    {
        var counter = _factory.CreateCounter(name, help, labels);
        _registry.AddBeforeCollectCallback(() =>
        {
            foreach (var each in read()) counter.WithLabels(each.Labels).IncTo(each.Value);
        });
    }

    /// <summary>A number that only grows, without labels.</summary>
    public void Counter(string name, string help, Func<double> read) => Counter(name, help, [], () => [new Measured([], read())]);

    /// <summary>A number that goes up and down.</summary>
    public void Gauge(string name, string help, string[] labels, Func<IEnumerable<Measured>> read)
    {
        var gauge = _factory.CreateGauge(name, help, labels);
        _registry.AddBeforeCollectCallback(() =>
        {
            var now = read().ToList();
            foreach (var each in now) gauge.WithLabels(each.Labels).Set(each.Value);
            // What is not there any more is not shown any more.
            foreach (var old in gauge.GetAllLabelValues().Where(old => !now.Exists(each => each.Labels.SequenceEqual(old))).ToList()) gauge.RemoveLabelled(old);
        });
    }

    /// <summary>A number that goes up and down, without labels.</summary>
    public void Gauge(string name, string help, Func<double> read) => Gauge(name, help, [], () => [new Measured([], read())]);

    /// <summary>Durations by stage, in seconds.</summary>
    public void Durations(string name, string help, params (string Stage, DurationHistogram From)[] stages)
    {
        var histogram = _factory.CreateHistogram(name, help, ["stage"], new HistogramConfiguration { Buckets = Edges() });
        var seen = stages.Select(stage => new long[stage.From.Buckets]).ToArray();
        _registry.AddBeforeCollectCallback(() =>
        {
            for (var index = 0; index < stages.Length; index++) CopyNew(histogram.WithLabels(stages[index].Stage), stages[index].From, seen[index]);
        });
    }

    private static void CopyNew(Histogram.Child target, DurationHistogram source, long[] seen)
    {
        for (var bucket = 0; bucket < seen.Length; bucket++)
        {
            var fresh = source.CountIn(bucket) - seen[bucket];
            if (fresh <= 0) continue;
            target.Observe(DurationHistogram.UpperEdgeNanos(bucket) / 1e9, fresh);
            seen[bucket] += fresh;
        }
    }

    /// <summary>Eight microseconds to sixteen seconds, doubling: edges that fall together with the switch's own buckets.</summary>
    private static double[] Edges() => [.. Enumerable.Range(13, 22).Select(power => (1L << power) / 1e9)];
}
