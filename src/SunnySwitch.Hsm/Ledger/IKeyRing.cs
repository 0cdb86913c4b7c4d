using System.Diagnostics.CodeAnalysis;
using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm.Ledger;

/// <summary>
/// The keys in use, by label. What is made is made with the current one; what is checked is checked with the current one, and where that
/// fails with the previous one, as long as there is one: so a change of a key declines nothing. Any thread, without a lock.
/// </summary>
public interface IKeyRing
{
    /// <summary>Rises with every change: handles may be kept as long as it stays.</summary>
    int Generation { get; }

    /// <summary>Takes in what changed since; false: that cannot be done now, and what the ring says may be wrong.</summary>
    bool TryCatchUp() => true;

    /// <summary>The current version of a key; false, and nothing, when there is none.</summary>
    bool TryCurrent(string label, [NotNullWhen(true)] out HsmKey? key);

    /// <summary>The version before it, while both count; false, and nothing, when there is none.</summary>
    bool TryPrevious(string label, [NotNullWhen(true)] out HsmKey? key);

    /// <summary>Counts a use of a key that came from here.</summary>
    void Used(HsmKey key)
    {
    }
}
