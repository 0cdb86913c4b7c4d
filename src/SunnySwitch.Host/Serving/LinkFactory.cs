using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Host.Options;
using SunnySwitch.Links;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;

namespace SunnySwitch.Host.Serving;

/// <summary>Turns link options into links: dialects compiled, framings named, acquirers packed.</summary>
internal static class LinkFactory
{
    private const int DeadlineMillisecondsDefault = 10_000;
    private const ulong PinZoneDomain = 0x5020;

    private static readonly (int Field, int Units)[] DigitsOfAll =
    [
        (2, 19), (11, 12), (14, 4), (19, 3), (23, 3), (32, 11), (33, 11),
    ];

    private static readonly (int Field, int Units)[] Digits1987 =
    [
        (4, 12), (7, 10), (11, 6), (12, 6), (13, 4), (15, 4), (18, 4), (22, 4), (25, 2), (70, 3), (90, 42),
    ];

    private static readonly (int Field, int Units)[] Digits1993 = [(4, 12), (11, 6), (12, 12), (15, 6), (24, 3), (25, 4), (26, 4), (56, 35)];

    private static readonly (int Field, int Units)[] Digits2003 = [(4, 16), (12, 14), (15, 8), (24, 3), (25, 4), (26, 4), (56, 43)];

    /// <exception cref="OptionsException">A dialect is missing or wrong: every problem of every link.</exception>
    public static IReadOnlyList<Link> Make(SwitchOptions options)
    {
        var problems = new List<string>();
        var dialects = new Dictionary<string, Dialect>();
        foreach (var link in options.Links)
        {
            if (!dialects.ContainsKey(link.Dialect) && DialectCatalogue.TryLoad(link.Dialect, out var dialect, problems))
            {
                dialects[link.Dialect] = dialect;
                problems.AddRange(Problems(dialect));
            }

            var name = dialects.TryGetValue(link.Dialect, out var known) ? FramingOf(link, known) : link.Framing ?? "be16";
            var hasMac = link.Security?.MacKey is null || known is null || (IsMac(known, 64) && IsMac(known, 128));
            if (!hasMac) problems.Add($"{link.Name}.security.macKey: dialect {known!.Name} has no fields 64 and 128 of 4 to 16 bytes");
            if (Framing.TryParse(name, link.Limits.FrameBytesMax, out var problem) is null) problems.Add($"{link.Name}.framing: {problem}");
        }

        if (problems.Count > 0) throw new OptionsException(problems);
        return [.. options.Links.Select((link, index) => Make(link, index, dialects[link.Dialect], options.Hsm is not null))];
    }

    /// <summary>What the switch itself reads and sets has a shape that the dialect must give it.</summary>
    internal static IEnumerable<string> Problems(Dialect dialect)
    {
        var ofEdition = dialect.Standard switch { 1993 => Digits1993, 2003 => Digits2003, _ => Digits1987 };
        foreach (var (field, units) in DigitsOfAll.Concat(ofEdition))
        {
            if (dialect.TypeOf(field) != FieldType.Digits || dialect.UnitsMax(field) > units)
            {
                yield return $"dialect {dialect.Name}: field {field} has to be at most {units} digits (type n)";
            }
        }

        foreach (var (field, units) in ((int, int)[])[(37, 12), (38, 6), (41, 16), (42, 35)])
        {
            if (dialect.TypeOf(field) != FieldType.Text || dialect.UnitsMax(field) > units)
            {
                yield return $"dialect {dialect.Name}: field {field} has to be at most {units} characters (type an)";
            }
        }

        if (dialect.TypeOf(38) == FieldType.Text && (!dialect.IsFixed(38) || dialect.UnitsMax(38) != 6))
        {
            yield return $"dialect {dialect.Name}: field 38 has to be 6 characters of fixed length (type an)";
        }

        if (dialect.TypeOf(3) is not (FieldType.Digits or FieldType.Text) || dialect.UnitsMax(3) != 6)
        {
            yield return $"dialect {dialect.Name}: field 3 has to be 6 digits or characters (type n or an)";
        }

        if (dialect.Standard != 2003 && (dialect.TypeOf(49) is not (FieldType.Text or FieldType.Digits) || dialect.UnitsMax(49) != 3))
        {
            yield return $"dialect {dialect.Name}: field 49 has to be a currency of three digits (type an or n)";
        }

        if (!dialect.IsFixed(39) || dialect.UnitsMax(39) > 4 || (dialect.UnitsMax(39) != 2 && !dialect.ResponseCodes.ContainsKey("*")))
        {
            yield return $"dialect {dialect.Name}: field 39 has to be two characters, or up to four and response_codes with a *";
        }

        if (dialect.TypeOf(35) != FieldType.Track || dialect.UnitsMax(35) > 37)
        {
            yield return $"dialect {dialect.Name}: field 35 has to be track data of at most 37 characters (type z)";
        }

        if (dialect.Standard != 1987) yield break;
        if (dialect.UnitsMax(90) != 42) yield return $"dialect {dialect.Name}: field 90 has to be 42 digits";
        if (dialect.TypeOf(95) != FieldType.Text || !dialect.IsFixed(95) || dialect.UnitsMax(95) != 42)
        {
            yield return $"dialect {dialect.Name}: field 95 has to be 42 characters of fixed length (type an)";
        }
    }

    private static bool IsMac(Dialect dialect, int field) =>
        dialect.TypeOf(field) == FieldType.Binary && dialect.IsFixed(field) && dialect.UnitsMax(field) is >= 4 and <= 16;

    private static string FramingOf(LinkOptions link, Dialect dialect) => link.Framing ?? dialect.Framing ?? "be16";

    private static Link Make(LinkOptions link, int index, Dialect dialect, bool isVerified)
    {
        var framing = Framing.Of(FramingOf(link, dialect), link.Limits.FrameBytesMax);
        var keepAlives = (link.KeepAlive ?? dialect.KeepAlive) switch
        {
            "answer" => KeepAlivePolicy.Answer,
            "ignore" => KeepAlivePolicy.Ignore,
            _ => KeepAlivePolicy.Refuse,
        };
        var usual = dialect.AnswerSeconds > 0 ? dialect.AnswerSeconds * 1_000 : DeadlineMillisecondsDefault;
        var deadline = link.Limits.DeadlineMilliseconds ?? usual;
        var profile = new LinkProfile(TermsOf(link, index, dialect), dialect, framing, deadline * 1_000_000L, keepAlives, isVerified);
        return new Link(index, profile, link.Port, link.Limits);
    }

    /// <summary>What the kernel has to know of a link.</summary>
    internal static LinkTerms TermsOf(LinkOptions link, int index, Dialect dialect)
    {
        var acquirers = link.Acquirers.Select(id => InstitutionId.Of(ulong.Parse(id), id.Length)).ToArray();
        var quiet = dialect.CutOverSeconds < 0 ? -1 : dialect.CutOverSeconds * Instant.NanosPerSecond;
        var zone = ZoneOf(link.Security?.PinKey);
        return new LinkTerms((uint)index + 1, link.Name, link.SignOnRequired, acquirers, link.Security?.MacKey is not null, quiet, zone);
    }

    // By the key's label, which its versions have in common: durable, in frames and state.
    private static uint ZoneOf(string? pinKey)
    {
        if (pinKey is null) return 0;
        var mix = new Mix(PinZoneDomain);
        foreach (var letter in pinKey) mix.Add(letter, 0);
        return (uint)mix.Finish64();
    }
}
