using System.Text.Json;
using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Protocol.Dialects;

/// <summary>
/// Reads one field of a dialect file into a plan. An encoding, length form or type that is not in these tables is a
/// problem with a name, never a silent guess.
/// </summary>
internal sealed class FieldParser(DialectProblems problems, DialectDraft draft)
{
    private const int FixedUnitsMax = 9_999;
    private const int VariableUnitsMax = 999_999;

    private static readonly string[] _lengths = ["F", "L", "LL", "LLL", "LLLL", "LLLLL", "LLLLLL"];

    private static readonly string[] _masks = ["search", "pan", "track2", "hide"];
    private CompositionParser? _parts;

    private CompositionParser Parts => _parts ??= new CompositionParser(problems, draft, this);

    /// <summary>Reads a field, or a part that says its own length; one that is broken still counts as defined.</summary>
    public FieldPlan Read(JsonElement field, string path, int depth)
    {
        problems.ReportStrangers(
            field, path, "type", "length", "max", "encoding", "length_encoding", "length_includes_itself", "name", "mask", "parts",
            "only_parts");
        var plan = new FieldPlan();
        ReadContent(field, path, ref plan);
        var digits = problems.Choice(field, path, "length", _lengths);
        if (digits > 0) ReadPrefix(field, path, digits, ref plan);
        else if (digits == 0) ReportPrefixOfFixed(field, path);
        var most = digits > 0 ? (int)Math.Min(PrefixMax(in plan, digits), VariableUnitsMax) : FixedUnitsMax;
        Finish(field, path, problems.Number(field, path, "max", 1, most, 0), depth, ref plan);
        return plan;
    }

    /// <summary>Reads a part whose length stands with its tag: <c>length</c> is F (exactly max) or V, which is usual.</summary>
    public FieldPlan ReadTagged(JsonElement field, string path, int most, int depth)
    {
        problems.ReportStrangers(field, path, "type", "length", "max", "encoding", "name", "mask", "parts", "only_parts");
        var plan = new FieldPlan();
        ReadContent(field, path, ref plan);
        var isFixed = field.TryGetProperty("length", out _) && problems.Choice(field, path, "length", "V", "F") == 1;
        if (!isFixed) plan.Prefix = PrefixForm.OfTag;
        var hasMax = isFixed || field.TryGetProperty("max", out _);
        Finish(field, path, hasMax ? problems.Number(field, path, "max", 1, most, 0) : most, depth, ref plan);
        return plan;
    }

    /// <summary>Reads how the length after a tag is written.</summary>
    public FieldPlan ReadLength(JsonElement parts, string path)
    {
        var plan = new FieldPlan { NibblesPerUnit = 2 };
        var digits = problems.Choice(parts, path, "length", _lengths);
        if (digits == 0) problems.Report($"{path}length: L to LLLLLL");
        if (digits > 0) ReadPrefix(parts, path, digits, ref plan);
        return plan;
    }

    /// <summary>What the file calls it; null if it says nothing.</summary>
    public string? NameOf(JsonElement field, string path) =>
        problems.OptionalText(field, path, "name") is { } name ? DialectProblems.Printable(name, 80) : null;

    private void ReadContent(JsonElement field, string path, ref FieldPlan plan)
    {
        var type = problems.Text(field, path, "type");
        if (type is not null)
        {
            plan.Type = TypeOf(type);
            if (plan.Type == FieldType.Undefined)
            {
                problems.Report($"{path}type: n, an, b, z, x or s, is {DialectProblems.Printable(type)}");
            }
        }

        if (problems.Text(field, path, "encoding") is not { } encoding || plan.Type == FieldType.Undefined) return;
        (plan.Check, plan.NibblesPerUnit, plan.Encoding) = CheckOf(plan.Type, encoding);
        if (plan.Check == ContentCheck.Undefined)
        {
            problems.Report($"{path}encoding: {DialectProblems.Printable(encoding)} is not known for type {type}");
        }
    }

    // A broken field still counts as defined, so that a second definition is found too.
    private void Finish(JsonElement field, string path, int max, int depth, ref FieldPlan plan)
    {
        if (plan.Check == ContentCheck.Undefined) plan.Check = ContentCheck.None;
        if (plan is { Type: FieldType.Signed, IsPacked: true } && (!plan.IsFixed || (max & 1) == 0))
        {
            problems.Report($"{path}encoding: packed for type x needs a fixed, odd max (the sign is a byte of its own)");
        }

        if (draft.AllowsAnyPad && plan.IsPacked) AddTrait(ref plan, FieldTraits.AnyPad);
        if (draft.AllowsLowerHex && plan.NibblesPerUnit == 4) AddTrait(ref plan, FieldTraits.LowerHex);
        plan.UnitsMax = (ushort)Math.Min(max, FieldPlan.UnitsLimit);
        var bytesMax = (ushort)Math.Min(plan.BytesOf(plan.UnitsMax), ushort.MaxValue);
        plan.RawBytesMin = plan.IsFixed ? bytesMax : plan.PrefixBytes;
        plan.RawBytesSpread = plan.IsFixed ? (ushort)0 : bytesMax;
        if (field.TryGetProperty("mask", out _)) plan.Mask = (MaskRule)(problems.Choice(field, path, "mask", _masks) + 1);
        plan.Parts = Parts.Read(field, path, in plan, depth);
        if (!problems.Flag(field, path, "only_parts")) return;
        plan.Traits |= FieldTraits.OnlyParts;
        if (!field.TryGetProperty("parts", out _)) problems.Report($"{path}only_parts: only where there are parts");
    }

    private static void AddTrait(ref FieldPlan plan, FieldTraits trait)
    {
        plan.Traits |= trait;
        plan.Check = ContentCheck.ByByte;
    }

    private void ReportPrefixOfFixed(JsonElement field, string path)
    {
        foreach (var key in (ReadOnlySpan<string>)["length_encoding", "length_includes_itself"])
        {
            if (field.TryGetProperty(key, out _)) problems.Report($"{path}{key}: a fixed field has none");
        }
    }

    private void ReadPrefix(JsonElement field, string path, int digits, ref FieldPlan plan)
    {
        if (problems.Text(field, path, "length_encoding") is not { } name) return;
        (plan.Prefix, plan.PrefixBytes) = PrefixOf(name, digits);
        if (plan.Prefix == PrefixForm.None)
        {
            const string known = "ascii, bcd, ebcdic, bin1 to bin4, hexascii or hexebcdic";
            problems.Report($"{path}length_encoding: {known}, is {DialectProblems.Printable(name)}");
        }

        if (plan.Prefix == PrefixForm.BcdAny && (digits & 1) == 1) plan.Traits |= FieldTraits.OddPrefix;
        if (plan.Prefix == PrefixForm.Bcd && digits == 3) plan.Traits |= FieldTraits.OddPrefix;
        if (!problems.Flag(field, path, "length_includes_itself")) return;
        plan.Traits |= FieldTraits.LengthCountsItself;
        if (plan.NibblesPerUnit != 2) problems.Report($"{path}length_includes_itself: only where a unit is a byte");
        // The two fast forms know nothing of it.
        if (plan.Prefix == PrefixForm.Ascii) plan.Prefix = PrefixForm.AsciiAny;
        if (plan.Prefix == PrefixForm.Bcd) plan.Prefix = PrefixForm.BcdAny;
    }

    // Most units that the prefix leaves room for; one in an unknown form counts as digits.
    private static long PrefixMax(in FieldPlan plan, int digits)
    {
        var prefix = plan.Prefix != PrefixForm.None ? plan
            : new FieldPlan { Prefix = PrefixForm.AsciiAny, PrefixBytes = (byte)digits };
        return FieldContent.PrefixMax(in prefix) - (plan.Has(FieldTraits.LengthCountsItself) ? plan.PrefixBytes : 0);
    }

    private static FieldType TypeOf(string name) => name switch
    {
        "n" => FieldType.Digits,
        "an" or "ans" => FieldType.Text,
        "b" => FieldType.Binary,
        "z" => FieldType.Track,
        "x" => FieldType.Signed,
        "s" => FieldType.Overpunch,
        _ => FieldType.Undefined,
    };

    private static (ContentCheck Check, byte NibblesPerUnit, FieldEncoding Encoding) CheckOf(
        FieldType type, string name)
    {
        if (type == FieldType.Binary)
        {
            return name switch
            {
                "bin" => (ContentCheck.None, 2, FieldEncoding.Raw),
                "hexascii" => (ContentCheck.Hex, 4, FieldEncoding.Ascii),
                "hexebcdic" => (ContentCheck.ByByte, 4, FieldEncoding.Ebcdic1047),
                _ => default,
            };
        }

        return name switch
        {
            "ascii" => (AsciiCheckOf(type), 2, FieldEncoding.Ascii),
            "ebcdic" or "ebcdic-1047" => (EbcdicCheckOf(type), 2, FieldEncoding.Ebcdic1047),
            "ebcdic-037" => (EbcdicCheckOf(type), 2, FieldEncoding.Ebcdic037),
            "bcd-l0" => (PackedCheckOf(type), 1, FieldEncoding.PackedLeft0),
            "bcd-lF" when IsPackable(type) => (ContentCheck.ByByte, 1, FieldEncoding.PackedLeftF),
            "bcd-r0" when IsPackable(type) => (ContentCheck.ByByte, 1, FieldEncoding.PackedRight0),
            "bcd-rF" when IsPackable(type) => (ContentCheck.ByByte, 1, FieldEncoding.PackedRightF),
            _ => default,
        };
    }

    private static bool IsPackable(FieldType type) => type is FieldType.Digits or FieldType.Track;

    private static ContentCheck AsciiCheckOf(FieldType type) => type switch
    {
        FieldType.Track => ContentCheck.Track,
        FieldType.Signed => ContentCheck.Signed,
        FieldType.Overpunch => ContentCheck.ByByte,
        _ => ContentCheck.Range,
    };

    private static ContentCheck EbcdicCheckOf(FieldType type) => type switch
    {
        FieldType.Digits => ContentCheck.EbcdicDigits,
        FieldType.Text => ContentCheck.EbcdicText,
        _ => ContentCheck.ByByte,
    };

    private static ContentCheck PackedCheckOf(FieldType type) => type switch
    {
        FieldType.Digits => ContentCheck.Bcd,
        FieldType.Track => ContentCheck.BcdTrack,
        FieldType.Signed => ContentCheck.ByByte,
        _ => ContentCheck.Undefined,
    };

    private static (PrefixForm Form, byte Bytes) PrefixOf(string encoding, int digits) => encoding switch
    {
        "ascii" => (digits is 2 or 3 ? PrefixForm.Ascii : PrefixForm.AsciiAny, (byte)digits),
        "bcd" => (digits is 2 or 3 ? PrefixForm.Bcd : PrefixForm.BcdAny, (byte)((digits + 1) / 2)),
        "ebcdic" => (PrefixForm.Ebcdic, (byte)digits),
        "bin1" or "bin2" or "bin3" or "bin4" => (PrefixForm.Binary, (byte)(encoding[3] - '0')),
        "hexascii" => (PrefixForm.Hex, (byte)digits),
        "hexebcdic" => (PrefixForm.HexEbcdic, (byte)digits),
        _ => (PrefixForm.None, 0),
    };
}
