using System.Buffers;
using System.Globalization;
using System.Text.Json;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Admin;

/// <content>How long authorizations hold, and what holds for categories, products and countries.</content>
public static partial class RulesFile
{
    private const int HoldDaysMax = 365, TolerancePermilleMax = 1_000;
    private const uint BinMax = 999_999;

    private static readonly string[] _authorizationKeys = ["holdDays", "preAuthorizationDays"];

    private static readonly string[] _categoryKeys =
        ["category", "to", "holdDays", "preAuthorizationDays", "tolerancePermille", "refused", "unlinkedRefunds"];

    private static readonly string[] _hotKeys = ["bin", "to", "merchant", "terminal", "acquirer", "reason", "from", "until", "region"];

    private static readonly string[] _productKeys =
        ["name", "bin", "to", "operations", "partialApproval", "refuseFallback", "homeCountry", "refuseOtherAddress",
            "pin", "cryptogram", "cardCode", "counterJump", "authentication", "refuseTvr", "refuseCvr", "cvrAt"];

    private static void ReadTerms(JsonElement root, ref RuleSet rules, List<string> problems)
    {
        if (root.TryGetProperty("authorizations", out var terms) && IsObject(terms, "authorizations", _authorizationKeys, problems))
        {
            rules.HoldDays = Days(terms, "authorizations", "holdDays", problems);
            rules.PreAuthorizationDays = Days(terms, "authorizations", "preAuthorizationDays", problems);
        }

        if (!Flag(root, "", "unlinkedRefunds", true, problems)) rules.Flags |= RuleFlags.NoUnlinkedRefunds;
        ReadAcceptors(root, ref rules, problems);
        rules.PinTriesMax = (byte)(Number(root, "", "pinTries", 1, 9, problems) ?? 0);
        foreach (var (category, at) in Each(root, "categories", RuleSet.CategoriesMax, problems))
        {
            ReadCategory(category, at, ref rules.Categories[rules.CategoryCount++], problems);
        }

        foreach (var (product, at) in Each(root, "products", RuleSet.ProductsMax, problems))
        {
            if (product.ValueKind == JsonValueKind.Object)
            {
                ReadNeeds(product, at, ref rules, problems);
                ReadChip(product, at, ref rules.Chips[rules.ProductCount], problems);
            }

            ReadProduct(product, at, ref rules.Products[rules.ProductCount++], problems);
        }

        foreach (var (hot, at) in Each(root, "hot", RuleSet.HotMax, problems)) ReadHot(hot, at, ref rules.Hot[rules.HotCount++], problems);
        if (root.TryGetProperty("countries", out var countries)) ReadCountries(countries, ref rules, problems);
    }

    // A bit for each product, at its place.
    private static void ReadNeeds(JsonElement product, string at, ref RuleSet rules, List<string> problems)
    {
        var bit = (ushort)(1 << rules.ProductCount);
        if (Flag(product, at, "refuseOtherAddress", false, problems)) rules.AddressNeeded |= bit;
        if (Flag(product, at, "cryptogram", false, problems)) rules.CryptogramNeeded |= bit;
        if (Flag(product, at, "cardCode", false, problems)) rules.CardCodeNeeded |= bit;
        if (Number(product, at, "counterJump", 0, RuleSet.CounterJumpMax, problems) is { } jump) rules.SetCounterJump(rules.ProductCount, (int)jump);
        switch (Text(product, at, "authentication", problems))
        {
            case null or "never": break;
            case "claimed": rules.AuthenticationClaimed |= bit; break;
            case "always": rules.AuthenticationAlways |= bit; break;
            default: Add(problems, $"{at}.authentication: never, claimed or always"); break;
        }

        switch (Text(product, at, "pin", problems))
        {
            case null or "never": break;
            case "cash": rules.PinForCash |= bit; break;
            case "always": rules.PinAlways |= bit; break;
            default: Add(problems, $"{at}.pin: never, cash or always"); break;
        }
    }

    // Bits of EMV: what terminal (tag 95) and chip (tag 9F10) found, and the product refuses.
    private static void ReadChip(JsonElement product, string at, ref ChipTerms chip, List<string> problems)
    {
        Hex(product, at, "refuseTvr", chip.Terminal, Bytes5.Count, problems);
        var bytes = Hex(product, at, "refuseCvr", chip.Chip, 1, problems);
        chip.ChipAt = (byte)(Number(product, at, "cvrAt", 1, Bytes8.Count, problems) ?? 0);
        if (bytes > 0 != chip.ChipAt > 0) Add(problems, $"{at}: refuseCvr and cvrAt, both or none of them");
        else if (chip.ChipAt + bytes - 1 > Bytes8.Count) Add(problems, $"{at}.refuseCvr: within the first {Bytes8.Count} bytes of tag 9F10, from cvrAt on");
    }

    private static int Hex(JsonElement owner, string at, string key, Span<byte> target, int bytesMin, List<string> problems)
    {
        if (!owner.TryGetProperty(key, out var value)) return 0;
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        var isHex = Convert.FromHexString(text, target, out _, out var bytes) == OperationStatus.Done && bytes >= bytesMin;
        if (!isHex) Add(problems, $"{at}.{key}: {(bytesMin == target.Length ? "" : $"{bytesMin} to ")}{target.Length} bytes in hex, as a text");
        return isHex ? bytes : 0;
    }

    // Without it, any merchant and terminal will do.
    private static void ReadAcceptors(JsonElement root, ref RuleSet rules, List<string> problems)
    {
        if (!root.TryGetProperty("acceptors", out var acceptors)) return;
        switch (acceptors.ValueKind == JsonValueKind.String ? acceptors.GetString() : null)
        {
            case "any": break;
            case "merchants": rules.Flags |= RuleFlags.MerchantsAreRegistered; break;
            case "terminals": rules.Flags |= RuleFlags.TerminalsAreRegistered; break;
            default: Add(problems, "acceptors: any, merchants or terminals have to be in the register"); break;
        }
    }

    private static void ReadCategory(JsonElement category, string at, ref CategoryTerms terms, List<string> problems)
    {
        if (!IsObject(category, at, _categoryKeys, problems)) return;
        terms.From = (ushort)(Digits(category, at, "category", 4, problems) ?? Missing($"{at}.category: missing", problems));
        terms.To = (ushort)(Digits(category, at, "to", 4, problems) ?? terms.From);
        if (terms.To < terms.From) Add(problems, $"{at}.to: not below category");
        terms.HoldDays = Days(category, at, "holdDays", problems);
        terms.PreAuthorizationDays = Days(category, at, "preAuthorizationDays", problems);
        terms.TolerancePermille = (ushort)(Number(category, at, "tolerancePermille", 0, TolerancePermilleMax, problems) ?? 0);
        if (Flag(category, at, "refused", false, problems)) terms.Flags |= CategoryFlags.Refused;
        if (Flag(category, at, "unlinkedRefunds", false, problems)) terms.Flags |= CategoryFlags.UnlinkedRefunds;
    }

    private static void ReadProduct(JsonElement product, string at, ref ProductTerms terms, List<string> problems)
    {
        if (!IsObject(product, at, _productKeys, problems)) return;
        SetText(Text(product, at, "name", problems), NameMax, $"{at}.name", terms.Name, problems);
        terms.BinFrom = (uint)(Digits(product, at, "bin", 6, problems) ?? Missing($"{at}.bin: missing", problems));
        terms.BinTo = (uint)(Digits(product, at, "to", 6, problems) ?? terms.BinFrom);
        if (terms.BinTo < terms.BinFrom || terms.BinTo > BinMax) Add(problems, $"{at}.to: not below bin");
        terms.Operations = OperationsOf(product, at, uint.MaxValue, problems);
        terms.PartialApproval = Flag(product, at, "partialApproval", true, problems) ? (byte)1 : (byte)0;
        terms.RefuseFallback = Flag(product, at, "refuseFallback", false, problems) ? (byte)1 : (byte)0;
        terms.HomeCountry = (ushort)(Digits(product, at, "homeCountry", 3, problems) ?? 0);
    }

    private static void ReadHot(JsonElement hot, string at, ref HotTerms terms, List<string> problems)
    {
        if (!IsObject(hot, at, _hotKeys, problems)) return;
        terms.From = Day(hot, at, "from", problems);
        terms.To = Day(hot, at, "until", problems);
        if (terms.To != 0 && terms.To < terms.From) Add(problems, $"{at}.until: not before from");
        terms.Region = (ushort)(Digits(hot, at, "region", 3, problems) ?? 0);
        if (terms.Region != 0 && !Regions.IsKnown(terms.Region)) Add(problems, $"{at}.region: no country or region of UN M49");
        string[] subjects = ["bin", "merchant", "terminal"];
        var id = Text(hot, at, "merchant", problems) ?? Text(hot, at, "terminal", problems);
        if (subjects.Count(subject => hot.TryGetProperty(subject, out _)) != 1) Add(problems, $"{at}: bin, merchant or terminal, one of them");
        if (id is null)
        {
            terms.Subject = HotSubject.Bin;
            terms.BinFrom = (uint)(Digits(hot, at, "bin", 6, problems) ?? 0);
            terms.BinTo = (uint)(Digits(hot, at, "to", 6, problems) ?? terms.BinFrom);
            if (terms.BinTo < terms.BinFrom) Add(problems, $"{at}.to: not below bin");
            terms.Reason = Text(hot, at, "reason", problems) switch
            {
                "lost" => HotReason.Lost,
                "stolen" => HotReason.Stolen,
                "pickUp" => HotReason.PickUp,
                "restricted" => HotReason.Restricted,
                _ => HotReason.None,
            };
            if (terms.Reason == HotReason.None) Add(problems, $"{at}.reason: lost, stolen, pickUp or restricted");
            return;
        }

        terms.Subject = hot.TryGetProperty("merchant", out _) ? HotSubject.Merchant : HotSubject.Terminal;
        SetText(id, NameMax, $"{at}.{(terms.Subject == HotSubject.Merchant ? "merchant" : "terminal")}", terms.Id, problems);
        var acquirer = Text(hot, at, "acquirer", problems);
        var isAcquirer = acquirer is { Length: > 0 and <= 11 } && ulong.TryParse(acquirer, NumberStyles.None, CultureInfo.InvariantCulture, out terms.Acquirer);
        if (!isAcquirer) Add(problems, $"{at}.acquirer: up to eleven digits, as a text");
    }

    private static ushort Day(JsonElement owner, string at, string key, List<string> problems)
    {
        if (Dates.Of(Text(owner, at, key, problems)) is { } day) return (ushort)day;
        Add(problems, $"{at}.{key}: a date as 2026-12-31");
        return 0;
    }

    private static void ReadCountries(JsonElement countries, ref RuleSet rules, List<string> problems)
    {
        string[] keys = ["allowed", "refused"];
        if (!IsObject(countries, "countries", keys, problems)) return;
        var isAllowed = countries.TryGetProperty("allowed", out var list);
        var isRefused = countries.TryGetProperty("refused", out var refused);
        if (isAllowed == isRefused)
        {
            Add(problems, "countries: allowed or refused, one of them");
            return;
        }

        if (isAllowed) rules.Flags |= RuleFlags.CountriesAreAllowed;
        else list = refused;
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() is 0 or > RuleSet.CountriesMax)
        {
            Add(problems, $"countries: a list of 1 to {RuleSet.CountriesMax}");
            return;
        }

        foreach (var each in list.EnumerateArray())
        {
            var number = DigitsOf(each, 3);
            if (number is > 0) rules.Countries[rules.CountryCount++] = (ushort)number;
            else Add(problems, $"countries: three digits each, ISO 3166");
        }
    }

    private static IEnumerable<(JsonElement Element, string At)> Each(JsonElement root, string key, int most, List<string> problems)
    {
        if (!root.TryGetProperty(key, out var list)) yield break;
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > most)
        {
            Add(problems, $"{key}: a list, {most} at most");
            yield break;
        }

        var index = 0;
        foreach (var element in list.EnumerateArray()) yield return (element, $"{key}.{index++}");
    }

    internal static bool IsObject(JsonElement element, string at, string[] keys, List<string> problems)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            Add(problems, $"{at}: an object");
            return false;
        }

        foreach (var entry in element.EnumerateObject())
        {
            if (keys.Contains(entry.Name, StringComparer.Ordinal)) continue;
            Add(problems, $"{at}.{Shown(entry.Name)}: no such key; there are {string.Join(", ", keys)}");
        }

        return true;
    }

    private static ushort Days(JsonElement owner, string at, string key, List<string> problems) =>
        (ushort)(Number(owner, at, key, 1, HoldDaysMax, problems) ?? 0);

    private static bool Flag(JsonElement owner, string at, string key, bool usual, List<string> problems)
    {
        if (!owner.TryGetProperty(key, out var value)) return usual;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        Add(problems, $"{(at.Length > 0 ? at + "." : "")}{key}: true or false");
        return usual;
    }

    private static long? Digits(JsonElement owner, string at, string key, int count, List<string> problems)
    {
        if (!owner.TryGetProperty(key, out var value)) return null;
        if (DigitsOf(value, count) is { } number) return number;
        Add(problems, $"{at}.{key}: {count} digits, as a text");
        return 0;
    }

    private static int? DigitsOf(JsonElement value, int count)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        return text.Length == count && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
