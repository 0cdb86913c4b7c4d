using System.Globalization;
using System.Text;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Meaning;

namespace SunnySwitch.Protocol.Text;

/// <summary>A dialect as a page for people, in Markdown: what is around the messages, every field and part, a decoded sample.</summary>
public static class DialectText
{
    /// <summary>Writes the page; ends with a line end.</summary>
    public static string Describe(Dialect dialect)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"# {dialect.Name}\n\n{dialect.Description}\n\n");
        Around(dialect, page);
        Manual(dialect, page);
        page.Append("## Fields\n\n| Field | Name | Holds | Length | On the wire |\n|---|---|---|---|---|\n");
        foreach (var field in dialect.Defined)
        {
            ref readonly var plan = ref dialect.Plans[field];
            Row(page, $"{field}", dialect.NameOf(field) ?? FieldNames.Of(dialect.Standard, field), in plan);
            if (dialect.PartsOf(field) is { } parts) Parts(dialect, page, parts, new FieldPath(field));
        }

        Samples(dialect, page);
        return page.ToString();
    }

    /// <summary>The letters of a type, ISO 8583-1:1987 clause 4.</summary>
    internal static string TypeName(FieldType type) => type switch
    {
        FieldType.Digits => "n",
        FieldType.Text => "ans",
        FieldType.Binary => "b",
        FieldType.Track => "z",
        FieldType.Signed => "x+n",
        FieldType.Overpunch => "n, sign over the last",
        _ => "undefined",
    };

    private static void Around(Dialect dialect, StringBuilder page)
    {
        void Line(string name, string value) => page.Append(CultureInfo.InvariantCulture, $"- {name}: {value}\n");
        if (dialect.Parent is { } parent) Line("Inherits from", $"[{parent}]({parent}.md)");
        Line("Standard", $"ISO 8583:{dialect.Standard}");
        Line("MTI", dialect.MtiForm switch { MtiForm.Ascii => "four ASCII digits", MtiForm.Bcd => "two packed bytes", _ => "four EBCDIC digits" });
        var bitmaps = dialect.HasThirdBitmap ? "up to three" : "one or two";
        var form = dialect.BitmapForm switch { BitmapForm.Raw => "8 bytes", BitmapForm.Hex => "16 hex characters", _ => "16 hex characters in EBCDIC" };
        Line("Bitmaps", $"{bitmaps}, {form} each");
        Line("Framing", dialect.Framing ?? "the link says");
        if (dialect.KeepAlive is { } keepAlive) Line("Keep-alives", keepAlive);
        if (dialect.CutOverSeconds >= 0)
        {
            Line("While the business date changes", $"new requests are refused (90), from {dialect.CutOverSeconds} s before its end on until the next is open");
        }

        if (dialect.AnswerSeconds > 0) Line("Answer within", $"{dialect.AnswerSeconds} s");
        if (!dialect.Match.IsEmpty) Line("An answer is matched by fields", Join(dialect.Match));
        if (dialect.Flow.Count > 0)
        {
            Line("Answers", string.Join(", ", dialect.Flow.Select(pair => $"{ValueText.Mti(pair.Key)} by {ValueText.Mti(pair.Value)}")));
        }

        foreach (var mark in dialect.Marks)
        {
            var place = mark.At == 0 ? $"field {mark.Field}" : $"field {mark.Field} from position {mark.At}";
            Line(MarkName(mark.Kind), $"{place} is {string.Join(" or ", mark.Values)}");
        }

        if (dialect.Address is { } address)
        {
            if (address.Postal is { } postal) Line("The cardholder's postal code", Place(dialect, postal));
            if (address.Street is { } street) Line("The cardholder's street and number", Place(dialect, street));
            if (address.Result is { } result)
            {
                Line("How it compares, in the answer", $"field {result.Field}, position {result.At}: Y, A (number), Z (postal code), N, U");
            }
        }

        if (dialect.Security is { } security)
        {
            if (security.PinBlock is { } pinBlock) Line("The PIN block", Place(dialect, pinBlock));
            if (security.Ksn is { } ksn) Line("The key serial number of its key", Place(dialect, ksn));
            if (security.PrintedCode is { } code) Line("The code printed on the card", Place(dialect, code));
            if (security.Indicator is { } indicator) Line("The e-commerce indicator", Place(dialect, indicator));
            if (security.AuthenticationValue is { } value) Line("The proof of the cardholder's authentication (CAVV)", Place(dialect, value));
            if (security.AuthenticationVerdict is { } said)
            {
                var words = $"{string.Join(", ", said.Right)} right, {string.Join(", ", said.Wrong)} wrong";
                Line("What the network says of that proof", $"{Place(dialect, said.Place)}: {words}");
            }

            if (security.AuthenticationResult is { } result)
            {
                Line("How it was verified, in the answer", $"field {result.Field}, position {result.At}: 2 right, 1 wrong, 0 no such value, 4 not verified");
            }
        }

        if (dialect.ResponseCodes.Count > 0)
        {
            Line("Response codes", string.Join(", ", dialect.ResponseCodes.Select(pair => $"{pair.Key} as {pair.Value}")));
        }

        var lenient = new List<string>();
        if (dialect.AllowsTrailingBytes) lenient.Add("trailing-bytes");
        if (dialect.AllowsLowerHex) lenient.Add("lower-case-hex");
        if (Array.Exists(dialect.Plans, plan => plan.Has(FieldTraits.AnyPad))) lenient.Add("pad-nibble");
        Line("Leniencies", lenient.Count == 0 ? "none" : string.Join(", ", lenient));
        page.Append('\n');
    }

    private static string Place(Dialect dialect, DialectPlace place) =>
        $"field {place.Path.Text(dialect)}, positions {place.At} to {place.At + place.Length - 1}";

    private static string MarkName(MarkKind kind) => kind switch
    {
        MarkKind.PreAuthorization => "An authorization is an estimate",
        MarkKind.Increment => "An authorization adds to an earlier one",
        MarkKind.Completion => "A financial message captures an authorization",
        MarkKind.MoreFollow => "It captures a part, others follow",
        MarkKind.StandingOrder => "A payment of a standing order",
        _ => "The terminal takes a partial approval",
    };

    private static void Manual(Dialect dialect, StringBuilder page)
    {
        page.Append("## Standard, and what is not\n\n");
        if (dialect.Manual.Count == 0) page.Append("Everything below is the standard's.\n\n");
        else page.Append("Needs the counterparty's manual:\n\n");
        foreach (var line in dialect.Manual) page.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        if (dialect.Manual.Count > 0) page.Append('\n');
    }

    private static void Parts(Dialect dialect, StringBuilder page, Composition parts, in FieldPath path)
    {
        var kind = parts.Kind switch
        {
            CompositionKind.Positional => parts.MayEndEarly ? "one after the other, the last ones may be missing" : "one after the other",
            CompositionKind.Bitmap => $"announced by {parts.BitmapBits} bits{(parts.IsChained ? ", bit 1 announces more" : "")}",
            CompositionKind.Tagged => $"tags of {parts.TagBytes}, each with a length{(parts.RefusesUnknown ? ", no others" : ", others are kept")}",
            _ => "BER-TLV" + (parts.RefusesUnknown ? ", no other tags" : ", other tags are kept"),
        };
        page.Append(CultureInfo.InvariantCulture, $"| {path.Text(dialect)}.* | | parts: {kind} | | {(parts.IsHexText ? "spelled in hex" : "")} |\n");
        foreach (var part in parts.Parts)
        {
            var place = path.Then(part.First);
            var key = place.Text(dialect) + (part.Last > part.First ? "-" + parts.KeyText(part.Last) : "");
            Row(page, key, part.Name ?? "", in part.Plan);
            if (part.Plan.Parts != 0 && place.Count < FieldPath.StepsMax) Parts(dialect, page, dialect.PartsOf(parts, part.First)!, in place);
        }
    }

    private static void Row(StringBuilder page, string key, string name, in FieldPlan plan)
    {
        var length = plan.Prefix switch
        {
            PrefixForm.None => $"{plan.UnitsMax}",
            PrefixForm.OfTag => plan.UnitsMax == FieldPlan.UnitsLimit ? "as its tag says" : $"to {plan.UnitsMax}",
            _ => $"to {plan.UnitsMax}, length in {plan.PrefixBytes} {PrefixName(in plan)}",
        };
        page.Append(CultureInfo.InvariantCulture, $"| {key} | {name} | {TypeName(plan.Type)} | {length} | {EncodingName(plan.Encoding, plan.Type)} |\n");
    }

    internal static string PrefixName(in FieldPlan plan) => plan.Prefix switch
    {
        PrefixForm.Ascii or PrefixForm.AsciiAny => "ASCII digits",
        PrefixForm.Bcd or PrefixForm.BcdAny => "packed bytes",
        PrefixForm.Ebcdic => "EBCDIC digits",
        PrefixForm.Binary => "bytes, binary",
        PrefixForm.Hex => "hex characters",
        _ => "hex characters in EBCDIC",
    } + (plan.Has(FieldTraits.LengthCountsItself) ? ", itself included" : "");

    internal static string EncodingName(FieldEncoding encoding, FieldType type) => encoding switch
    {
        FieldEncoding.Ascii => type == FieldType.Binary ? "hex text" : "ASCII",
        FieldEncoding.Ebcdic1047 => type == FieldType.Binary ? "hex text in EBCDIC" : "EBCDIC 1047",
        FieldEncoding.Ebcdic037 => type == FieldType.Binary ? "hex text in EBCDIC" : "EBCDIC 037",
        FieldEncoding.Raw => "bytes",
        FieldEncoding.PackedLeft0 => "packed, odd ones padded left with 0",
        FieldEncoding.PackedLeftF => "packed, odd ones padded left with F",
        FieldEncoding.PackedRight0 => "packed, odd ones padded right with 0",
        _ => "packed, odd ones padded right with F",
    };

    private static void Samples(Dialect dialect, StringBuilder page)
    {
        foreach (var sample in dialect.Samples)
        {
            var tree = new System.Buffers.ArrayBufferWriter<byte>();
            MessageTree.Write(dialect, sample.Message, false, true, tree);
            page.Append(CultureInfo.InvariantCulture, $"\n## Sample: {sample.Name}\n\n```\n{Encoding.UTF8.GetString(tree.WrittenSpan)}```\n");
        }
    }

    private static string Join(FieldSet fields)
    {
        var text = new List<string>();
        foreach (var field in fields) text.Add(field.ToString(CultureInfo.InvariantCulture));
        return string.Join(", ", text);
    }
}
