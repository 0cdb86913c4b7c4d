namespace SunnySwitch.Admin;

/// <summary>What a custodian says of the component that comes with it.</summary>
/// <param name="Label">The key's label.</param>
/// <param name="Usage">Two characters of X9.143.</param>
/// <param name="Algorithm">T, A or H.</param>
/// <param name="Bits">Length of the key.</param>
/// <param name="Part">Which part this is, from 1.</param>
/// <param name="Of">Parts in all: two or three.</param>
/// <param name="Operator">The custodian.</param>
/// <param name="Mode">One character of X9.143; without it, the widest of the usage.</param>
/// <param name="Exportability">E, S or N; without it, N.</param>
/// <param name="Next">It is to be the next version of a label that is there.</param>
/// <param name="Expires">Day by which it is to be changed, YYYY-MM-DD.</param>
public sealed record ComponentTold(
    string? Label, string? Usage, string? Algorithm, int Bits, int Part, int Of, string? Operator, string? Mode = null, string? Exportability = null,
    bool Next = false, string? Expires = null);

/// <summary>A key to be made at random.</summary>
public sealed record KeyToGenerate(
    string? Label, string? Usage, string? Algorithm, int Bits, string? Operator, string? Second, string? Mode = null, string? Exportability = null,
    bool Next = false, string? Expires = null);

/// <summary>A key that comes in a key block; the other party's check value, if it was told.</summary>
public sealed record KeyToImport(
    string? Label, string? Kek, string? Block, string? Operator, string? Second, string? CheckValue = null, bool Next = false, string? Expires = null);

/// <summary>A key that is to leave in a key block; the current version, unless another is named.</summary>
public sealed record KeyToExport(string? Label, string? Kek, string? Operator, string? Second, long Version = 0);

/// <summary>A next version, made like the current one; or, to activate, the next becomes current.</summary>
public sealed record KeyToRotate(string? Label, string? Operator, string? Second, bool Activate = false, string? Expires = null);

/// <summary>A version that ends. The current one only when it is compromised.</summary>
public sealed record KeyToRetire(string? Label, long Version, string? Operator, string? Second, bool Compromised = false);

/// <summary>A version of a key: all that may be shown of it.</summary>
/// <param name="Label">Its label.</param>
/// <param name="Version">From 1.</param>
/// <param name="Usage">Two characters of X9.143.</param>
/// <param name="Mode">One.</param>
/// <param name="Algorithm">T, A or H and the bits: T128.</param>
/// <param name="Exportability">E, S or N.</param>
/// <param name="CheckValue">Key check value.</param>
/// <param name="State">next, current, previous or retired.</param>
/// <param name="Made">Business date on which it came.</param>
/// <param name="Since">Business date of its state.</param>
/// <param name="Expires">Day by which it is to be changed; empty: none was said.</param>
/// <param name="Uses">Uses, at least: what was counted in the last minute before a crash is not in it.</param>
/// <param name="Custodians">Who brought it in.</param>
/// <param name="Published">Where it is published; empty: it is not known.</param>
public sealed record KeyLine(
    string Label, long Version, string Usage, string Mode, string Algorithm, string Exportability, string CheckValue, string State, string Made,
    string Since, string Expires, long Uses, string Custodians, string Published);

/// <summary>A label whose parts are missing.</summary>
public sealed record KeyWaiting(string Label, int Missing);

/// <summary>All keys, and those whose parts are missing.</summary>
public sealed record KeyInventory(IReadOnlyList<KeyLine> Keys, IReadOnlyList<KeyWaiting> Waiting);

/// <summary>What was done.</summary>
/// <param name="Key">The key; null while parts are missing.</param>
/// <param name="Component">Check value of the component that was taken; empty otherwise.</param>
/// <param name="Missing">Parts that are still to come.</param>
/// <param name="Block">The key block that leaves; empty otherwise.</param>
/// <param name="Replaced">The version that is previous from now on; 0: none.</param>
public sealed record KeyDone(KeyLine? Key, string Component = "", int Missing = 0, string Block = "", long Replaced = 0);

/// <summary>Why a ceremony goes no further.</summary>
public enum KeyRefusal
{
#pragma warning disable CS1591
    WrongInput, NotNow, DiskFull,
#pragma warning restore CS1591
}

/// <summary>A ceremony that goes no further, in words.</summary>
public sealed class KeyRefusedException(KeyRefusal refusal, params IReadOnlyList<string> problems) : Exception(string.Join("; ", problems))
{
    /// <summary>Of which sort.</summary>
    public KeyRefusal Refusal => refusal;

    /// <summary>In words, for the operator.</summary>
    public IReadOnlyList<string> Problems => problems;
}

/// <summary>The ceremonies of keys, by whoever has the module. All throw <see cref="KeyRefusedException"/> where they go no further.</summary>
public interface IKeyCeremony
{
    /// <summary>Takes a component; makes the key when it was the last one.</summary>
    Task<KeyDone> Enter(ComponentTold told, ReadOnlyMemory<byte> component);

    /// <summary>Makes a random key.</summary>
    Task<KeyDone> Generate(KeyToGenerate wanted);

    /// <summary>Takes a key from a key block.</summary>
    Task<KeyDone> Import(KeyToImport wanted);

    /// <summary>Gives a key away in a key block.</summary>
    Task<KeyDone> Export(KeyToExport wanted);

    /// <summary>Makes the next version, or puts it into use.</summary>
    Task<KeyDone> Rotate(KeyToRotate wanted);

    /// <summary>Ends a version.</summary>
    Task<KeyDone> Retire(KeyToRetire wanted);

    /// <summary>All keys.</summary>
    Task<KeyInventory> Inventory();
}
