using SunnySwitch.Host.Options;
using SunnySwitch.Hsm.Desk;
using SunnySwitch.Hsm.Ledger;

namespace SunnySwitch.Host.Serving;

/// <summary>The desk that the kernel asks, over the module and the keys of the ledger.</summary>
internal static class Security
{
    /// <summary>Null where nothing is configured.</summary>
    /// <exception cref="OptionsException">A file of test keys that is not there or wrong, or, with one, a label that no key has.</exception>
    public static PaymentDesk? Open(SwitchOptions options, KeyLedger ledger, string? config, Action<string> say)
    {
        if (options.Hsm is not { } wanted) return null;
        IKeyRing ring = wanted.TestKeys is null ? ledger : WithTestKeys(ledger, wanted.TestKeys, config, say);
        var links = options.Links.Select((link, index) => link.Security?.Keys((uint)index + 1)).OfType<LinkKeys>().ToList();
        var products = wanted.Products.Select(product => product.Keys()).ToList();
        var missing = links.SelectMany(link => new[] { link.PinKey, link.MacKey })
            .Concat(products.SelectMany(product => new[] { product.PinKey, product.CardCodeKey, product.CryptogramKey }))
            .OfType<string>().Distinct().Where(label => !ring.TryCurrent(label, out _)).Order(StringComparer.Ordinal)
            .Select(label => $"hsm: no key has the label {label}").ToList();
        if (missing.Count > 0 && wanted.TestKeys is not null) throw new OptionsException(missing);
        // Ceremonies are held with a switch that runs: the first start of all has no keys yet.
        foreach (var each in missing) say($"WARNING: {each} yet: what needs it is declined until sunny key brings it in");
        return new PaymentDesk(ledger.Hsm, ring, links, products);
    }

    private static TestKeyRing WithTestKeys(KeyLedger ledger, string file, string? config, Action<string> say)
    {
        var path = config is null ? file : Path.Combine(Path.GetDirectoryName(Path.GetFullPath(config))!, file);
        try
        {
            var keys = KeyFile.Read(ledger.Hsm, File.ReadAllBytes(path));
            foreach (var (label, key) in keys.Keys) say($"key {label}: {key}, from a file in clear");
            return new TestKeyRing(ledger, keys);
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new OptionsException([$"hsm.testKeys: {path}: {broken.Message}"]);
        }
    }
}
