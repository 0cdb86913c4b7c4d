using System.Threading.Channels;

namespace SunnySwitch.RingBench;

/// <summary>The same work over bounded channels, driven the way channels are fastest: try, and wait only when that fails.</summary>
internal static class ChannelRuns
{
    public static Channel<Event32> Make(int writers) => Channel.CreateBounded<Event32>(
        new BoundedChannelOptions(Program.RingSize)
        {
            SingleReader = true,
            SingleWriter = writers == 1,
            FullMode = BoundedChannelFullMode.Wait,
        });

    public static double Run(int producers, int stages, int batch, long total)
    {
        var channels = Enumerable.Range(0, stages).Select(stage => Make(stage == 0 ? producers : 1)).ToArray();
        using var done = new ManualResetEventSlim();
        var sums = new long[stages];
        var consumers = Enumerable.Range(0, stages).Select(stage => (Action)(() =>
        {
            sums[stage] = Consume(channels[stage].Reader, stage + 1 < stages ? channels[stage + 1].Writer : null).AsTask().GetAwaiter().GetResult();
            if (stage == stages - 1) done.Set();
        })).ToArray();
        var left = producers;
        var seconds = Race.Time(
            consumers,
            [.. Enumerable.Range(0, producers).Select(_ => (Action)(() =>
            {
                Produce(channels[0].Writer, batch, total / producers).AsTask().GetAwaiter().GetResult();
                if (Interlocked.Decrement(ref left) == 0) channels[0].Writer.Complete();
            }))],
            done,
            () => { });
        foreach (var sum in sums) Race.Check(sum, producers, total);
        return total / seconds;
    }

    private static async ValueTask Produce(ChannelWriter<Event32> writer, int batch, long count)
    {
        for (long sent = 0; sent < count; sent += batch)
        {
            for (var index = 0; index < batch; index++)
            {
                var item = new Event32 { Number = sent + index };
                while (!writer.TryWrite(item)) await writer.WaitToWriteAsync().ConfigureAwait(false);
            }
        }
    }

    private static async ValueTask<long> Consume(ChannelReader<Event32> reader, ChannelWriter<Event32>? next)
    {
        long sum = 0;
        while (await reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (reader.TryRead(out var item))
            {
                sum += item.Number;
                while (next is not null && !next.TryWrite(item)) await next.WaitToWriteAsync().ConfigureAwait(false);
            }
        }
        next?.Complete();
        return sum;
    }
}
