using System.Text.Json;

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

    /// <summary>Reads a field; one that is broken still counts as defined.</summary>
    public FieldPlan Read(JsonElement field, string path)
    {
        problems.ReportStrangers(
            field, path, "type", "length", "max", "encoding", "length_encoding", "length_includes_itself", "name");
        var plan = new FieldPlan();
        ReadContent(field, path, ref plan);
        var digits = problems.Choice(field, path, "length", _lengths);
        if (digits > 0) ReadPrefix(field, path, digits, ref plan);
        else if (digits == 0) ReportPrefixOfFixed(field, path);
        var most = digits > 0 ? (int)Math.Min(PrefixMax(in plan, digits), VariableUnitsMax) : FixedUnitsMax;
        Finish(path, problems.Number(field, path, "max", 1, most, 0), ref plan);
        return plan;
    }

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
    private void Finish(string path, int max, ref FieldPlan plan)
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

    // Most units that the prefix can announce.
    private static long PrefixMax(in FieldPlan plan, int digits)
    {
        long radix = plan.Prefix switch
        {
            PrefixForm.Binary => 256,
            PrefixForm.Hex or PrefixForm.HexEbcdic => 16,
            _ => 10,
        };
        if (plan.Prefix == PrefixForm.Binary) digits = plan.PrefixBytes;
        long count = 1;
        for (; digits > 0; digits--) count *= radix;
        return count - 1 - (plan.Has(FieldTraits.LengthCountsItself) ? plan.PrefixBytes : 0);
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
            "ebcdic" or "ebcdic-1047" => (ContentCheck.ByByte, 2, FieldEncoding.Ebcdic1047),
            "ebcdic-037" => (ContentCheck.ByByte, 2, FieldEncoding.Ebcdic037),
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
