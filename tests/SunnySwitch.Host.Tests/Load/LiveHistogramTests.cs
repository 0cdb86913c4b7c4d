using FsCheck.Xunit;
using SunnySwitch.Host.Load;
using Xunit;

namespace SunnySwitch.Host.Tests.Load;

public sealed class LiveHistogramTests
{
    [Property]
    public void A_quantile_is_within_a_sixteenth_below_the_value(uint value)
    {
        var histogram = new LiveHistogram();
        histogram.Record(value);
        var counts = new long[histogram.Buckets];
        histogram.AddTo(counts);

        Assert.InRange(LiveHistogram.Quantile(counts, 0.5), value - value / 16, value);
    }

    [Fact]
    public void Of_a_hundred_values_the_median_and_the_tail_are_found()
    {
        var histogram = new LiveHistogram();
        for (var value = 1; value <= 100; value++) histogram.Record(value);
        var counts = new long[histogram.Buckets];
        histogram.AddTo(counts);

        Assert.InRange(LiveHistogram.Quantile(counts, 0.5), 47, 50);
        Assert.InRange(LiveHistogram.Quantile(counts, 0.99), 93, 99);
    }

    [Fact]
    public void Nothing_counted_is_zero() => Assert.Equal(0, LiveHistogram.Quantile(new long[1024], 0.99));
}
