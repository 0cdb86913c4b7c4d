namespace SunnySwitch.Hsm;

/// <summary>What every module takes.</summary>
public abstract record HsmModuleOptions
{
    /// <summary>Most keys at a time. More are <see cref="HsmResult.ModuleFailed"/>.</summary>
    public int KeysMax { get; init; } = 16_384;

    /// <summary>
    /// Key blocks of versions A and C may be imported (never exported): only to migrate from a party that has no others (PCI PIN
    /// 18-3). Not by a token.
    /// </summary>
    public bool TakesVariantBlocks { get; init; }

    /// <summary>Keys that are published are refused, as in production.</summary>
    public bool RefusesPublishedKeys { get; init; }

    /// <summary>
    /// Parity and weakness are not checked: published examples use such keys. For vectors only, and so not to be had from
    /// outside.
    /// </summary>
    internal bool TakesAnyKey { get; init; }
}
