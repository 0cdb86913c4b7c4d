using System.Globalization;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Meaning;

namespace SunnySwitch.Protocol.Text;

/// <summary>
/// What is doubtful about a dialect that compiles: samples that do not hold, and shapes that differ from the standard's where
/// nearly nobody means to. Errors are wrong for certain; warnings are to be looked at.
/// </summary>
public static class DialectLint
{
    // Type and longest length of ISO 8583:1987 table 4 where others in the field agree; a different one is worth a look.
    private static readonly (int Field, FieldType Type, int Units)[] _usual =
    [
        (2, FieldType.Digits, 19), (3, FieldType.Digits, 6), (4, FieldType.Digits, 12), (7, FieldType.Digits, 10), (11, FieldType.Digits, 6),
        (12, FieldType.Digits, 6), (13, FieldType.Digits, 4), (14, FieldType.Digits, 4), (18, FieldType.Digits, 4), (22, FieldType.Digits, 3),
        (25, FieldType.Digits, 2), (32, FieldType.Digits, 11), (35, FieldType.Track, 37), (37, FieldType.Text, 12), (38, FieldType.Text, 6),
        (39, FieldType.Text, 2), (41, FieldType.Text, 8), (42, FieldType.Text, 15), (43, FieldType.Text, 40), (52, FieldType.Binary, 8),
        (64, FieldType.Binary, 8), (90, FieldType.Digits, 42), (128, FieldType.Binary, 8),
    ];

    /// <summary>One finding a line, empty if there is none; errors first.</summary>
    public static IReadOnlyList<string> Find(Dialect dialect, out int errors)
    {
        var found = new List<string>();
        CheckSamples(dialect, found);
        errors = found.Count;
        if (dialect.Samples.Count == 0) found.Add("warning: no sample message; a sample proves that the file means what its counterparty sends");
        if (!dialect.Defined.Has(11)) found.Add("warning: field 11 is not defined; without a trace number nothing can be answered");
        if (dialect.ResponseCodes.Count > 0 && !dialect.ResponseCodes.ContainsKey("*"))
        {
            found.Add("warning: response_codes has no *; a code that is not listed goes out as it is");
        }

        CheckShapes(dialect, found);
        return found;
    }

    private static void CheckSamples(Dialect dialect, List<string> found)
    {
        foreach (var sample in dialect.Samples)
        {
            var table = default(FieldTable);
            var fault = DeepDecoder.Decode(dialect, sample.Message, ref table);
            if (!fault.IsOk)
            {
                found.Add($"error: sample {sample.Name}: {MessageText.Explain(dialect, in fault)}");
                continue;
            }

            var target = new byte[sample.Message.Length + 64];
            var editor = new MessageEditor(dialect);
            var length = editor.Write(new MessageReader(dialect, sample.Message, in table), target, out _);
            if (length < 0 || !target.AsSpan(0, length).SequenceEqual(sample.Message))
            {
                found.Add($"error: sample {sample.Name}: written again it has other bytes (a bitmap without a field?)");
            }
        }
    }

    private static void CheckShapes(Dialect dialect, List<string> found)
    {
        var is1987 = dialect.Standard == 1987;
        foreach (var (field, type, units) in _usual)
        {
            if (!is1987 || dialect.TypeOf(field) == FieldType.Undefined) continue;
            if (dialect.TypeOf(field) == type && dialect.UnitsMax(field) == units) continue;
            var (has, usual) = (Shape(dialect.TypeOf(field), dialect.UnitsMax(field)), Shape(type, units));
            if (type != FieldType.Binary && dialect.TypeOf(field) == type && dialect.UnitsMax(field) == units + 1 && dialect.IsPacked(field)) continue;
            var name = FieldNames.Of(dialect.Standard, field);
            found.Add(string.Create(CultureInfo.InvariantCulture, $"warning: field {field} ({name}): is {has}, usually {usual}"));
        }

        foreach (var field in dialect.Defined)
        {
            if (dialect.PartsOf(field) is { } parts) CheckMasks(dialect, parts, new FieldPath(field), found);
        }
    }

    // A part without a mask is hidden from everybody: safe, and rarely what the writer wanted.
    private static void CheckMasks(Dialect dialect, Composition parts, in FieldPath path, List<string> found)
    {
        foreach (var part in parts.Parts)
        {
            var place = path.Then(part.First);
            if (part.Plan.Parts == 0 && part.Plan.Mask == MaskRule.Unsaid && parts.Kind != CompositionKind.BerTlv)
            {
                found.Add($"warning: field {place.Text(dialect)}: no mask, so people never see it; search shows it with card numbers hidden");
            }

            if (part.Plan.Parts != 0 && place.Count < FieldPath.StepsMax) CheckMasks(dialect, dialect.PartsOf(parts, part.First)!, in place, found);
        }
    }

    private static string Shape(FieldType type, int units) =>
        string.Create(CultureInfo.InvariantCulture, $"{DialectText.TypeName(type)} {units}");
}
