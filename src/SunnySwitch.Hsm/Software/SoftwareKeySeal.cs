using System.Security.Cryptography;
using SunnySwitch.Hsm.Blocks;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Ledger;

namespace SunnySwitch.Hsm.Software;

/// <summary>The software module's key blocks for a ledger: under 32 random bytes that an <see cref="IMasterKey"/> wraps.</summary>
public sealed class SoftwareKeySeal(SoftwareHsm hsm, IMasterKey master) : IKeySeal, IDisposable
{
    private const int MasterBytes = 32, NameMax = 64, KeyBytesMax = 64, OptionalMax = 96, BlockCharacters = 16;
    private const string Use = "key block master";
    private KeyMaterial? _master;

    /// <inheritdoc/>
    public string MasterCheck => _master?.Handle.CheckValue ?? "";

    /// <inheritdoc/>
    public byte[] MakeMaster()
    {
        var key = GC.AllocateArray<byte>(MasterBytes, pinned: true);
        RandomNumberGenerator.Fill(key);
        try
        {
            Hold(key);
            return master.Wrap(key, Use);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <inheritdoc/>
    public void TakeMaster(ReadOnlySpan<byte> found)
    {
        var key = master.Unwrap(found, Use);
        try
        {
            if (key.Length != MasterBytes) throw new InvalidDataException($"{Use}: {key.Length} bytes");
            Hold(key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <inheritdoc/>
    public HsmResult SealKey(HsmKey key, ReadOnlySpan<byte> name, Span<byte> block, out int characters)
    {
        characters = 0;
        if (_master is null || name.Length is 0 or > NameMax) return HsmResult.BadInput;
        if (!hsm.TryHeld(key, out var material)) return HsmResult.UnknownKey;
        Span<byte> optional = stackalloc byte[OptionalMax];
        var length = WriteOptional(optional, name, isHmac: key.Attributes.Algorithm == KeyAlgorithm.Hmac, out var count);
        var needed = KeyBlock.Characters(isAesKek: true, material.Bytes.Length, length);
        if (block.Length < needed) return HsmResult.TargetTooShort;
        KeyBlock.Wrap(_master, material.Bytes, key.Attributes, optional[..length], count, block[..needed]);
        characters = needed;
        return HsmResult.Done;
    }

    /// <inheritdoc/>
    public HsmResult OpenKey(ReadOnlySpan<byte> block, ReadOnlySpan<byte> name, out HsmKey? key)
    {
        key = null;
        if (_master is null) return HsmResult.BadInput;
        Span<byte> clear = stackalloc byte[KeyBytesMax];
        try
        {
            var result = KeyBlock.Unwrap(_master, block, takesVariants: false, clear, out var bytes, out var header);
            if (result != HsmResult.Done) return result;
            if (!header.Optional("LB"u8).SequenceEqual(name)) return HsmResult.KeyBlockMac;
            return hsm.Take(header.Attributes, clear[..bytes], out key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(clear);
        }
    }

    /// <summary>Wipes the master key-encrypting key.</summary>
    public void Dispose() => _master?.Wipe();

    private void Hold(ReadOnlySpan<byte> key)
    {
        _master?.Wipe();
        var attributes = new KeyAttributes(KeyUsage.KeyBlockProtection, KeyAlgorithm.Aes, KeyMode.Both);
        _master = new KeyMaterial(new HsmKey(attributes, MasterBytes * 8, KeyChecks.CheckValue(KeyAlgorithm.Aes, key)), key);
    }

    // LB is the label (X9.143 table 9), HM an HMAC key's hash, PB fills up to whole cipher blocks.
    private static int WriteOptional(Span<byte> target, ReadOnlySpan<byte> name, bool isHmac, out int count)
    {
        target.Fill((byte)'0');
        "LB"u8.CopyTo(target);
        WriteHex(target[2..], 4 + name.Length);
        name.CopyTo(target[4..]);
        (var length, count) = (4 + name.Length, 1);
        if (isHmac)
        {
            "HM0621"u8.CopyTo(target[length..]);
            (length, count) = (length + 6, count + 1);
        }

        var fill = (BlockCharacters - length % BlockCharacters) % BlockCharacters;
        if (fill == 0) return length;
        if (fill < 4) fill += BlockCharacters;
        "PB"u8.CopyTo(target[length..]);
        WriteHex(target[(length + 2)..], fill);
        count++;
        return length + fill;
    }

    private static void WriteHex(Span<byte> target, int value) =>
        (target[0], target[1]) = ("0123456789ABCDEF"u8[value >> 4], "0123456789ABCDEF"u8[value & 0xF]);
}
