using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Codec;

/// <summary>What a dialect lets a field hold, asked before writing text that comes from outside.</summary>
public static class FieldRules
{
    /// <summary>
    /// Why <paramref name="text"/> cannot be the value of the field, for people; null if it can. Text is as
    /// <see cref="MessageReader.CopyText"/> gives it: bytes as hex of either case, track data with = or D. The answer
    /// never repeats the text.
    /// </summary>
    public static string? Problem(Dialect dialect, int field, ReadOnlySpan<byte> text)
    {
        if (dialect.TypeOf(field) == FieldType.Undefined) return $"dialect {dialect.Name} does not define it";
        return ProblemOf(in dialect.Plans[field], text);
    }

    /// <summary>The same for the place at a path, which has to be one of the dialect's.</summary>
    public static string? Problem(Dialect dialect, in FieldPath path, ReadOnlySpan<byte> text)
    {
        if (path.Count == 1) return Problem(dialect, path.Field, text);
        ref readonly var plan = ref dialect.PlanOf(in path);
        if (ProblemOf(in plan, text) is { } problem) return problem;
        var outer = dialect.PartsOf(path.Head(path.Count - 1))!;
        if (outer.Kind != CompositionKind.Tagged) return null;
        var length = outer.Length;
        var bytes = plan.BytesOf(plan.Type == FieldType.Binary ? text.Length / 2 : text.Length);
        var most = FieldContent.PrefixMax(in length);
        return bytes <= most ? null : $"the length behind its tag goes to {most}, needs {bytes}";
    }

    /// <summary>The same for a plan: a field of a message or a part of a field.</summary>
    internal static string? ProblemOf(in FieldPlan plan, ReadOnlySpan<byte> text)
    {
        if (text.Contains((byte)'*') && plan.Type != FieldType.Text) return "a masked value cannot be encoded";
        var outside = FirstOutside(in plan, text);
        if (outside < text.Length) return $"character {outside + 1} is not {Allowed(plan.Type)}";
        var units = text.Length;
        if (plan.Type == FieldType.Binary)
        {
            if ((units & 1) != 0) return "hex needs an even number of characters";
            units /= 2;
        }

        var noun = plan.Type switch { FieldType.Binary => "bytes", FieldType.Digits or FieldType.Overpunch => "digits", _ => "characters" };
        if (plan.IsFixed && units != plan.UnitsMax) return $"must have exactly {plan.UnitsMax} {noun}, has {units}";
        return units > plan.UnitsMax ? $"may have at most {plan.UnitsMax} {noun}, has {units}" : null;
    }

    /// <summary>
    /// Index of the first character that the field's type does not allow; the length if there is none.
    /// </summary>
    internal static int FirstOutside(in FieldPlan plan, ReadOnlySpan<byte> text)
    {
        switch (plan.Type)
        {
            case FieldType.Digits:
                return Find(text, RangeClass.Digits);
            case FieldType.Text:
                return Find(text, RangeClass.Printable);
            case FieldType.Track:
                return Find(text, default(TrackClass));
            case FieldType.Signed:
                if (text.IsEmpty) return 0;
                return text[0] is (byte)'C' or (byte)'D' ? 1 + Find(text[1..], RangeClass.Digits) : 0;
            case FieldType.Overpunch:
                var digits = Find(text, RangeClass.Digits);
                return digits == text.Length - 1 && Decimals.IsOverpunch(text[digits]) ? text.Length : digits;
            default:
                var index = 0;
                while (index < text.Length && Hex.Value(text[index]) >= 0) index++;
                return index;
        }
    }

    private static int Find<TClass>(ReadOnlySpan<byte> text, TClass set) where TClass : struct, IByteClass =>
        ByteClasses.All(text, set) ? text.Length : ByteClasses.FirstOutside(text, set);

    private static string Allowed(FieldType type) => type switch
    {
        FieldType.Digits => "a digit",
        FieldType.Text => "printable ASCII",
        FieldType.Track => "a digit, = or D",
        FieldType.Signed => "C or D and then digits",
        FieldType.Overpunch => "a digit, or an overpunched last one",
        _ => "a hex digit",
    };
}
