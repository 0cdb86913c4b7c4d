using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Text;

/// <summary>Other ways in which the field's counterparties write the same field: what a wrong dialect file is usually wrong in.</summary>
internal static class FieldAlternatives
{
    private static readonly (PrefixForm Form, byte Bytes, FieldTraits Traits)[] _prefixes =
    [
        (PrefixForm.Ascii, 2, FieldTraits.None), (PrefixForm.Ascii, 3, FieldTraits.None), (PrefixForm.Bcd, 1, FieldTraits.None),
        (PrefixForm.Bcd, 2, FieldTraits.OddPrefix), (PrefixForm.Binary, 1, FieldTraits.None), (PrefixForm.Binary, 2, FieldTraits.None),
        (PrefixForm.Ebcdic, 2, FieldTraits.None), (PrefixForm.Ebcdic, 3, FieldTraits.None), (PrefixForm.AsciiAny, 4, FieldTraits.None),
        (PrefixForm.AsciiAny, 6, FieldTraits.None),
    ];

    private static readonly FieldEncoding[] _encodings =
    [
        FieldEncoding.Ascii, FieldEncoding.PackedLeft0, FieldEncoding.PackedRight0, FieldEncoding.PackedRightF, FieldEncoding.Ebcdic1047,
        FieldEncoding.Raw,
    ];

    /// <summary>The plans, likeliest first: another length, another encoding, both; then fixed lengths nearby.</summary>
    public static IEnumerable<FieldPlan> Of(FieldPlan plan)
    {
        foreach (var prefix in Prefixes(plan)) yield return prefix;
        foreach (var encoding in Encodings(plan)) yield return encoding;
        if (plan.IsFixed)
        {
            foreach (var step in (int[])[1, -1, 2, -2, 3, -3, 4, -4, 8, -8])
            {
                if (plan.UnitsMax + step > 0) yield return plan with { UnitsMax = (ushort)(plan.UnitsMax + step) };
            }
        }

        if (plan.Type is FieldType.Digits or FieldType.Text) yield return OtherType(plan);
        foreach (var prefix in Prefixes(plan))
        {
            foreach (var both in Encodings(prefix)) yield return both;
        }
    }

    /// <summary>A plan in words.</summary>
    public static string Describe(in FieldPlan plan)
    {
        var encoding = DialectText.EncodingName(plan.Encoding, plan.Type);
        var length = plan.IsFixed ? $"of {plan.UnitsMax}" : $"with a length in {plan.PrefixBytes} {DialectText.PrefixName(in plan)}";
        return $"{DialectText.TypeName(plan.Type)} {length}, {encoding},";
    }

    // Digits as text, text as packed digits: currencies and response codes come as both.
    private static FieldPlan OtherType(FieldPlan plan) => plan.Type == FieldType.Digits
        ? plan with
        {
            Type = FieldType.Text,
            Check = ContentCheck.ByByte,
            NibblesPerUnit = 2,
            Encoding = plan.IsPacked ? FieldEncoding.Ascii : plan.Encoding,
        }
        : plan with
        {
            Type = FieldType.Digits,
            Check = ContentCheck.ByByte,
            NibblesPerUnit = 1,
            Encoding = FieldEncoding.PackedLeft0,
        };

    private static IEnumerable<FieldPlan> Prefixes(FieldPlan plan)
    {
        foreach (var (form, bytes, traits) in _prefixes)
        {
            if (form == plan.Prefix && bytes == plan.PrefixBytes) continue;
            yield return plan with { Prefix = form, PrefixBytes = bytes, Traits = traits, UnitsMax = Math.Max(plan.UnitsMax, (ushort)999) };
        }
    }

    private static IEnumerable<FieldPlan> Encodings(FieldPlan plan)
    {
        foreach (var encoding in _encodings)
        {
            var isPacked = encoding is FieldEncoding.PackedLeft0 or FieldEncoding.PackedRight0 or FieldEncoding.PackedRightF;
            var fits = plan.Type switch
            {
                FieldType.Digits or FieldType.Track => encoding != FieldEncoding.Raw,
                FieldType.Binary => encoding is FieldEncoding.Raw or FieldEncoding.Ascii or FieldEncoding.Ebcdic1047,
                _ => encoding is FieldEncoding.Ascii or FieldEncoding.Ebcdic1047,
            };
            if (encoding == plan.Encoding || !fits) continue;
            var isSpelled = plan.Type == FieldType.Binary && encoding != FieldEncoding.Raw;
            yield return plan with
            {
                Encoding = encoding,
                NibblesPerUnit = (byte)(isPacked ? 1 : isSpelled ? 4 : 2),
                Check = encoding == FieldEncoding.Raw ? ContentCheck.None : ContentCheck.ByByte,
            };
        }
    }
}
