using System.Text.Json;

namespace SunnySwitch.Protocol.Dialects;

/// <summary>Reads where a dialect has things inside of fields: the cardholder's address, and what is verified.</summary>
internal sealed class PlaceParser(DialectProblems problems, DialectDraft draft)
{
    private static readonly string[] _verdictKeys = ["right", "wrong"];

    /// <summary>Fields that an answer may have something of ours in: DE44, and those for private use.</summary>
    private static bool IsForAnswers(int field) => field is 44 or 48 or (>= 56 and <= 63) or (>= 105 and <= 127);

    public DialectAddress ReadAddress(JsonElement address)
    {
        problems.ReportStrangers(address, "address.", "postal", "street", "result");
        var (postal, street) = (Read(address, "address", "postal", 16), Read(address, "address", "street", 64));
        var result = Read(address, "address", "result", 1);
        if (postal is null && street is null) problems.Report("address: postal, street or both");
        if (result is not null) CheckResult(result, "address.result");
        return new DialectAddress(postal, street, result);
    }

    /// <summary>Where PIN block, key serial number, printed code and what is said of an authentication are.</summary>
    public DialectSecurity ReadSecurity(JsonElement security)
    {
        problems.ReportStrangers(security, "security.", "pin_block", "ksn", "printed_code", "authentication_value", "indicator", "authentication_verdict",
            "authentication_result");
        var result = Read(security, "security", "authentication_result", 1);
        if (result is not null) CheckResult(result, "security.authentication_result");
        return new DialectSecurity(
            Read(security, "security", "pin_block", 32, isBytes: true), Read(security, "security", "ksn", 24, isBytes: true),
            Read(security, "security", "printed_code", 4), Read(security, "security", "authentication_value", 40, isBytes: true),
            Read(security, "security", "indicator", 2), ReadVerdict(security, "authentication_verdict"), result);
    }

    private DialectVerdict? ReadVerdict(JsonElement security, string key)
    {
        if (Read(security, "security", key, 4, more: _verdictKeys) is not { } place) return null;
        var (right, wrong) = (Values(security.GetProperty(key), $"security.{key}", "right"), Values(security.GetProperty(key), $"security.{key}", "wrong"));
        if (right.Intersect(wrong, StringComparer.Ordinal).Any()) problems.Report($"security.{key}: a value is right or wrong, not both");
        return new DialectVerdict(place, right, wrong);
    }

    private List<string> Values(JsonElement owner, string of, string key)
    {
        var values = new List<string>();
        var isList = owner.TryGetProperty(key, out var list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0;
        if (isList)
        {
            foreach (var value in list.EnumerateArray())
            {
                if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 and <= 4 } text) values.Add(text);
                else isList = false;
            }
        }

        if (!isList) problems.Report($"{of}.{key}: a list of texts, one to four characters each");
        return values;
    }

    private void CheckResult(DialectPlace result, string path)
    {
        if (result.Path.Count > 1) problems.Report($"{path}.part: a field of its own");
        ref readonly var plan = ref draft.Plans[result.Field];
        var fits = plan.Type == FieldType.Text && IsForAnswers(result.Field) && (plan.IsFixed ? plan.UnitsMax == result.At : plan.UnitsMax >= result.At);
        if (!fits) problems.Report($"{path}: a text of an answer, 44, 48, 56 to 63 or 105 to 127, with room for it");
    }

    private DialectPlace? Read(JsonElement owner, string of, string key, int lengthMax, bool isBytes = false, string[]? more = null)
    {
        if (!owner.TryGetProperty(key, out var place)) return null;
        var path = $"{of}.{key}";
        if (!problems.IsObject(place, path)) return null;
        problems.ReportStrangers(place, path + ".", ["field", "part", "at", "length", .. more ?? []]);
        if (!TryFind(place, path, out var found, out var type)) return null;
        var at = place.TryGetProperty("at", out _) ? problems.Number(place, path + ".", "at", 1, 512, 1) : 1;
        var length = place.TryGetProperty("length", out _) ? problems.Number(place, path + ".", "length", 1, lengthMax, 1) : lengthMax;
        if (type is FieldType.Digits or FieldType.Text || (isBytes && type == FieldType.Binary)) return new DialectPlace(found, type, at, length);
        var kinds = isBytes ? "digits or text, or bytes" : "digits or text";
        problems.Report($"{path}.{(found.Count == 1 ? $"field: {kinds}; field {found.Field}" : $"part: {kinds}; it")} is none of them");
        return null;
    }

    // A field by its number, or a part of one as people write it.
    private bool TryFind(JsonElement place, string path, out FieldPath found, out FieldType type)
    {
        (found, type) = (default, default);
        if (place.TryGetProperty("part", out var part))
        {
            if (place.TryGetProperty("field", out _)) problems.Report($"{path}: field or part, one of them");
            var text = part.ValueKind == JsonValueKind.String ? part.GetString()! : "";
            var dialect = new Dialect(draft);
            if (!FieldPath.TryParse(dialect, text, out found) || found.Count < 2)
            {
                problems.Report($"{path}.part: a part of a field, as 126.9 or 48.71, that this dialect splits into parts");
                return false;
            }

            type = dialect.PlanOf(found).Type;
            return true;
        }

        var field = problems.Number(place, path + ".", "field", 2, Dialect.FieldMax, 2);
        found = new FieldPath(field);
        type = draft.Plans[field].Type;
        if (draft.Plans[field].Check != ContentCheck.Undefined) return true;
        problems.Report($"{path}.field: field {field} is not defined");
        return false;
    }
}
