using System.Text.Json;

namespace SunnySwitch.Protocol.Dialects;

/// <summary>Reads where a dialect has things inside of fields: the cardholder's address, and what is verified.</summary>
internal sealed class PlaceParser(DialectProblems problems, DialectDraft draft)
{
    /// <summary>Fields that an answer may have something of ours in: DE44, and those for private use.</summary>
    private static bool IsForAnswers(int field) => field is 44 or 48 or (>= 56 and <= 63) or (>= 105 and <= 127);

    public DialectAddress ReadAddress(JsonElement address)
    {
        problems.ReportStrangers(address, "address.", "postal", "street", "result");
        var (postal, street) = (Read(address, "address", "postal", 16), Read(address, "address", "street", 64));
        var result = Read(address, "address", "result", 1);
        if (postal is null && street is null) problems.Report("address: postal, street or both");
        if (result is not null) CheckResult(result);
        return new DialectAddress(postal, street, result);
    }

    /// <summary>Where PIN block, key serial number, printed code and what is said of an authentication are.</summary>
    public DialectSecurity ReadSecurity(JsonElement security)
    {
        problems.ReportStrangers(security, "security.", "pin_block", "ksn", "printed_code", "authentication_value", "indicator");
        return new DialectSecurity(
            Read(security, "security", "pin_block", 32, isBytes: true), Read(security, "security", "ksn", 24, isBytes: true),
            Read(security, "security", "printed_code", 4), Read(security, "security", "authentication_value", 40, isBytes: true),
            Read(security, "security", "indicator", 2));
    }

    private void CheckResult(DialectPlace result)
    {
        ref readonly var plan = ref draft.Plans[result.Field];
        var fits = plan.Type == FieldType.Text && IsForAnswers(result.Field) && (plan.IsFixed ? plan.UnitsMax == result.At : plan.UnitsMax >= result.At);
        if (!fits) problems.Report("address.result: a text of an answer, 44, 48, 56 to 63 or 105 to 127, with room for it");
    }

    private DialectPlace? Read(JsonElement owner, string of, string key, int lengthMax, bool isBytes = false)
    {
        if (!owner.TryGetProperty(key, out var place)) return null;
        var path = $"{of}.{key}";
        if (!problems.IsObject(place, path)) return null;
        problems.ReportStrangers(place, path + ".", "field", "at", "length");
        var field = problems.Number(place, path + ".", "field", 2, Dialect.FieldMax, 2);
        var at = place.TryGetProperty("at", out _) ? problems.Number(place, path + ".", "at", 1, 512, 1) : 1;
        var length = place.TryGetProperty("length", out _) ? problems.Number(place, path + ".", "length", 1, lengthMax, 1) : lengthMax;
        ref readonly var plan = ref draft.Plans[field];
        if (plan.Check == ContentCheck.Undefined) problems.Report($"{path}.field: field {field} is not defined");
        else if (plan.Type is not (FieldType.Digits or FieldType.Text) && !(isBytes && plan.Type == FieldType.Binary))
        {
            problems.Report($"{path}.field: digits or text{(isBytes ? ", or bytes" : "")}; field {field} is none of them");
        }
        else return new DialectPlace(field, at, length);
        return null;
    }
}
