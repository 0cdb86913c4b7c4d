using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Meaning;

namespace SunnySwitch.Protocol.Text;

/// <summary>
/// What people may see of a value: PCI DSS 3.4.1 (first six and last four digits of a PAN) and 3.3.1 (no track, PIN,
/// card verification value or chip data). Fails closed: what cannot be judged is hidden.
/// </summary>
/// <remarks>
/// Fields of private or national use are hidden whole, because the standard does not say what they hold and card
/// verification values travel in them. Every other text is searched for digits that look like a PAN.
/// </remarks>
internal static class Masking
{
    private const int PanDigitsMin = 13;
    private const int PanDigitsMax = 19;
    private const int BrokenDigitsMin = 12;
    private const int HeadShown = 6;
    private const int TailShown = 4;
    private const int HiddenShownMax = 16;

    private enum Rule
    {
        Search,
        Show,
        Pan,
        Track2,
        Account,
        Hide,
    }

    /// <summary>The masked form of a field's value as <see cref="MessageText"/> shows it.</summary>
    public static string Mask(in FieldPlan plan, int field, string value) =>
        Apply(plan.Mask is MaskRule.Unsaid or MaskRule.Search ? RuleOf(plan.Type, field, value) : RuleOf(plan.Mask), value);

    /// <summary>The masked form of a part's value. What neither the dialect nor EMV says may be seen is hidden.</summary>
    public static string MaskPart(in PartReader part, string value)
    {
        var rule = part.Plan.Mask;
        if (rule == MaskRule.Unsaid && part.Kind == CompositionKind.BerTlv && EmvTags.TryFind(part.Key, out var tag)) rule = tag.Mask;
        var isBytes = part.Plan.Type == FieldType.Binary;
        if (rule == MaskRule.Search && isBytes && HoldsSpelledPan(part.Content)) rule = MaskRule.Hide;
        if (rule == MaskRule.Pan && isBytes) value = value.TrimEnd('F');   // Packed left, padded right.
        return Apply(RuleOf(rule), value);
    }

    // A card number may hide in bytes as text, in either alphabet.
    private static bool HoldsSpelledPan(ReadOnlySpan<byte> bytes)
    {
        var ascii = new char[bytes.Length];
        var ebcdic = new char[bytes.Length];
        for (var index = 0; index < bytes.Length; index++)
        {
            ascii[index] = (char)bytes[index];
            ebcdic[index] = (char)Ebcdic.Character(FieldEncoding.Ebcdic1047, bytes[index]);
        }

        var (first, second) = (new string(ascii), new string(ebcdic));
        return Search(first) != first || Search(second) != second;
    }

    /// <summary>
    /// In a message that does not decode, fields may be shifted and hold a stretch of a card number: of twelve digits or more
    /// in a row the middle is hidden, whatever they seem to be.
    /// </summary>
    public static string MaskBroken(string masked)
    {
        var letters = masked.ToCharArray();
        for (var start = 0; start < letters.Length;)
        {
            var end = start;
            while (end < letters.Length && char.IsAsciiDigit(letters[end])) end++;
            if (end - start >= BrokenDigitsMin) letters.AsSpan(start + HeadShown, end - start - HeadShown - TailShown).Fill('*');
            start = end + 1;
        }

        return new string(letters);
    }

    private static Rule RuleOf(MaskRule rule) => rule switch
    {
        MaskRule.Search => Rule.Search,
        MaskRule.Pan => Rule.Pan,
        MaskRule.Track2 => Rule.Track2,
        _ => Rule.Hide,
    };

    private static string Apply(Rule rule, string value) => rule switch
    {
        Rule.Show => value,
        Rule.Pan => Pan(value),
        Rule.Track2 => Track2(value),
        Rule.Account => Account(value),
        Rule.Search => Search(value),
        _ => Stars(Math.Min(value.Length, HiddenShownMax)),
    };

    private static Rule RuleOf(FieldType type, int field, string value) => field switch
    {
        2 => Rule.Pan,
        35 => Rule.Track2,
        34 or 36 or 45 or (>= 46 and <= 48) or 52 or 53 or (>= 55 and <= 63) or 96 or (>= 105 and <= 127) => Rule.Hide,
        64 or 128 when type == FieldType.Binary => Rule.Show,
        102 or 103 => Rule.Account,
        90 when IsOriginalData(value) => Rule.Show,
        95 when IsReplacementAmounts(value) => Rule.Show,
        _ when type is FieldType.Binary or FieldType.Track => Rule.Hide,
        _ => Rule.Search,
    };

    private static string Pan(string digits) =>
        digits.Length is >= PanDigitsMin and <= PanDigitsMax
            ? digits[..HeadShown] + Stars(digits.Length - HeadShown - TailShown) + digits[^TailShown..]
            : Stars(digits.Length);

    // PAN masked, then nothing: expiry, service code and discretionary data would remake the stripe.
    private static string Track2(string value)
    {
        var separator = value.AsSpan().IndexOfAny('=', 'D');
        return separator < 0 ? Stars(value.Length) : Pan(value[..separator]) + value[separator] + "****";
    }

    private static string Account(string value) =>
        value.Length > 2 * TailShown ? Stars(value.Length - TailShown) + value[^TailShown..] : Stars(value.Length);

    // DE90: MTI, trace number, MMDDhhmmss, two institutions. Digits in a row, but no PAN if the date is one.
    private static bool IsOriginalData(string value)
    {
        if (value.Length != 42) return false;
        int Two(int at) => (value[at] - '0') * 10 + value[at + 1] - '0';
        foreach (var letter in value)
        {
            if (!char.IsAsciiDigit(letter)) return false;
        }

        var isMti = value[0] <= '2' && value[1] is >= '1' and <= '8' && value[2] <= '4' && value[3] <= '5';
        return isMti && Two(10) is >= 1 and <= 12 && Two(12) is >= 1 and <= 31 && Two(14) < 24 && Two(16) < 60 && Two(18) < 60;
    }

    // DE95: two amounts of 12 digits, two fees of a sign and 8 digits. Digits in a row, but no PAN.
    private static bool IsReplacementAmounts(string value)
    {
        if (value.Length != 42) return false;
        for (var index = 0; index < value.Length; index++)
        {
            var good = index is 24 or 33 ? value[index] is 'C' or 'D' : char.IsAsciiDigit(value[index]);
            if (!good) return false;
        }

        return true;
    }

    private static string Search(string value)
    {
        char[]? masked = null;
        for (var start = 0; start < value.Length;)
        {
            var end = RunEnd(value, start, out var digits);
            if (digits >= PanDigitsMin && HoldsPan(value.AsSpan(start, end - start)))
            {
                masked ??= value.ToCharArray();
                HideMiddle(masked.AsSpan(start, end - start), digits);
                // What follows a track separator belongs to the track.
                if (end < value.Length && value[end] is '=' or 'D' or '^') masked.AsSpan(end + 1).Fill('*');
            }

            start = Math.Max(end, start + 1);
        }

        return masked is null ? value : new string(masked);
    }

    // A run of digits; a single space, hyphen, dot or slash between two digits does not end it.
    private static int RunEnd(string value, int start, out int digits)
    {
        digits = 0;
        var index = start;
        while (index < value.Length)
        {
            if (char.IsAsciiDigit(value[index])) digits++;
            else if (digits == 0 || !IsJoint(value, index)) break;
            index++;
        }

        return index;
    }

    private static bool IsJoint(string value, int index) =>
        value[index] is ' ' or '-' or '.' or '/'
        && index + 1 < value.Length && char.IsAsciiDigit(value[index + 1]) && char.IsAsciiDigit(value[index - 1]);

    private static bool HoldsPan(ReadOnlySpan<char> run)
    {
        var digits = new List<int>(run.Length);
        foreach (var letter in run)
        {
            if (char.IsAsciiDigit(letter)) digits.Add(letter - '0');
        }

        for (var start = 0; start + PanDigitsMin <= digits.Count; start++)
        {
            if (digits[start] == 0) continue;   // No card number begins so; amounts do.
            for (var length = PanDigitsMin; length <= PanDigitsMax && start + length <= digits.Count; length++)
            {
                if (IsLuhn(digits, start, length)) return true;
            }
        }

        return false;
    }

    private static bool IsLuhn(List<int> digits, int start, int length)
    {
        int sum = 0, any = 0;
        for (var place = 0; place < length; place++)
        {
            var digit = digits[start + length - 1 - place];
            any |= digit;
            var doubled = digit * 2;
            sum += (place & 1) == 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
        }

        return any != 0 && sum % 10 == 0;   // All zeros is padding, not a card.
    }

    private static void HideMiddle(Span<char> run, int digits)
    {
        var place = 0;
        foreach (ref var letter in run)
        {
            if (!char.IsAsciiDigit(letter)) continue;
            if (place >= HeadShown && place < digits - TailShown) letter = '*';
            place++;
        }
    }

    private static string Stars(int count) => new('*', count);
}
