using SunnySwitch.Admin;
using SunnySwitch.Host.Options;
using SunnySwitch.Links;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Host.Serving;

/// <summary>
/// Reads the dialect files again while links speak them. A new version is compiled beside the old one; messages that are
/// under way end on the version they began with. One wrong file, and every link goes on as before.
/// </summary>
internal sealed class DialectReload(IReadOnlyList<Link> links, IReadOnlyList<LinkOptions> options, Action<string> say)
{
    private readonly Lock _one = new();

    /// <summary>Reads every file; what changed, or every problem of every file.</summary>
    public DialectsReloaded Run()
    {
        lock (_one)
        {
            var problems = new List<string>();
            var compiled = new Dictionary<string, Dialect>();
            foreach (var name in options.Select(link => link.Dialect).Distinct())
            {
                if (!DialectCatalogue.TryLoad(name, out var dialect, problems)) continue;
                compiled[name] = dialect;
                problems.AddRange(LinkFactory.Problems(dialect));
            }

            if (problems.Count > 0)
            {
                foreach (var problem in problems) say($"dialects: not reloaded: {problem}");
                return new DialectsReloaded([], problems);
            }

            var changes = new List<DialectChange>();
            foreach (var (link, option) in links.Zip(options))
            {
                var (before, after) = (link.Profile.Dialect, compiled[option.Dialect]);
                if (before.Version == after.Version) continue;
                link.Speak(after);
                changes.Add(new DialectChange(link.Name, after.Name, before.Version.ToString("X8", null), after.Version.ToString("X8", null)));
                say($"dialects: link {link.Name} speaks {after.Name} {after.Version:X8}, {before.Version:X8} before");
            }

            return new DialectsReloaded(changes, []);
        }
    }
}
