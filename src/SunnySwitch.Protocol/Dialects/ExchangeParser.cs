using System.Text;
using System.Text.Json;
using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Protocol.Dialects;

/// <summary>
/// Reads what a dialect file says about the exchange around a message: edition of the standard, framing, which type answers which, by which fields an
/// answer is matched, how long it may take, and what the other side calls a response.
/// </summary>
internal sealed class ExchangeParser(DialectProblems problems, DialectDraft draft, Func<string, JsonElement> owner)
{
    private const int EntriesMax = 256;

    /// <summary>Fields that may identify a transaction (ISO 8583-1:1987 clause 4.1.5; DE12 and 13 in place of DE7).</summary>
    private static readonly int[] _matchable = [7, 11, 12, 13, 32, 37, 41, 42];

    private static readonly Dictionary<string, MarkKind> _marks = new(StringComparer.Ordinal)
    {
        ["pre_authorization"] = MarkKind.PreAuthorization,
        ["increment"] = MarkKind.Increment,
        ["completion"] = MarkKind.Completion,
        ["more_follow"] = MarkKind.MoreFollow,
        ["partial_approval"] = MarkKind.PartialApproval,
        ["standing_order"] = MarkKind.StandingOrder,
    };

    public void Read()
    {
        var file = owner("standard");
        if (file.TryGetProperty("standard", out _)) draft.Standard = problems.Number(file, "", "standard", 1987, 2003, 1987);
        if (draft.Standard is not (1987 or 1993 or 2003)) problems.Report("standard: 1987, 1993 or 2003");
        file = owner("framing");
        draft.Framing = problems.OptionalText(file, "", "framing");
        var problem = "";
        if (draft.Framing is { } name && Framing.Framing.TryParse(name, ushort.MaxValue, out problem) is null) problems.Report($"framing: {problem}");
        file = owner("keep_alive");
        if (file.TryGetProperty("keep_alive", out _)) draft.KeepAlive = KeepAlive(file);
        file = owner("flow");
        Each(file, "flow", ReadFlow);
        file = owner("match");
        if (file.TryGetProperty("match", out var match)) ReadMatch(match);
        file = owner("marks");
        if (file.TryGetProperty("marks", out var marks) && problems.IsObject(marks, "marks")) ReadMarks(marks);
        var places = new PlaceParser(problems, draft);
        file = owner("address");
        if (file.TryGetProperty("address", out var address) && problems.IsObject(address, "address")) draft.Address = places.ReadAddress(address);
        file = owner("security");
        if (file.TryGetProperty("security", out var security) && problems.IsObject(security, "security")) draft.Security = places.ReadSecurity(security);
        file = owner("timers");
        if (file.TryGetProperty("timers", out var timers) && problems.IsObject(timers, "timers"))
        {
            problems.ReportStrangers(timers, "timers.", "answer_seconds", "cut_over_seconds");
            var isQuiet = timers.TryGetProperty("cut_over_seconds", out _);
            if (isQuiet) draft.CutOverSeconds = problems.Number(timers, "timers.", "cut_over_seconds", 0, 900, 0);
            if (!isQuiet || timers.TryGetProperty("answer_seconds", out _))
            {
                draft.AnswerSeconds = problems.Number(timers, "timers.", "answer_seconds", 1, 300, 0);
            }
        }

        file = owner("response_codes");
        Each(file, "response_codes", ReadCode);
        file = owner("manual");
        if (file.TryGetProperty("manual", out var manual)) ReadManual(manual);
    }

    private string? KeepAlive(JsonElement file)
    {
        string[] choices = ["refuse", "answer", "ignore"];
        var choice = problems.Choice(file, "", "keep_alive", choices);
        return choice < 0 ? null : choices[choice];
    }

    private void Each(JsonElement file, string key, Action<string, string, string> read)
    {
        if (!file.TryGetProperty(key, out var entries) || !problems.IsObject(entries, key)) return;
        var count = 0;
        foreach (var entry in entries.EnumerateObject())
        {
            var path = $"{key}.{DialectProblems.Printable(entry.Name)}";
            if (++count > EntriesMax)
            {
                problems.Report($"{key}: more than {EntriesMax} entries");
                return;
            }

            if (entry.Value.ValueKind == JsonValueKind.String) read(path, entry.Name, entry.Value.GetString()!);
            else problems.Report($"{path}: a text");
        }
    }

    private void ReadFlow(string path, string request, string answer)
    {
        var good = TryMti(request, out var from) & TryMti(answer, out var to);
        if (!good || from == to) problems.Report($"{path}: four digits, and four others that answer them");
        else if (!draft.Flow.TryAdd(from, to)) problems.Report($"{path}: given twice");
    }

    private static bool TryMti(string text, out ushort mti)
    {
        mti = 0;
        foreach (var letter in text)
        {
            if (!char.IsAsciiDigit(letter)) return false;
            mti = (ushort)((mti << 4) | (letter - '0'));
        }

        return text.Length == 4;
    }

    private void ReadMatch(JsonElement match)
    {
        var good = match.ValueKind == JsonValueKind.Array;
        var fields = default(FieldSet);
        foreach (var entry in good ? match.EnumerateArray() : default)
        {
            if (entry.ValueKind == JsonValueKind.Number && entry.TryGetInt32(out var field) && Array.IndexOf(_matchable, field) >= 0) fields.Add(field);
            else good = false;
        }

        if (!good) problems.Report($"match: a list of fields out of {string.Join(", ", _matchable)}");
        else if (!fields.Has(11)) problems.Report("match: field 11 has to be among them");
        foreach (var field in fields)
        {
            if (draft.Plans[field].Check == ContentCheck.Undefined) problems.Report($"match: field {field} is not defined");
        }

        draft.Match = fields;
    }

    private void ReadMarks(JsonElement marks)
    {
        problems.ReportStrangers(marks, "marks.", [.. _marks.Keys]);
        foreach (var (key, kind) in _marks)
        {
            if (!marks.TryGetProperty(key, out var mark)) continue;
            var path = $"marks.{key}";
            if (!problems.IsObject(mark, path)) continue;
            problems.ReportStrangers(mark, path + ".", "field", "at", "values");
            var field = problems.Number(mark, path + ".", "field", 2, Dialect.FieldMax, 2);
            var at = mark.TryGetProperty("at", out _) ? problems.Number(mark, path + ".", "at", 1, 128, 1) : 0;
            ref readonly var plan = ref draft.Plans[field];
            if (plan.Check == ContentCheck.Undefined) problems.Report($"{path}.field: field {field} is not defined");
            else if (plan.Type is not (FieldType.Digits or FieldType.Text)) problems.Report($"{path}.field: digits or text; field {field} is neither");
            else if (Values(mark, path) is { } values) draft.Marks.Add(new DialectMark(kind, field, at, values));
        }
    }

    private List<string>? Values(JsonElement mark, string path)
    {
        var values = new List<string>();
        var good = mark.TryGetProperty("values", out var list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() is > 0 and <= 16;
        foreach (var entry in good ? list.EnumerateArray() : default)
        {
            var text = entry.ValueKind == JsonValueKind.String ? entry.GetString()! : "";
            if (text.Length is > 0 and <= 16 && text.All(letter => letter is >= ' ' and <= '~')) values.Add(text);
            else good = false;
        }

        if (!good) problems.Report($"{path}.values: 1 to 16 texts of 1 to 16 printable characters");
        return good ? values : null;
    }

    private void ReadCode(string path, string code, string wire)
    {
        ref readonly var plan = ref draft.Plans[39];
        if (code is not "*" && (code.Length != 2 || !char.IsAsciiLetterOrDigit(code[0]) || !char.IsAsciiLetterOrDigit(code[1])))
        {
            problems.Report($"{path}: a code of ISO 8583:1987, two characters, or * for all others");
        }
        else if (plan.Check == ContentCheck.Undefined)
        {
            problems.Report($"{path}: field 39 is not defined");
        }
        else if (FieldRules.ProblemOf(in plan, Encoding.UTF8.GetBytes(wire)) is { } problem)
        {
            problems.Report($"{path}: {problem}");
        }
        else if (!draft.ResponseCodes.TryAdd(code, wire))
        {
            problems.Report($"{path}: given twice");
        }
    }

    private void ReadManual(JsonElement manual)
    {
        if (manual.ValueKind != JsonValueKind.Array)
        {
            problems.Report("manual: a list of texts");
            return;
        }

        foreach (var entry in manual.EnumerateArray())
        {
            var isText = entry.ValueKind == JsonValueKind.String && draft.Manual.Count < EntriesMax;
            if (isText) draft.Manual.Add(DialectProblems.Printable(entry.GetString()!, 200));
            else problems.Report($"manual: texts, {EntriesMax} at most");
        }
    }
}
