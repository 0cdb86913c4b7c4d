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
    private static readonly (int Field, int Units)[] FixedText = [(37, 12), (38, 6), (39, 2), (41, 8), (42, 15), (49, 3), (95, 42)];

    private static readonly (int Field, int Units)[] Digits =
    [
        (2, 19), (3, 6), (4, 12), (7, 10), (11, 6), (12, 6), (13, 4), (14, 4), (15, 4), (18, 4), (19, 3), (22, 3),
        (25, 2), (32, 11), (33, 11), (70, 3), (90, 42),
    ];

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
        }

        if (problems.Count > 0) throw new OptionsException(problems);
        return [.. options.Links.Select((link, index) => Make(link, index, dialects[link.Dialect]))];
    }

    /// <summary>What the switch itself reads and sets has a shape that the dialect must give it.</summary>
    private static IEnumerable<string> Problems(Dialect dialect)
    {
        foreach (var (field, units) in FixedText)
        {
            if (dialect.TypeOf(field) != FieldType.Text || !dialect.IsFixed(field) || dialect.UnitsMax(field) != units)
            {
                yield return $"dialect {dialect.Name}: field {field} has to be {units} characters of fixed length (type an)";
            }
            else if (dialect.IsEbcdic(field))
            {
                yield return $"dialect {dialect.Name}: field {field} is EBCDIC, which links do not speak yet";
            }
        }

        foreach (var (field, units) in Digits)
        {
            if (dialect.TypeOf(field) != FieldType.Digits || dialect.UnitsMax(field) > units)
            {
                yield return $"dialect {dialect.Name}: field {field} has to be at most {units} digits (type n)";
            }
        }

        if (dialect.TypeOf(35) != FieldType.Track || dialect.UnitsMax(35) > 37)
        {
            yield return $"dialect {dialect.Name}: field 35 has to be track data of at most 37 characters (type z)";
        }

        if (dialect.UnitsMax(90) != 42) yield return $"dialect {dialect.Name}: field 90 has to be 42 digits";
    }

    private static Link Make(LinkOptions link, int index, Dialect dialect)
    {
        var kind = link.Framing switch { "ascii4" => FramingKind.Ascii4, "bcd2" => FramingKind.Bcd2, _ => FramingKind.Binary2 };
        var acquirers = link.Acquirers.Select(id => InstitutionId.Of(ulong.Parse(id), id.Length)).ToArray();
        var profile = new LinkProfile(
            new LinkTerms((uint)index + 1, link.Name, link.SignOnRequired, acquirers), dialect, new Framing(kind, link.Limits.FrameBytesMax),
            link.Limits.DeadlineMilliseconds * 1_000_000L);
        return new Link(index, profile, link.Port, link.Limits);
    }
}
