using System.Buffers;
using System.Text;
using System.Text.Json;
using HdrHistogram;
using Spectre.Console;

namespace SunnySwitch.Host.Load;

/// <summary>The figures of a finished run, as a table for people or one JSON object for scripts.</summary>
/// <param name="Options">What was run.</param>
/// <param name="Total">Counts of all threads.</param>
/// <param name="Seconds">Measured seconds; 0 if the run ended in its warm-up.</param>
/// <param name="Cpu">CPU time of this process in them.</param>
internal sealed record LoadReport(LoadOptions Options, LoadTally Total, double Seconds, TimeSpan Cpu)
{
    private const double NanosPerMicro = 1_000;

    /// <summary>Answers a second in the measured part.</summary>
    public double RatePerSecond => Seconds > 0 ? Total.AnsweredMeasured / Seconds : 0;

    /// <summary>Share of open-loop sends that were later than the bound.</summary>
    public double LateShare => Total.Lateness.TotalCount == 0 ? 0 : Total.LateSends / (double)Total.Lateness.TotalCount;

    /// <summary>Why there are no figures; null when they can be trusted.</summary>
    public string? Refusal => LateShare <= Options.LateShareMax ? null
        : $"the generator could not keep up: {LateShare:P1} of its sends were more than "
        + $"{Options.LateNanosMax / 1e6:0.###} ms late, so its figures are not reported";

    /// <summary>0, or 1 when anything was wrong or the figures are refused.</summary>
    public int ExitCode => Refusal is null && Total.Flaws == 0 ? 0 : 1;

    /// <summary>A quantile of the latency in microseconds, 0 to 100.</summary>
    public double LatencyMicros(double percentile) => Micros(Total.Latency, percentile);

    /// <summary>The figures as one JSON object on one line.</summary>
    public string ToJson(string? basis = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (Refusal is not null) json.WriteString("refused", Refusal);
            if (basis is not null) json.WriteString("peer", basis);
            json.WriteString("loop", Options.IsOpenLoop ? "open" : "closed");
            json.WriteNumber("conns", Options.Connections);
            json.WriteNumber("window", Options.Window);
            json.WriteNumber("rate_asked_per_s", Options.RatePerSecond);
            WriteCounts(json);
            if (Refusal is null) WriteFigures(json);
            WriteLateness(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Prints the figures for people.</summary>
    public void Print(IAnsiConsole console, string? basis = null)
    {
        if (Refusal is null)
        {
            var table = new Table().RoundedBorder().AddColumn("").AddColumn(new TableColumn("").RightAligned());
            table.HideHeaders();
            if (basis is not null) table.AddRow("peer", Markup.Escape(basis));
            foreach (var (name, value) in Rows()) table.AddRow(name, Markup.Escape(value));
            console.Write(table);
        }
        else
        {
            console.MarkupLineInterpolated($"[red]{Refusal}.[/]");
        }

        if (Total.Flaws != 0) console.MarkupLineInterpolated($"[red]{FlawText()}[/]");
    }

    /// <summary>The latency distribution in HdrHistogram's percentile text, microseconds.</summary>
    public void WriteHgrm(TextWriter writer) =>
        Total.Latency.OutputPercentileDistribution(writer, 5, NanosPerMicro);

    private static double Micros(LongHistogram histogram, double percentile) =>
        histogram.TotalCount == 0 ? 0 : histogram.GetValueAtPercentile(percentile) / NanosPerMicro;

    private IEnumerable<(string Name, string Value)> Rows()
    {
        yield return ("load", Options.IsOpenLoop
            ? $"open loop, {Options.RatePerSecond:N0}/s over {Options.Connections} connections, window {Options.Window}"
            : $"closed loop, {Options.Connections} connections, window {Options.Window}");
        yield return ("measured", $"{Seconds:N1} s after {Options.WarmupSeconds:N1} s of warm-up");
        yield return ("rate", $"{RatePerSecond:N0}/s");
        yield return ("latency p50 / p90", $"{LatencyMicros(50):N0} / {LatencyMicros(90):N0} us");
        yield return ("latency p99 / p99.9", $"{LatencyMicros(99):N0} / {LatencyMicros(99.9):N0} us");
        yield return ("latency max", $"{LatencyMicros(100):N0} us");
        yield return ("sent / answered", $"{Total.Sent:N0} / {Total.Answered:N0}");
        if (Options.Echo) yield return ("returned unchanged", $"{Total.Approved:N0}");
        else yield return ("by code", string.Join(", ", Codes().Select(code => $"{code.Code}: {code.Count:N0}")));
        yield return ("unmatched / duplicate / missing", $"{Total.Unmatched} / {Total.Duplicate} / {Total.Missing}");
        yield return ("echo mismatch / undecodable", $"{Total.EchoMismatch} / {Total.Undecodable}");
        if (Options.IsOpenLoop)
            yield return ("sent late, p99 / max",
                $"{Micros(Total.Lateness, 99):N0} / {Micros(Total.Lateness, 100):N0} us");
        yield return ("generator", $"{CpuMicros:N2} us CPU, {AllocatedEach:N2} bytes allocated per transaction");
    }

    private double CpuMicros => Total.AnsweredMeasured == 0 ? 0 : Cpu.TotalMicroseconds / Total.AnsweredMeasured;

    private double AllocatedEach =>
        Total.AnsweredMeasured == 0 ? 0 : Total.AllocatedBytes / (double)Total.AnsweredMeasured;

    private string FlawText() =>
        $"wrong: {Total.Unmatched} unmatched, {Total.Duplicate} duplicate, {Total.Missing} missing, "
        + $"{Total.EchoMismatch} not as asked, {Total.Undecodable} undecodable, {Total.Unsent} never sent, "
        + $"{Total.ClosedByPeer} connections closed by the peer";

    private void WriteCounts(Utf8JsonWriter json)
    {
        json.WriteNumber("sent", Total.Sent);
        json.WriteNumber("answered", Total.Answered);
        json.WriteNumber("approved", Total.Approved);
        json.WriteStartObject("by_code");
        foreach (var (code, count) in Codes()) json.WriteNumber(code, count);
        json.WriteEndObject();
        json.WriteNumber("unmatched", Total.Unmatched);
        json.WriteNumber("duplicate", Total.Duplicate);
        json.WriteNumber("missing", Total.Missing);
        json.WriteNumber("echo_mismatch", Total.EchoMismatch);
        json.WriteNumber("undecodable", Total.Undecodable);
        json.WriteNumber("unsent", Total.Unsent);
        json.WriteNumber("closed_by_peer", Total.ClosedByPeer);
    }

    private void WriteFigures(Utf8JsonWriter json)
    {
        json.WriteNumber("rate_per_s", Math.Round(RatePerSecond, 1));
        json.WriteNumber("seconds", Math.Round(Seconds, 3));
        json.WriteNumber("warmup_seconds", Options.WarmupSeconds);
        json.WriteStartObject("latency_us");
        json.WriteNumber("p50", LatencyMicros(50));
        json.WriteNumber("p90", LatencyMicros(90));
        json.WriteNumber("p99", LatencyMicros(99));
        json.WriteNumber("p999", LatencyMicros(99.9));
        json.WriteNumber("max", LatencyMicros(100));
        json.WriteEndObject();
        json.WriteNumber("cpu_seconds", Math.Round(Cpu.TotalSeconds, 3));
        json.WriteNumber("cpu_us_per_transaction", Math.Round(CpuMicros, 3));
        json.WriteNumber("allocated_bytes_per_transaction", Math.Round(AllocatedEach, 3));
    }

    private void WriteLateness(Utf8JsonWriter json)
    {
        if (!Options.IsOpenLoop) return;
        json.WriteStartObject("late_sends");
        json.WriteNumber("count", Total.LateSends);
        json.WriteNumber("share", Math.Round(LateShare, 5));
        json.WriteNumber("bound_us", Options.LateNanosMax / NanosPerMicro);
        json.WriteNumber("p99_us", Micros(Total.Lateness, 99));
        json.WriteNumber("max_us", Micros(Total.Lateness, 100));
        json.WriteNumber("held_by_window", Total.HeldSends);
        json.WriteEndObject();
    }

    private IEnumerable<(string Code, long Count)> Codes()
    {
        for (var index = 0; index < Total.ByCode.Length; index++)
        {
            var count = Total.ByCode[index];
            if (count > 0) yield return ($"{(char)(index >> 7)}{(char)(index & 127)}", count);
        }
    }
}
