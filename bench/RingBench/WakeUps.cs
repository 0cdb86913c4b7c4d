using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using SunnySwitch.Disruptor;

namespace SunnySwitch.RingBench;

/// <summary>One event every 100 us to a consumer that has gone to sleep: latency from publish to handler, and CPU used.</summary>
internal static class WakeUps
{
    private const int PerSecond = 10_000;

    internal readonly record struct Result(double P50Micros, double P99Micros, double Cores);

    public static Result Ring(double seconds)
    {
        var ring = RingBuffer<Event32>.CreateSingleProducer(() => default, Program.RingSize, new SpinThenParkWaitStrategy());
        var latencies = new List<long>((int)(seconds * PerSecond) + 16);
        var consumer = new BatchConsumer<Event32, PerEvent<Event32, Stamp>>(ring, ring.NewBarrier(), new(new Stamp(latencies)));
        ring.AddGatingSequences(consumer.Sequence);
        var thread = new Thread(consumer.Run) { IsBackground = true };
        thread.Start();
        var result = Measure(seconds, () =>
        {
            var sequence = ring.Next();
            ring[sequence].StampedAt = Stopwatch.GetTimestamp();
            ring.Publish(sequence);
        });
        consumer.Halt();
        thread.Join();
        return result(latencies);
    }

    public static Result Channel(double seconds)
    {
        var channel = ChannelRuns.Make(writers: 1);
        var latencies = new List<long>((int)(seconds * PerSecond) + 16);
        var reader = Task.Run(() => Read(channel.Reader, latencies));
        var result = Measure(seconds, () => channel.Writer.TryWrite(new Event32 { StampedAt = Stopwatch.GetTimestamp() }));
        channel.Writer.Complete();
        reader.GetAwaiter().GetResult();
        return result(latencies);
    }

    /// <summary>The channel with a thread of its own that blocks, as the ring's consumer does.</summary>
    public static Result BlockedChannel(double seconds)
    {
        var channel = ChannelRuns.Make(writers: 1);
        var latencies = new List<long>((int)(seconds * PerSecond) + 16);
        var thread = new Thread(() => ReadBlocked(channel.Reader, latencies)) { IsBackground = true };
        thread.Start();
        var result = Measure(seconds, () => channel.Writer.TryWrite(new Event32 { StampedAt = Stopwatch.GetTimestamp() }));
        channel.Writer.Complete();
        thread.Join();
        return result(latencies);
    }

    private static void ReadBlocked(ChannelReader<Event32> reader, List<long> latencies)
    {
        while (true)
        {
            var more = reader.WaitToReadAsync();
            if (!(more.IsCompleted ? more.Result : more.AsTask().GetAwaiter().GetResult())) return;
            while (reader.TryRead(out var item)) latencies.Add(Stopwatch.GetTimestamp() - item.StampedAt);
        }
    }

    private static async Task Read(ChannelReader<Event32> reader, List<long> latencies)
    {
        while (await reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (reader.TryRead(out var item)) latencies.Add(Stopwatch.GetTimestamp() - item.StampedAt);
        }
    }

    private static Func<List<long>, Result> Measure(double seconds, Action send)
    {
        using var process = Process.GetCurrentProcess();
        var cpuBefore = process.TotalProcessorTime;
        var startedAt = Stopwatch.GetTimestamp();
        var ticksBetween = Stopwatch.Frequency / PerSecond;
        for (var count = (long)(seconds * PerSecond); count > 0; count--)
        {
            Pace.SleepUntil(startedAt + (((long)(seconds * PerSecond) - count + 1) * ticksBetween));
            send();
        }
        var wall = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        process.Refresh();
        var cores = (process.TotalProcessorTime - cpuBefore).TotalSeconds / wall;
        return all =>
        {
            all.Sort();
            return new Result(Micros(all[all.Count / 2]), Micros(all[all.Count * 99 / 100]), cores);
        };
    }

    private static double Micros(long ticks) => ticks * 1e6 / Stopwatch.Frequency;

    private struct Stamp(List<long> latencies) : IEventHandler<Event32>
    {
        public void OnEvent(ref Event32 data, long sequence, bool endOfBatch) =>
            latencies.Add(Stopwatch.GetTimestamp() - data.StampedAt);
    }

    /// <summary>A producer that sleeps between events, to the microsecond, so that the CPU measured is that of the hand-over.</summary>
    private static class Pace
    {
        private const int MonotonicClock = 1;
        private const int AbsoluteTime = 1;

        [StructLayout(LayoutKind.Sequential)]
        private struct TimeSpec
        {
            public long Seconds;
            public long Nanos;
        }

        public static void SleepUntil(long timestamp)
        {
            // .NET's time stamps are the monotonic clock in nanoseconds on Linux; elsewhere whole milliseconds have to do.
            if (!OperatingSystem.IsLinux())
            {
                if (timestamp - Stopwatch.GetTimestamp() > Stopwatch.Frequency / 1000) Thread.Sleep(1);
                return;
            }
            var until = new TimeSpec { Seconds = timestamp / 1_000_000_000, Nanos = timestamp % 1_000_000_000 };
            _ = ClockNanosleep(MonotonicClock, AbsoluteTime, ref until, 0);
        }

        [DllImport("libc", EntryPoint = "clock_nanosleep"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static extern int ClockNanosleep(int clock, int flags, ref TimeSpec until, nint remaining);
    }
}
