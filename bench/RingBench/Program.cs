using System.Globalization;
using System.Text.Json;
using SunnySwitch.RingBench;

// RingBench [--rounds N] [--scale F] [--json]: the ring beside bounded channels, interleaved, medians of N rounds.
var json = args.Contains("--json");
var rounds = (int)Option("--rounds", 7);
var scale = Option("--scale", 1);

Case[] cases =
[
    new("1 producer, 1 consumer, batches of 16", 1, 1, 16, 16_000_000, 2_000_000, 8),
    new("1 producer, 1 consumer, one by one", 1, 1, 1, 4_000_000, 2_000_000, 0),
    new("1 producer, 3 chained stages, batches of 16", 1, 3, 16, 4_000_000, 800_000, 4),
    new("2 producers, 1 consumer, batches of 16", 2, 1, 16, 4_000_000, 1_600_000, 1),
];
var rows = cases.Select(one => Measure(one)).ToList();
var wake = MeasureWakeUps();
if (json) PrintJson();
else PrintTable();
return rows.All(row => row.Ratio >= row.Case.Required) && wake.Holds ? 0 : 1;

Row Measure(Case one)
{
    // Until the JIT has compiled both for the last time: it waits for a quiet 100 ms before it starts on that.
    for (var warm = 0; warm < 5; warm++)
    {
        RingRuns.Run(one.Producers, one.Stages, one.Batch, Events(one.RingEvents) / 4);
        ChannelRuns.Run(one.Producers, one.Stages, one.Batch, Events(one.ChannelEvents) / 4);
        Thread.Sleep(120);
    }
    var ring = new List<double>();
    var channel = new List<double>();
    for (var round = 0; round < rounds; round++)
    {
        ring.Add(RingRuns.Run(one.Producers, one.Stages, one.Batch, Events(one.RingEvents)));
        channel.Add(ChannelRuns.Run(one.Producers, one.Stages, one.Batch, Events(one.ChannelEvents)));
    }
    return new Row(one, Median(ring), Median(channel), Median(ring.Zip(channel, (left, right) => left / right)));
}

Wake MeasureWakeUps()
{
    var seconds = Math.Max(0.5, 1 * scale);
    WakeUps.Ring(0.3);
    WakeUps.BlockedChannel(0.3);
    WakeUps.Channel(0.3);
    var ring = new List<WakeUps.Result>();
    var blocked = new List<WakeUps.Result>();
    var pooled = new List<WakeUps.Result>();
    for (var round = 0; round < rounds; round++)
    {
        ring.Add(WakeUps.Ring(seconds));
        blocked.Add(WakeUps.BlockedChannel(seconds));
        pooled.Add(WakeUps.Channel(seconds));
    }
    return new Wake(MedianOf(ring), MedianOf(blocked), MedianOf(pooled));
}

long Events(long events) => Math.Max(6_400, (long)(events * scale) / 64 * 64);

double Option(string name, double otherwise)
{
    var index = Array.IndexOf(args, name);
    return index < 0 ? otherwise : double.Parse(args[index + 1], CultureInfo.InvariantCulture);
}

static double Median(IEnumerable<double> values)
{
    var sorted = values.Order().ToArray();
    return sorted[sorted.Length / 2];
}

static WakeUps.Result MedianOf(List<WakeUps.Result> all) =>
    new(Median(all.Select(one => one.P50Micros)), Median(all.Select(one => one.P99Micros)), Median(all.Select(one => one.Cores)));

void PrintTable()
{
    Console.WriteLine($"medians of {rounds} interleaved rounds; 32-byte events, ring and channels of {RingSize}; ratios are per round");
    Console.WriteLine();
    Console.WriteLine($"{"million events/s",-46}{"ring",10}{"channel",10}{"ratio",8}  required");
    foreach (var row in rows)
    {
        var required = row.Case.Required == 0 ? "" : $">= {row.Case.Required} {(row.Ratio >= row.Case.Required ? "ok" : "MISSED")}";
        Console.WriteLine($"{row.Case.Name,-46}{row.Ring / 1e6,10:F2}{row.Channel / 1e6,10:F2}{row.Ratio,8:F1}  {required}");
    }
    Console.WriteLine();
    Console.WriteLine($"{"wake-up at 10,000/s",-36}{"ring",10}{"channel",10}{"ratio",8}{"channel+pool",14}  required");
    PrintWake("p50, us", one => one.P50Micros, $"<= 0.5 {(wake.P50Holds ? "ok" : "MISSED")}");
    PrintWake("p99, us", one => one.P99Micros, "");
    PrintWake("cores used, producer included", one => one.Cores, $"ring < 0.5 {(wake.CoresHold ? "ok" : "MISSED")}");
    Console.WriteLine();
    Console.WriteLine("channel: a thread of its own that blocks, as the ring's consumer does. channel+pool: an async reader; the pool's");
    Console.WriteLine("threads spin between events at this rate, so that reader is never parked, and pays for it in cores.");
}

void PrintWake(string name, Func<WakeUps.Result, double> figure, string required) => Console.WriteLine(
    $"{name,-36}{figure(wake.Ring),10:F2}{figure(wake.Channel),10:F2}{figure(wake.Ring) / figure(wake.Channel),8:F2}" +
    $"{figure(wake.Pool),14:F2}  {required}");

void PrintJson() => Console.WriteLine(JsonSerializer.Serialize(new
{
    rounds,
    throughput = rows.Select(row => new
    {
        name = row.Case.Name,
        ringPerSecond = Math.Round(row.Ring),
        channelPerSecond = Math.Round(row.Channel),
        ratio = Math.Round(row.Ratio, 2),
        required = row.Case.Required,
    }),
    wakeUp = new { ring = wake.Ring, channel = wake.Channel, channelOnPool = wake.Pool },
}));

internal sealed record Case(
    string Name, int Producers, int Stages, int Batch, long RingEvents, long ChannelEvents, double Required);

internal sealed record Row(Case Case, double Ring, double Channel, double Ratio);

internal sealed record Wake(WakeUps.Result Ring, WakeUps.Result Channel, WakeUps.Result Pool)
{
    public bool P50Holds => Ring.P50Micros <= Channel.P50Micros / 2;

    public bool CoresHold => Ring.Cores < 0.5;

    public bool Holds => P50Holds && CoresHold;
}

internal static partial class Program
{
    /// <summary>Slots of the ring, and of each channel.</summary>
    public const int RingSize = 4096;
}
