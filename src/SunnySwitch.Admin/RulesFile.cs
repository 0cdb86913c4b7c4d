using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using SunnySwitch.Protocol.Meaning;

namespace SunnySwitch.Admin;

/// <summary>
/// Rules as a file: limits, how long authorizations hold, what holds for merchant categories, products and countries; with comments;
/// schema <c>config/schema/rules.json</c>. Every problem is listed, and then nothing is taken.
/// </summary>
public static partial class RulesFile
{
    private const int FileBytesMax = 65_536, ProblemsMax = 50, ReasonMax = 48;
    internal const int NameMax = 16;
    private const long CountMax = 1_000_000_000, AmountMax = 1_000_000_000_000_000;

    private static readonly JsonDocumentOptions _options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 8 };
    private static readonly string[] _rootKeys =
        ["$schema", "rules", "limits", "authorizations", "categories", "products", "countries", "hot", "unlinkedRefunds", "acceptors", "pinTries"];

    private static readonly string[] _keys =
        ["id", "name", "subject", "counts", "operations", "window", "currency", "countMax", "amountMax", "attemptsMin", "declinesPermille", "shared"];

    private static readonly Dictionary<string, Operation> _operations = new(StringComparer.Ordinal)
    {
        ["purchase"] = Operation.Purchase,
        ["cash"] = Operation.Cash,
        ["cashBack"] = Operation.CashBack,
        ["refund"] = Operation.Refund,
        ["inquiry"] = Operation.Inquiry,
        ["verification"] = Operation.Verification,
        ["preAuthorization"] = Operation.PreAuthorization,
        ["increment"] = Operation.Increment,
    };

    /// <summary>Reads a file; the rules are meant only without problems.</summary>
    public static RuleSet Read(ReadOnlyMemory<byte> json, out IReadOnlyList<string> problems)
    {
        var found = new List<string>();
        problems = found;
        var rules = default(RuleSet);
        if (!TryParse(json, found, out var document)) return rules;
        using (document)
        {
            ReadRoot(document.RootElement, ref rules, found);
        }

        return rules;
    }

    internal static bool TryParse(ReadOnlyMemory<byte> json, List<string> problems, [NotNullWhen(true)] out JsonDocument? document)
    {
        document = null;
        try
        {
            if (json.Length <= FileBytesMax) document = JsonDocument.Parse(json, _options);
            else problems.Add($"the file has over {FileBytesMax} bytes");
        }
        catch (JsonException broken)
        {
            problems.Add($"not JSON: line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1}");
        }

        return document is not null;
    }

    /// <summary>Puts who and why into a version; says what is wrong with them.</summary>
    public static List<string> Sign<T>(ref T set, string? operatorName, string? reason) where T : IVersioned
    {
        var problems = new List<string>();
        var (who, why) = (default(Text16), default(Text48));
        SetText(operatorName, NameMax, "operator", who, problems);
        SetText(reason, ReasonMax, "reason", why, problems);
        (set.Operator, set.Reason) = (who, why);
        return problems;
    }

    private static void ReadRoot(JsonElement root, ref RuleSet rules, List<string> problems)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            problems.Add("the file: an object");
            return;
        }

        foreach (var entry in root.EnumerateObject())
        {
            if (_rootKeys.Contains(entry.Name, StringComparer.Ordinal)) continue;
            Add(problems, $"{Shown(entry.Name)}: no such key; there are {string.Join(", ", _rootKeys)}");
        }

        var name = root.TryGetProperty("rules", out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        SetText(name, NameMax, "rules", rules.Name, problems);
        ReadTerms(root, ref rules, problems);
        if (!root.TryGetProperty("limits", out var limits) || limits.ValueKind != JsonValueKind.Array)
        {
            Add(problems, "limits: a list");
            return;
        }

        if (limits.GetArrayLength() > RuleSet.LimitsMax) Add(problems, $"limits: {RuleSet.LimitsMax} at most");
        foreach (var limit in limits.EnumerateArray())
        {
            if (rules.Count == RuleSet.LimitsMax || problems.Count >= ProblemsMax) return;
            ReadLimit(limit, $"limits.{rules.Count}", ref rules.Limits[rules.Count], problems);
            rules.Count++;
        }

        ulong ids = 0;
        for (var index = 0; index < rules.Count; index++)
        {
            var bit = rules.Limits[index].Id == 0 ? 0 : 1UL << (rules.Limits[index].Id - 1);
            if ((ids & bit) != 0) Add(problems, $"limits: id {rules.Limits[index].Id} is given twice");
            ids |= bit;
        }

        var shared = 0;
        for (var index = 0; index < rules.Count; index++) shared += rules.Limits[index].Shared;
        if (shared <= SharedCounts.LimitsMax) return;
        Add(problems, $"limits: {SharedCounts.LimitsMax} at most are shared, there are {shared}: all are asked for, for each request");
    }

    private static void ReadLimit(JsonElement limit, string at, ref LimitTerms terms, List<string> problems)
    {
        if (limit.ValueKind != JsonValueKind.Object)
        {
            Add(problems, $"{at}: an object");
            return;
        }

        foreach (var entry in limit.EnumerateObject())
        {
            if (_keys.Contains(entry.Name, StringComparer.Ordinal)) continue;
            Add(problems, $"{at}.{Shown(entry.Name)}: no such key; there are {string.Join(", ", _keys)}");
        }

        terms.Id = (byte)(Number(limit, at, "id", 1, RuleSet.LimitsMax, problems) ?? Missing($"{at}.id: missing", problems));
        SetText(Text(limit, at, "name", problems), NameMax, $"{at}.name", terms.Name, problems);
        ReadSubject(Text(limit, at, "subject", problems), at, ref terms, problems);
        ReadCounts(Text(limit, at, "counts", problems), at, ref terms, problems);
        ReadWindow(Text(limit, at, "window", problems), at, ref terms, problems);
        ReadOperations(limit, at, ref terms, problems);
        if (Flag(limit, at, "shared", false, problems)) terms.Shared = 1;
        if (terms.IsShared && terms.Subject == LimitSubject.Account)
        {
            Add(problems, $"{at}.shared: not of accounts: each cell numbers its own, so that no other has counted for them; card, merchant, terminal or bin");
        }

        if (terms.Kind == LimitCounts.Ratio)
        {
            ReadRatio(limit, at, ref terms, problems);
            return;
        }

        if (limit.TryGetProperty("attemptsMin", out _) || limit.TryGetProperty("declinesPermille", out _))
        {
            Add(problems, $"{at}.attemptsMin, {at}.declinesPermille: only where a ratio is counted");
        }

        terms.CountMax = Number(limit, at, "countMax", 1, CountMax, problems) ?? 0;
        terms.AmountMaxMinor = Number(limit, at, "amountMax", 1, AmountMax, problems) ?? 0;
        terms.Currency = (ushort)(Number(limit, at, "currency", 1, 999, problems) ?? 0);
        if (terms.Currency != 0 && Currencies.DecimalsOf(terms.Currency) < 0) Add(problems, $"{at}.currency: {terms.Currency} is no currency of ISO 4217");
        if (terms.AmountMaxMinor != 0 && terms.Currency == 0) Add(problems, $"{at}.currency: needed with amountMax");
        var isUnseen = terms.Kind == LimitCounts.Cards && terms.CountMax > LimitTerms.CardsMax;
        if (isUnseen) Add(problems, $"{at}.countMax: 1 to {LimitTerms.CardsMax} different cards");
        var isSummed = terms.Kind != LimitCounts.Approvals && terms.AmountMaxMinor != 0;
        if (isSummed) Add(problems, $"{at}.amountMax: attempts and declines are counted, not summed up");
        if (terms.AmountMaxMinor == 0 && terms.CountMax == 0) Add(problems, $"{at}: countMax, amountMax or both");
    }

    /// <summary>Of enough attempts, so many of a thousand may be declined.</summary>
    private static void ReadRatio(JsonElement limit, string at, ref LimitTerms terms, List<string> problems)
    {
        terms.CountMax = Number(limit, at, "attemptsMin", 1, CountMax, problems) ?? Missing($"{at}.attemptsMin: missing", problems);
        terms.AmountMaxMinor = Number(limit, at, "declinesPermille", 1, 999, problems) ?? Missing($"{at}.declinesPermille: missing", problems);
        foreach (var key in new[] { "countMax", "amountMax", "currency" })
        {
            if (limit.TryGetProperty(key, out _)) Add(problems, $"{at}.{key}: not where a ratio is counted");
        }
    }

    private static void ReadSubject(string? text, string at, ref LimitTerms terms, List<string> problems)
    {
        terms.Subject = text switch
        {
            "card" => LimitSubject.Card,
            "account" => LimitSubject.Account,
            "merchant" => LimitSubject.Merchant,
            "terminal" => LimitSubject.Terminal,
            "bin" => LimitSubject.Bin,
            _ => 0,
        };
        if (terms.Subject == 0) Add(problems, $"{at}.subject: card, account, merchant, terminal or bin");
    }

    private static void ReadCounts(string? text, string at, ref LimitTerms terms, List<string> problems)
    {
        switch (text)
        {
            case null or "approvals": break;
            case "attempts": terms.Kind = LimitCounts.Attempts; break;
            case "declines": terms.Kind = LimitCounts.Declines; break;
            case "cards": terms.Kind = LimitCounts.Cards; break;
            case "ratio": terms.Kind = LimitCounts.Ratio; break;
            default: Add(problems, $"{at}.counts: approvals, attempts, declines, cards or ratio"); break;
        }
    }

    // "day", "week", "month", "ever", or minutes: "60m".
    private static void ReadWindow(string? text, string at, ref LimitTerms terms, List<string> problems)
    {
        terms.Minutes = text switch { "week" => LimitTerms.Week, "month" => LimitTerms.Month, "ever" => LimitTerms.Life, _ => LimitTerms.Day };
        if (text == "day" || terms.Minutes != LimitTerms.Day) return;
        var good = text is { Length: > 1 } && text[^1] == 'm'
            && int.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out terms.Minutes)
            && terms.Minutes is >= 1 and <= LimitTerms.MinutesMax;
        if (!good) Add(problems, $"{at}.window: day, week, month, ever, or the last minutes, 1m to {LimitTerms.MinutesMax}m");
    }

    // Purchase, cash, cash back, estimates and what is added to them.
    private const uint TakesMoney = 0b11_0000_1110;

    private static void ReadOperations(JsonElement limit, string at, ref LimitTerms terms, List<string> problems) =>
        terms.Operations = (ushort)OperationsOf(limit, at, TakesMoney, problems);

    private static uint OperationsOf(JsonElement owner, string at, uint usual, List<string> problems)
    {
        if (!owner.TryGetProperty("operations", out var list)) return usual;
        var operations = 0U;
        if (list.ValueKind == JsonValueKind.Array)
        {
            foreach (var each in list.EnumerateArray())
            {
                var name = each.ValueKind == JsonValueKind.String ? each.GetString()! : "";
                if (_operations.TryGetValue(name, out var operation)) operations |= 1U << (int)operation;
                else Add(problems, $"{at}.operations: some of {string.Join(", ", _operations.Keys)}");
            }
        }

        if (operations == 0) Add(problems, $"{at}.operations: a list that is not empty");
        return operations;
    }

    internal static string? Text(JsonElement owner, string at, string key, List<string> problems)
    {
        if (owner.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String) return value.GetString();
        if (owner.TryGetProperty(key, out _)) Add(problems, $"{at}.{key}: a text");
        return null;
    }

    private static long? Number(JsonElement owner, string at, string key, long least, long most, List<string> problems)
    {
        if (!owner.TryGetProperty(key, out var value)) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least && number <= most) return number;
        Add(problems, $"{(at.Length > 0 ? at + "." : "")}{key}: {least} to {most}");
        return least;
    }

    private static long Missing(string problem, List<string> problems)
    {
        Add(problems, problem);
        return 0;
    }

    internal static void SetText(string? text, int most, string at, Span<byte> target, List<string> problems)
    {
        var good = text is { Length: > 0 } && text.Length <= most && text.All(letter => letter is >= ' ' and <= '~');
        if (good) Encoding.ASCII.GetBytes(text!, target);
        else Add(problems, $"{at}: 1 to {most} printable characters");
    }

    internal static void Add(List<string> problems, string problem)
    {
        if (problems.Count < ProblemsMax) problems.Add(problem);
    }

    private static string Shown(string text) => new([.. text.Take(40).Select(letter => letter is >= ' ' and <= '~' ? letter : '?')]);
}
