using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm.Ledger;

/// <summary>
/// What a module does for a ledger: key blocks (X9.143 version D) under a master key-encrypting key of its own, which hold also keys that
/// may never leave, and open in this module only. A token keeps that key inside; the software module has it wrapped by an
/// <see cref="IMasterKey"/>.
/// </summary>
public interface IKeySeal
{
    /// <summary>Check value of the master key-encrypting key; empty before there is one.</summary>
    string MasterCheck { get; }

    /// <summary>Makes that key. What comes back finds it again, and is no secret: the wrapped key, or its name in the token.</summary>
    byte[] MakeMaster();

    /// <summary>Finds it again.</summary>
    /// <exception cref="InvalidDataException">It is not there, or another's.</exception>
    void TakeMaster(ReadOnlySpan<byte> found);

    /// <summary>Writes a block of a held key; the name, ASCII, is authenticated with it.</summary>
    HsmResult SealKey(HsmKey key, ReadOnlySpan<byte> name, Span<byte> block, out int characters);

    /// <summary>Takes a key from a block that was sealed under that very name.</summary>
    HsmResult OpenKey(ReadOnlySpan<byte> block, ReadOnlySpan<byte> name, out HsmKey? key);
}
