namespace SunnySwitch.Core.Domain;

/// <summary>Seals and opens PANs at rest. The data keys are the host's to keep; see the Hsm room.</summary>
public interface IPanVault
{
    /// <summary>Number of the data key that new ciphertexts are made with, from 1. May rise at any moment.</summary>
    uint CurrentKey { get; }

    /// <summary>Seals a PAN under the current key.</summary>
    /// <param name="panBlock">As <see cref="PanBlock.Write"/> made it.</param>
    /// <param name="pan">The card's token.</param>
    /// <param name="epoch">The open epoch.</param>
    /// <param name="sequence">Sequence of the frame that will hold the ciphertext.</param>
    SealedPan Seal(ReadOnlySpan<byte> panBlock, PanToken pan, ulong epoch, long sequence);

    /// <summary>Opens a ciphertext; false when its key is missing or it does not belong to that token.</summary>
    bool TryOpen(in SealedPan sealedPan, PanToken pan, Span<byte> panBlock);
}
