using System.Globalization;
using System.Text.Json;
using SunnySwitch.Core.Domain;
using SunnySwitch.Protocol.Meaning;

namespace SunnySwitch.Admin;

/// <summary>
/// Conversion rates as a file: <c>{"rates": NAME, "of": [{"from": "EUR", "to": "USD", "rate": "1.0834"}]}</c>, with comments; schema
/// <c>config/schema/rates.json</c>. Every problem is listed, and then nothing is taken.
/// </summary>
public static class RatesFile
{
    private const int DecimalsMax = 9, SignificantMax = 7;
    private static readonly string[] _rootKeys = ["$schema", "rates", "of"];
    private static readonly string[] _keys = ["from", "to", "rate"];

    /// <summary>Reads a file; the rates are meant only without problems.</summary>
    public static RateSet Read(ReadOnlyMemory<byte> json, out IReadOnlyList<string> problems)
    {
        var found = new List<string>();
        problems = found;
        var set = default(RateSet);
        if (!RulesFile.TryParse(json, found, out var document)) return set;
        using (document)
        {
            ReadRoot(document.RootElement, ref set, found);
        }

        return set;
    }

    private static void ReadRoot(JsonElement root, ref RateSet set, List<string> problems)
    {
        if (!RulesFile.IsObject(root, "the file", _rootKeys, problems)) return;
        RulesFile.SetText(RulesFile.Text(root, "the file", "rates", problems), RulesFile.NameMax, "rates", set.Name, problems);
        if (!root.TryGetProperty("of", out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() is 0 or > RateSet.RatesMax)
        {
            RulesFile.Add(problems, $"of: a list of 1 to {RateSet.RatesMax}");
            return;
        }

        var all = new SortedDictionary<uint, RateTerms>();
        var index = 0;
        foreach (var entry in list.EnumerateArray())
        {
            var at = $"of.{index++}";
            if (ReadRate(entry, at, problems) is not { } terms) continue;
            if (!all.TryAdd(RateSet.Order(terms.From, terms.To), terms)) RulesFile.Add(problems, $"{at}: given twice");
        }

        foreach (var terms in all.Values) set.Rates[set.Count++] = terms;
    }

    private static RateTerms? ReadRate(JsonElement entry, string at, List<string> problems)
    {
        if (!RulesFile.IsObject(entry, at, _keys, problems)) return null;
        var from = CurrencyOf(entry, at, "from", problems);
        var to = CurrencyOf(entry, at, "to", problems);
        if (from != 0 && from == to) RulesFile.Add(problems, $"{at}.to: another currency than from");
        var text = RulesFile.Text(entry, at, "rate", problems);
        if (text is null || !TryRead(text, out var rate))
        {
            RulesFile.Add(problems, $"{at}.rate: a decimal number as a text, up to seven digits without leading zeros, {DecimalsMax} decimals at most");
            return null;
        }

        return from == 0 || to == 0 || from == to ? null : new RateTerms { From = from, To = to, Rate = rate };
    }

    private static ushort CurrencyOf(JsonElement entry, string at, string key, List<string> problems)
    {
        if (RulesFile.Text(entry, at, key, problems) is { } code && Currencies.TryFind(code, out var currency)) return (ushort)currency.Number;
        RulesFile.Add(problems, $"{at}.{key}: a currency of ISO 4217, such as EUR or 978");
        return 0;
    }

    /// <summary>Reads 1.0834 as seven digits and a number of decimals.</summary>
    public static bool TryRead(string text, out Rate rate)
    {
        rate = default;
        var point = text.IndexOf('.', StringComparison.Ordinal);
        var decimals = point < 0 ? 0 : text.Length - point - 1;
        var digits = point < 0 ? text : text.Remove(point, 1);
        var isNumber = digits.Length > 0 && digits.All(char.IsAsciiDigit) && decimals <= DecimalsMax && point != 0 && (point < 0 || decimals > 0);
        if (!isNumber || digits.TrimStart('0').Length is 0 or > SignificantMax) return false;
        rate = Rate.Of(uint.Parse(digits.TrimStart('0'), CultureInfo.InvariantCulture), decimals);
        return true;
    }

    /// <summary>Writes a rate as <see cref="TryRead"/> reads it.</summary>
    public static string Text(Rate rate)
    {
        var digits = rate.Digits.ToString(CultureInfo.InvariantCulture).PadLeft(rate.Decimals + 1, '0');
        return rate.Decimals == 0 ? digits : $"{digits[..^rate.Decimals]}.{digits[^rate.Decimals..]}";
    }
}
