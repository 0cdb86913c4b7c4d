using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using SunnySwitch.Admin;
using SunnySwitch.Core.Domain;
using SunnySwitch.Journal.Frames;
using SunnySwitch.Protocol.Meaning;

namespace SunnySwitch.Host.Commands;

/// <summary>A decision and why, for people and as JSON. A PAN is only ever there truncated.</summary>
internal static class TxText
{
    public static string Describe(in FrameHeader header, in Decided decided, in OriginalData original, in Charges charges, in SharedCounts shared)
    {
        ref readonly var request = ref decided.Request;
        ref readonly var why = ref decided.Explanation;
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');
        Line($"#{header.Sequence} at {header.Time}, link {header.LinkId}, epoch {header.Epoch}");
        Line($"  {request.Mti:X4} {Words(why.Operation)} {Money(request.AmountMinor, request.Currency)}, "
            + $"DE3 {request.ProcessingCode:D6}, card {request.TruncatedPan}");
        Line($"  acquirer {request.Acquirer}, STAN {request.Stan:D6}, RRN {JournalLines.Printable(request.Rrn.ToString())}, "
            + $"terminal {JournalLines.Printable(request.Terminal.ToString())}, acceptor {JournalLines.Printable(request.CardAcceptor.ToString())}");
        var proof = request.Has.HasFlag(RequestHas.AuthenticationValue) ? " with its proof" : "";
        if (Electronic.IsElectronic(in request))
        {
            var indicator = request.Indicator >= 0 ? $", indicator {request.Indicator}" : "";
            Line($"  e-commerce{indicator}{proof}: {Words(Electronic.LiabilityOf(in request))}");
        }

        if (request.Has.HasFlag(RequestHas.Cash)) Line($"  of it in cash {Money(request.CashMinor, request.Currency)}");
        if (request.Has.HasFlag(RequestHas.Original))
        {
            var stays = request.Has.HasFlag(RequestHas.Replacement) ? $", {Money(original.ReplacementMinor, request.Currency)} stays" : "";
            Line($"  of {original.Mti:X4} STAN {original.Stan:D6} at {original.TraceTime:D10}{stays}");
        }

        if (request.Has.HasFlag(RequestHas.ApprovalCode)) Line($"  names approval code {JournalLines.Base36(original.ApprovalCode)}");

        var isAsked = request.Has.HasFlag(RequestHas.Fee) && !request.Has.HasFlag(RequestHas.Charged);
        if (isAsked) Line($"  fee asked for {Money(charges.FeeMinor, request.Currency)}");
        if (request.Has.HasFlag(RequestHas.Charged)) Line($"  {Due(in charges)}");
        foreach (var check in Enum.GetValues<Check>())
        {
            if (!why.HasRun(check) || check == Check.Good) continue;
            var isDeciding = check == why.DecidedBy;
            Line($"  {(int)check,4}  {check,-14}{(isDeciding ? Outcome(in decided) : Passed(check, in decided))}");
        }

        if (request.Has.HasFlag(RequestHas.SharedCounts)) Line($"  other cells: {Others(in shared)}");
        Line($"  -> {decided.Code}{ApprovalCode(in decided)}, by {Words(decided.Origin)}: {Outcomes.Of(decided.Result).Meaning}{Effect(in decided)}");
        if (why.Checks != 0) Line($"  decided {why.WaitedNanos / 1000.0:0.0} us after it had arrived");
        return text.ToString();
    }

    public static void WriteJson(
        Utf8JsonWriter writer, in FrameHeader header, in Decided decided, in OriginalData original, in Charges charges, in SharedCounts shared)
    {
        JournalLines.DescribeJson(writer, in header, in decided, in original);
        ref readonly var why = ref decided.Explanation;
        writer.WriteString("operation", why.Operation.ToString());
        writer.WriteString("meaning", Outcomes.Of(decided.Result).Meaning);
        writer.WriteString("decided_by", why.DecidedBy.ToString());
        writer.WriteStartArray("checks");
        foreach (var check in Enum.GetValues<Check>())
        {
            if (why.HasRun(check)) writer.WriteStringValue(check.ToString());
        }

        writer.WriteEndArray();
        if (why.HasRun(Check.Account))
        {
            writer.WriteNumber("available_before", why.AvailableMinor);
            writer.WriteNumber("ledger_before", why.LedgerMinor);
        }

        if (why.HasRun(Check.Limits))
        {
            writer.WriteNumber("rules_version", why.RulesVersion);
            writer.WriteNumber("limits_counting", BitOperations.PopCount(why.Counted));
            writer.WriteNumber("limits_breached", BitOperations.PopCount(why.Breached));
            if (why.BreachedId != 0) writer.WriteNumber("limit", why.BreachedId);
            if (why.BreachedId != 0) writer.WriteNumber("limit_reached", why.Reached);
        }

        if (decided.Request.Has.HasFlag(RequestHas.SharedCounts)) WriteOthers(writer, in shared);

        if (decided.Request.Has.HasFlag(RequestHas.Charged))
        {
            writer.WriteNumber("settled", charges.SettledMinor);
            writer.WriteNumber("fee", charges.FeeMinor);
            writer.WriteString("settlement_currency", $"{charges.Currency:D3}");
            if (charges.Rate.Packed != 0) writer.WriteString("rate", RatesFile.Text(charges.Rate));
        }

        if (decided.Request.Indicator >= 0) writer.WriteNumber("indicator", decided.Request.Indicator);
        if (decided.Request.Has.HasFlag(RequestHas.AuthenticationValue))
            writer.WriteString("authentication", decided.Request.Security.Authentication.ToString());
        var liability = Electronic.LiabilityOf(in decided.Request);
        if (liability != Liability.None) writer.WriteString("liability", liability.ToString());
        if (decided.Proof.Has(ProofFlags.Counter))
        {
            writer.WriteNumber("chip_counter", decided.Proof.Counter);
            if (decided.Proof.Has(ProofFlags.WasKnown)) writer.WriteNumber("chip_counter_before", decided.Proof.HighestBefore);
            writer.WriteBoolean("chip_counter_taken", decided.Proof.Has(ProofFlags.Moves));
        }

        if (decided.Proof.Has(ProofFlags.Words))
        {
            writer.WriteString("tvr", Convert.ToHexString(decided.Proof.Terminal));
            writer.WriteString("issuer_application_data", Convert.ToHexString(decided.Proof.Chip));
            if (decided.Proof.Has(ProofFlags.Kind)) writer.WriteString("cryptogram", KindOf(decided.Proof.Kind));
        }

        if (decided.Serial.Has(SerialFlags.Counter))
        {
            writer.WriteString("device", Device(in decided.Serial));
            writer.WriteNumber("device_counter", decided.Serial.Counter);
            if (decided.Serial.Has(SerialFlags.WasKnown)) writer.WriteNumber("device_counter_before", decided.Serial.HighestBefore);
            writer.WriteBoolean("device_counter_taken", decided.Serial.Has(SerialFlags.Moves));
        }

        if (decided.Request.Address != AddressMatch.NotAsked) writer.WriteString("address", decided.Request.Address.ToString());
        writer.WriteNumber("waited_nanoseconds", why.WaitedNanos);
    }

    private static void WriteOthers(Utf8JsonWriter writer, in SharedCounts shared)
    {
        writer.WriteStartObject("other_cells");
        writer.WriteString("source", shared.Source.ToString());
        writer.WriteStartArray("limits");
        foreach (ref readonly var each in ((ReadOnlySpan<SharedCount>)shared.Limits)[..shared.Count])
        {
            writer.WriteStartObject();
            writer.WriteNumber("limit", each.Limit);
            writer.WriteNumber("count", each.Count);
            writer.WriteNumber("amount", each.AmountMinor);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static string Others(in SharedCounts shared)
    {
        if (shared.Source != SharedSource.Told)
        {
            return "not counted, " + shared.Source switch
            {
                SharedSource.Nobody => "no Redis is configured",
                SharedSource.Full => "too many waited for an answer",
                SharedSource.Late => "no answer came in time",
                _ => "Redis did not answer, or was left alone for a while",
            };
        }

        if (shared.Count == 0) return "had counted nothing";
        var told = new StringBuilder("had counted ");
        foreach (ref readonly var each in ((ReadOnlySpan<SharedCount>)shared.Limits)[..shared.Count])
        {
            // What the amount is, the limit says: minor units, declines, or bits of cards.
            if (told.Length > 12) told.Append(", ");
            told.Append(CultureInfo.InvariantCulture, $"{each.Count}{(each.AmountMinor != 0 ? $" and {each.AmountMinor}" : "")} for limit {each.Limit}");
        }

        return told.ToString();
    }

    private static string Due(in Charges charges)
    {
        var fee = charges.FeeMinor == 0 ? "" : $" and a fee of {Money(charges.FeeMinor, charges.Currency)}";
        var rate = charges.Rate.Packed == 0 ? "" : $", billed at {RatesFile.Text(charges.Rate)}";
        return $"due to the acquirer {Money(charges.SettledMinor, charges.Currency)}{fee}{rate}";
    }

    private static string Outcome(in Decided decided) =>
        $"{decided.Code} {decided.Result}: {Outcomes.Of(decided.Result).Meaning}{Balances(in decided.Explanation)}{Limits(in decided)}"
        + (decided.Explanation.DecidedBy == Check.Cryptogram ? Counter(in decided) : "")
        + (decided.Explanation.DecidedBy == Check.Pin ? Counter(in decided.Serial) : "");

    private static string Limits(in Decided decided)
    {
        ref readonly var why = ref decided.Explanation;
        if (why.BreachedId == 0) return "";
        var reached = decided.Result switch
        {
            InternalResult.CountLimit => $"{why.Reached} transactions",
            InternalResult.AmountLimit => Money(why.Reached, decided.Request.Currency),
            InternalResult.DeclineStorm => $"{why.Reached / 10.0:0.0} % declined",
            _ => $"{why.Reached} (transactions or minor units)",
        };
        return $"; limit {why.BreachedId} of rules {why.RulesVersion} had reached {reached}, {BitOperations.PopCount(why.Breached)} breached in all";
    }

    private static string Passed(Check check, in Decided decided) => check switch
    {
        Check.Account => "passed" + Balances(in decided.Explanation),
        Check.Address => $"passed; {Words(decided.Request.Address)}",
        Check.Cryptogram => "passed" + Counter(in decided),
        Check.Pin => "passed" + Counter(in decided.Serial),
        Check.Authentication => $"passed; the proof is {Words(decided.Request.Security.Authentication)}"
            + (decided.Request.Has.HasFlag(RequestHas.NetworkVerdict) ? ", as the network says" : ""),
        Check.Limits => $"passed; {BitOperations.PopCount(decided.Explanation.Counted)} limits of rules {decided.Explanation.RulesVersion} count it",
        _ => "passed",
    };

    private static string Counter(in Decided decided)
    {
        ref readonly var proof = ref decided.Proof;
        if (!proof.Has(ProofFlags.Counter)) return "";
        var before = proof.Has(ProofFlags.WasKnown) ? $"the highest before was {proof.HighestBefore}" : "the first of this chip";
        var taken = proof.Has(ProofFlags.Moves) ? "" : ": not taken";
        return $"; counter {proof.Counter} of chip {decided.Request.CardSequence}, {before}{taken}{Words(in proof)}";
    }

    // What terminal (tag 95) and chip (the first bytes of tag 9F10) said of the payment.
    private static string Words(in Proof proof)
    {
        if (!proof.Has(ProofFlags.Words)) return "";
        var terminal = Convert.ToHexString(proof.Terminal);
        var meanings = string.Join(", ", Meanings.OfTag(0x95, terminal));
        var kind = proof.Has(ProofFlags.Kind) ? $", {KindOf(proof.Kind)}" : "";
        return $"{kind}; TVR {terminal}{(meanings.Length > 0 ? $" ({meanings})" : "")}, 9F10 begins {Convert.ToHexString(proof.Chip)}";
    }

    private static string Words(Liability liability) => liability switch
    {
        Liability.Issuer => "a fraud is the issuer's",
        Liability.Acquirer => "a fraud is the acquirer's",
        _ => "authentication is claimed, not proved",
    };

    private static string KindOf(byte kind) => (kind >> 6) switch { 0 => "AAC", 1 => "TC", 2 => "ARQC", _ => "RFU" };

    private static string Counter(in Serial serial)
    {
        if (!serial.Has(SerialFlags.Counter)) return "";
        var before = serial.Has(SerialFlags.WasKnown) ? $"the highest before was {serial.HighestBefore}" : "the first of this device";
        return $"; serial number {serial.Counter} of device {Device(in serial)}, {before}"
            + (serial.IsExhausted ? ", its last: it needs a new initial key" : serial.IsReplayed ? ": not taken" : "");
    }

    private static string Device(in Serial serial) => $"{serial.Device:X16}";

    private static string Balances(in Explanation why) =>
        why.HasRun(Check.Account) && why.DecidedBy is Check.Account or Check.Good
            ? $"; available {Money(why.AvailableMinor, why.Currency)}, ledger {Money(why.LedgerMinor, why.Currency)} before"
            : "";

    private static string Effect(in Decided decided) => decided.Effect switch
    {
        EffectKind.None => "; nothing moved",
        EffectKind.HoldOpened or EffectKind.Increased =>
            $"; {(decided.Effect == EffectKind.Increased ? "held in addition" : "held")} {Money(decided.HeldDelta, decided.Explanation.Currency)}"
                + $" for {decided.HoldDays} business dates",
        EffectKind.Completed => $"; posted {Money(decided.LedgerDelta, decided.Explanation.Currency)}, "
            + $"held {Money(decided.HeldDelta, decided.Explanation.Currency)}{(decided.Request.Has.HasFlag(RequestHas.MoreFollow) ? ", more follow" : "")}",
        EffectKind.Refunded => $"; credited {Money(decided.LedgerDelta, decided.Explanation.Currency)} against what was taken",
        EffectKind.Released => $"; released {Money(decided.HeldDelta, decided.Explanation.Currency)}",
        EffectKind.Posted => $"; posted {Money(decided.LedgerDelta, decided.Explanation.Currency)}",
        EffectKind.Credited => $"; credited {Money(decided.LedgerDelta, decided.Explanation.Currency)}",
        EffectKind.Reversed => $"; undone: held {decided.HeldDelta:+0;-0;0}, ledger {decided.LedgerDelta:+0;-0;0} (minor units)",
        EffectKind.TombstoneSet => "; remembered, so that the original is declined when it comes",
        EffectKind.BalancesTold => "; balances told",
        _ => $"; {decided.Effect}",
    };

    private static string Words(SecurityVerdict verdict) => verdict == SecurityVerdict.Right ? "right" : "nothing that can be checked here";

    private static string Words(AddressMatch match) => match switch
    {
        AddressMatch.Both => "postal code and number are the cardholder's",
        AddressMatch.Postal => "the postal code is the cardholder's, the number is not",
        AddressMatch.Street => "the number is the cardholder's, the postal code is not",
        AddressMatch.Neither => "neither postal code nor number are the cardholder's",
        _ => "the cardholder's address is not known here",
    };

    private static string ApprovalCode(in Decided decided) =>
        decided.ApprovalCode == Decided.NoApprovalCode ? "" : $" with approval code {JournalLines.Base36(decided.ApprovalCode)}";

    private static string Words(Operation operation) => operation switch
    {
        Operation.CashBack => "purchase with cash back",
        Operation.PreAuthorization => "pre-authorization",
        Operation.ForcePost => "force-post",
        Operation.None => "",
        _ => operation.ToString().ToLowerInvariant(),
    };

    private static string Words(DecisionOrigin origin) => origin switch
    {
        DecisionOrigin.Us => "us",
        DecisionOrigin.Issuer => "the issuer",
        DecisionOrigin.StandInByUs => "us, standing in",
        DecisionOrigin.StandInByNetwork => "the network, standing in",
        _ => "a timeout",
    };

    private static string Money(long minor, ushort currency)
    {
        var decimals = Currencies.DecimalsOf(currency);
        if (decimals < 0) return currency == 0 ? $"{minor}" : $"{minor} of currency {currency:D3}";
        Currencies.TryFind(currency.ToString("D3", CultureInfo.InvariantCulture), out var known);
        var amount = minor / (decimal)Math.Pow(10, decimals);
        return $"{amount.ToString($"F{decimals}", CultureInfo.InvariantCulture)} {known.Code}";
    }
}
