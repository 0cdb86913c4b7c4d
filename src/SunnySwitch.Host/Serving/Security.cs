using SunnySwitch.Host.Options;
using SunnySwitch.Hsm;
using SunnySwitch.Hsm.Desk;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Ledger;
using SunnySwitch.Hsm.Software;

namespace SunnySwitch.Host.Serving;

/// <summary>The HSM of a running switch: module, keys, and the desk that the kernel asks.</summary>
internal sealed class Security : IDisposable
{
    private readonly IPaymentHsm _hsm;

    private Security(IPaymentHsm hsm, PaymentDesk desk) => (_hsm, Desk) = (hsm, desk);

    /// <summary>What the kernel asks.</summary>
    public PaymentDesk Desk { get; }

    /// <summary>Null where nothing is configured.</summary>
    /// <exception cref="OptionsException">A file of keys that is not there or wrong, or a label that no key has.</exception>
    public static Security? Open(SwitchOptions options, string? config, Action<string> say)
    {
        if (options.Hsm is not { } wanted) return null;
        var hsm = new SoftwareHsm();
        var ring = Keys(hsm, wanted, config);
        var links = options.Links.Select((link, index) => link.Security?.Keys((uint)index + 1)).OfType<LinkKeys>().ToList();
        var products = wanted.Products.Select(product => product.Keys()).ToList();
        var missing = links.SelectMany(link => new[] { link.PinKey, link.MacKey })
            .Concat(products.SelectMany(product => new[] { product.PinKey, product.CardCodeKey, product.CryptogramKey }))
            .OfType<string>().Distinct().Where(label => !ring.TryCurrent(label, out _)).Order(StringComparer.Ordinal).ToList();
        if (missing.Count > 0) throw new OptionsException([.. missing.Select(label => $"hsm: no key has the label {label}")]);
        say($"hsm: {hsm.Name} module, keys and PINs in the memory of this process: for development and tests only");
        foreach (var (label, key) in (ring as KeyFile)?.Keys ?? new Dictionary<string, HsmKey>())
        {
            say($"key {label}: {key}, from a file in clear");
        }

        return new Security(hsm, new PaymentDesk(hsm, ring, links, products));
    }

    /// <inheritdoc/>
    public void Dispose() => _hsm.Dispose();

    private static KeyFile Keys(SoftwareHsm hsm, HsmOptions wanted, string? config)
    {
        if (wanted.TestKeys is null) return KeyFile.Read(hsm, "{\"keys\":[]}"u8.ToArray());
        var path = config is null ? wanted.TestKeys : Path.Combine(Path.GetDirectoryName(Path.GetFullPath(config))!, wanted.TestKeys);
        try
        {
            return KeyFile.Read(hsm, File.ReadAllBytes(path));
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new OptionsException([$"hsm.testKeys: {path}: {broken.Message}"]);
        }
    }
}
