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
    /// <exception cref="OptionsException">A dialect is missing or wrong: every problem of every link.</exception>
    public static IReadOnlyList<Link> Make(SwitchOptions options)
    {
        var problems = new List<string>();
        var dialects = new Dictionary<string, Dialect>();
        foreach (var link in options.Links)
        {
            if (!dialects.ContainsKey(link.Dialect) && DialectCatalogue.TryLoad(link.Dialect, out var dialect, problems)) dialects[link.Dialect] = dialect;
        }

        if (problems.Count > 0) throw new OptionsException(problems);
        return [.. options.Links.Select((link, index) => Make(link, index, dialects[link.Dialect]))];
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
