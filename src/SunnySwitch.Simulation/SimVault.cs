using SunnySwitch.Core.Domain;

namespace SunnySwitch.Simulation;

/// <summary>The production vault, and a record of every nonce over all lives of the node: none may come twice under one key.</summary>
internal sealed class SimVault : IPanVault, IDisposable
{
    private readonly AesGcmPanVault _vault = new();
    private readonly HashSet<(uint DataKey, uint Epoch, long Sequence)> _nonces = [];

    public uint CurrentKey => _vault.CurrentKey;

    public void Add(ReadOnlySpan<byte> key) => _vault.Add(key);

    public SealedPan Seal(ReadOnlySpan<byte> panBlock, PanToken pan, ulong epoch, long sequence)
    {
        var made = _vault.Seal(panBlock, pan, epoch, sequence);
        Ledger.Check(
            _nonces.Add((made.DataKey, made.Epoch, made.Sequence)), "I12", $"nonce {made.Epoch}, {made.Sequence} comes twice under data key {made.DataKey}");
        return made;
    }

    public bool TryOpen(in SealedPan sealedPan, PanToken pan, Span<byte> panBlock) => _vault.TryOpen(in sealedPan, pan, panBlock);

    public void Dispose() => _vault.Dispose();
}
