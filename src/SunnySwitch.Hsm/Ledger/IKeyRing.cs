using System.Diagnostics.CodeAnalysis;
using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm.Ledger;

/// <summary>Keys by label, as they are now. Lock-free to read, from any thread.</summary>
public interface IKeyRing
{
    /// <summary>Rises with every change: until then, what was found stays.</summary>
    int Generation { get; }

    /// <summary>The key that is used now.</summary>
    bool TryCurrent(string label, [NotNullWhen(true)] out HsmKey? key);

    /// <summary>The one before, as long as it is still taken.</summary>
    bool TryPrevious(string label, [NotNullWhen(true)] out HsmKey? key);
}
