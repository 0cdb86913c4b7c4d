using System.Diagnostics.CodeAnalysis;
using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm.Ledger;

/// <summary>The ledger, and test keys from a file for the labels that it does not have. Not for production.</summary>
/// <param name="ledger">Asked first: what a ceremony brought in counts.</param>
/// <param name="file">Asked for the rest.</param>
public sealed class TestKeyRing(IKeyRing ledger, KeyFile file) : IKeyRing
{
    /// <inheritdoc/>
    public int Generation => ledger.Generation;

    /// <inheritdoc/>
    public bool TryCatchUp() => ledger.TryCatchUp();

    /// <inheritdoc/>
    public bool TryCurrent(string label, [NotNullWhen(true)] out HsmKey? key) =>
        ledger.TryCurrent(label, out key) || file.TryCurrent(label, out key);

    /// <inheritdoc/>
    public bool TryPrevious(string label, [NotNullWhen(true)] out HsmKey? key) =>
        ledger.TryPrevious(label, out key);

    /// <inheritdoc/>
    public void Used(HsmKey key) => ledger.Used(key);
}
