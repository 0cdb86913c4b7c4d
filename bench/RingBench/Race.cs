using System.Diagnostics;

namespace SunnySwitch.RingBench;

/// <summary>Starts all threads, lets them go at once, and times until the last event is handled.</summary>
internal static class Race
{
    public static double Time(Action[] consumers, Action[] producers, ManualResetEventSlim done, Action halt)
    {
        using var go = new ManualResetEventSlim();
        var threads = consumers.Concat(producers).Select(body => new Thread(() =>
        {
            go.Wait();
            body();
        })
        { IsBackground = true }).ToArray();
        foreach (var thread in threads) thread.Start();
        var startedAt = Stopwatch.GetTimestamp();
        go.Set();
        done.Wait();
        var seconds = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        halt();
        foreach (var thread in threads) thread.Join();
        return seconds;
    }

    /// <summary>A figure counts only if every event arrived: each producer sends 0, 1, 2 ...</summary>
    public static void Check(long sum, int producers, long total)
    {
        var each = total / producers;
        if (sum != producers * (each * (each - 1) / 2)) throw new InvalidOperationException($"events lost or doubled: {sum}");
    }
}
