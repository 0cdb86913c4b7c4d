using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using SunnySwitch.Journal.Frames;

namespace SunnySwitch.Host.Commands;

/// <summary>Frames as lines: for people, as CSV, as JSON. A PAN is only ever there truncated.</summary>
internal static class JournalLines
{
    internal const string CsvHeader =
        "sequence,acquirer,mti,stan,rrn,response_code,amount,currency,pan_masked,terminal";

    private static readonly SearchValues<char> CsvSpecial = SearchValues.Create(",\"\r\n");

    /// <summary>True, and the decision, for a Decided frame of a version that this program knows.</summary>
    internal static bool TryDecided(in FrameHeader header, ReadOnlySpan<byte> payload, out Decided decided, out OriginalData original)
    {
        (decided, original) = (default, default);
        return header.Kind == JournalKind.Decided && Decided.TryRead(header.KindVersion, payload, out decided, out original);
    }

    private static bool TryExpired(in FrameHeader header, ReadOnlySpan<byte> payload, out HoldsExpired expired)
    {
        var isExpired = header.Kind == JournalKind.HoldsExpired && payload.Length == Marshal.SizeOf<HoldsExpired>();
        expired = isExpired ? MemoryMarshal.Read<HoldsExpired>(payload) : default;
        return isExpired;
    }

    private static long AmountOf(in HoldsExpired expired)
    {
        var amount = 0L;
        foreach (ref readonly var hold in ((ReadOnlySpan<ExpiredHold>)expired.Items)[..expired.Count]) amount += hold.AmountMinor;
        return amount;
    }

    private static bool TryRules(in FrameHeader header, ReadOnlySpan<byte> payload, out RuleSet rules)
    {
        rules = default;
        return header.Kind == JournalKind.RulesActivated && RuleSet.TryRead(header.KindVersion, payload, out rules);
    }

    private static bool TryRates(in FrameHeader header, ReadOnlySpan<byte> payload, out RateSet rates)
    {
        var isRates = header.Kind == JournalKind.RatesActivated && payload.Length == RateSet.Bytes;
        rates = isRates ? MemoryMarshal.Read<RateSet>(payload) : default;
        return isRates;
    }

    internal static void WriteCsv(TextWriter output, in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (!TryDecided(header, payload, out var decided, out _))
            throw new IOException($"sequence {header.Sequence}: "
                + $"Decided version {header.KindVersion} is not known here");
        ref readonly var request = ref decided.Request;
        output.Write(header.Sequence);
        Cell(output, request.Acquirer.ToString());
        Cell(output, request.Mti.ToString("X4"));
        Cell(output, request.Stan.ToString("D6"));
        Cell(output, Printable(request.Rrn.ToString()));
        Cell(output, decided.Code.ToString());
        Cell(output, Amount(request));
        Cell(output, Currency(request));
        Cell(output, request.TruncatedPan.ToString());
        Cell(output, Printable(request.Terminal.ToString()));
        output.Write('\n');
    }

    internal static string Describe(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        var start = $"{header.Sequence,12} {header.Time} epoch {header.Epoch} {header.Kind,-18}";
        if (TryRules(header, payload, out var rules))
        {
            return $"{start} version {rules.Version}, {rules.Count} limits, {rules.Name} by {rules.Operator}: {rules.Reason}";
        }

        if (TryRates(header, payload, out var rates))
        {
            return $"{start} version {rates.Version}, {rates.Count} rates, {rates.Name} by {rates.Operator}: {rates.Reason}";
        }

        if (OperatorLines.Describe(in header, payload) is { } said) return $"{start} {said}";
        if (TryExpired(header, payload, out var expired)) return $"{start} {expired.Count} holds, {AmountOf(in expired)} minor units released";
        if (!TryDecided(header, payload, out var decided, out _)) return $"{start} {payload.Length} bytes";
        ref readonly var request = ref decided.Request;
        return $"{start} {request.Mti:X4} acquirer {request.Acquirer} stan {request.Stan:D6} {request.TruncatedPan} "
            + $"{Amount(request)} {Currency(request)} "
            + $"at {Printable(request.Terminal.ToString())} -> {decided.Code} {decided.Result}"
            + (decided.Effect == EffectKind.None ? "" : $", {decided.Effect}");
    }

    internal static void DescribeJson(Utf8JsonWriter writer, in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        HeaderJson(writer, in header);
        if (TryRules(header, payload, out var rules)) RulesJson(writer, in rules);
        if (TryRates(header, payload, out var rates)) RatesJson(writer, in rates);
        OperatorLines.WriteJson(writer, in header, payload);
        if (TryDecided(header, payload, out var decided, out var original)) DecidedJson(writer, decided, original);
        if (!TryExpired(header, payload, out var expired)) return;
        writer.WriteNumber("holds", expired.Count);
        writer.WriteNumber("held_delta", -AmountOf(in expired));
    }

    private static void RulesJson(Utf8JsonWriter writer, in RuleSet rules)
    {
        writer.WriteNumber("rules_version", rules.Version);
        writer.WriteString("rules", rules.Name.ToString());
        writer.WriteNumber("limits", rules.Count);
        writer.WriteNumber("effective_day", rules.EffectiveDay);
        writer.WriteString("operator", rules.Operator.ToString());
        writer.WriteString("reason", rules.Reason.ToString());
    }

    private static void RatesJson(Utf8JsonWriter writer, in RateSet rates)
    {
        writer.WriteNumber("rates_version", rates.Version);
        writer.WriteString("rates", rates.Name.ToString());
        writer.WriteNumber("count", rates.Count);
        writer.WriteNumber("effective_day", rates.EffectiveDay);
        writer.WriteString("operator", rates.Operator.ToString());
        writer.WriteString("reason", rates.Reason.ToString());
    }

    internal static void DescribeJson(Utf8JsonWriter writer, in FrameHeader header, in Decided decided, in OriginalData original)
    {
        HeaderJson(writer, in header);
        DecidedJson(writer, decided, original);
    }

    private static void HeaderJson(Utf8JsonWriter writer, in FrameHeader header)
    {
        writer.WriteNumber("sequence", header.Sequence);
        writer.WriteString("time", header.Time.ToString());
        writer.WriteNumber("epoch", header.Epoch);
        writer.WriteString("kind", header.Kind.ToString());
        writer.WriteNumber("version", header.KindVersion);
        writer.WriteString("mode", header.Mode.ToString());
        writer.WriteNumber("link", header.LinkId);
        writer.WriteNumber("payload_bytes", header.PayloadBytes);
    }

    internal static void WriteJson(TextWriter output, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }
        output.Write(Encoding.UTF8.GetString(buffer.WrittenSpan));
        output.Write('\n');
    }

    private static void DecidedJson(Utf8JsonWriter writer, in Decided decided, in OriginalData original)
    {
        ref readonly var request = ref decided.Request;
        writer.WriteString("acquirer", request.Acquirer.ToString());
        writer.WriteString("mti", request.Mti.ToString("X4"));
        writer.WriteString("stan", request.Stan.ToString("D6"));
        writer.WriteString("rrn", Printable(request.Rrn.ToString()));
        writer.WriteString("response_code", decided.Code.ToString());
        if (decided.ApprovalCode != Decided.NoApprovalCode) writer.WriteString("approval_code", Base36(decided.ApprovalCode));
        if (request.Has.HasFlag(RequestHas.Amount)) writer.WriteNumber("amount", request.AmountMinor);
        writer.WriteString("currency", Currency(request));
        writer.WriteString("pan_masked", request.TruncatedPan.ToString());
        writer.WriteString("terminal", Printable(request.Terminal.ToString()));
        writer.WriteString("card_acceptor", Printable(request.CardAcceptor.ToString()));
        writer.WriteString("processing_code", request.ProcessingCode.ToString("D6"));
        writer.WriteString("transmission_time", request.TraceTime.ToString("D10"));
        writer.WriteString("result", decided.Result.ToString());
        writer.WriteString("origin", decided.Origin.ToString());
        writer.WriteString("effect", decided.Effect.ToString());
        writer.WriteNumber("held_delta", decided.HeldDelta);
        writer.WriteNumber("ledger_delta", decided.LedgerDelta);
        if (request.Has.HasFlag(RequestHas.ApprovalCode)) writer.WriteString("named_approval_code", Base36(original.ApprovalCode));
        if (!request.Has.HasFlag(RequestHas.Original)) return;
        writer.WriteStartObject("original");
        writer.WriteString("mti", original.Mti.ToString("X4"));
        writer.WriteString("stan", original.Stan.ToString("D6"));
        writer.WriteString("transmission_time", original.TraceTime.ToString("D10"));
        writer.WriteString("acquirer", original.Acquirer.ToString());
        if (request.Has.HasFlag(RequestHas.Replacement)) writer.WriteNumber("replacement_amount",
            original.ReplacementMinor);
        writer.WriteEndObject();
    }

    private static string Amount(in Request request) =>
        request.Has.HasFlag(RequestHas.Amount) ? request.AmountMinor.ToString() : "";

    private static string Currency(in Request request) =>
        request.Has.HasFlag(RequestHas.Currency) ? request.Currency.ToString("D3") : "";

    /// <summary>DE38 as it is on the wire.</summary>
    internal static string Base36(uint value)
    {
        Span<char> code = stackalloc char[6];
        for (var index = code.Length - 1; index >= 0; index--, value /= 36) code[index] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(int)(value % 36)];
        return code.ToString();
    }

    /// <summary>Padding off; control characters come from the wire and must not reach a terminal.</summary>
    internal static string Printable(string text)
    {
        text = text.TrimEnd(' ');
        foreach (var character in text)
            if (char.IsControl(character)) return string.Create(text.Length, text, static (target, source) =>
            {
                for (var index = 0; index < source.Length; index++)
                    target[index] = char.IsControl(source[index]) ? '?' : source[index];
            });
        return text;
    }

    private static void Cell(TextWriter output, string text)
    {
        output.Write(',');
        if (!text.AsSpan().ContainsAny(CsvSpecial))
        {
            output.Write(text);
            return;
        }
        output.Write('"');
        output.Write(text.Replace("\"", "\"\"", StringComparison.Ordinal));
        output.Write('"');
    }
}
