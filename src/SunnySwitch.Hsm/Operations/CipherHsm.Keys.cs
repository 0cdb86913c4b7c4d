using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using SunnySwitch.Hsm.Blocks;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Dukpt;
using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm.Operations;

/// <content>How keys come in, are made, and leave.</content>
public abstract partial class CipherHsm
{
    private const int KeyBytesMax = 64;

    /// <inheritdoc/>
    public HsmResult FormKey(
        in KeyAttributes attributes, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, out HsmKey? key)
    {
        key = null;
        if (first.Length is 0 or > KeyBytesMax || first.Length != second.Length) return HsmResult.KeyLength;
        if (!third.IsEmpty && first.Length != third.Length) return HsmResult.KeyLength;
        Span<byte> sum = stackalloc byte[KeyBytesMax];
        try
        {
            sum = sum[..first.Length];
            for (var index = 0; index < sum.Length; index++) sum[index] = (byte)(first[index] ^ second[index] ^ (third.IsEmpty ? 0 : third[index]));
            return Take(in attributes, sum, out key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(sum);
        }
    }

    /// <inheritdoc/>
    public HsmResult CheckComponent(KeyAlgorithm algorithm, ReadOnlySpan<byte> component, out string checkValue)
    {
        checkValue = "";
        if (!IsAlgorithm(algorithm)) return HsmResult.KeyAlgorithm;
        var result = KeyChecks.Check(algorithm, component);
        // A component is random: only its length has to be right.
        if (result is HsmResult.KeyLength or HsmResult.KeyAlgorithm) return result;
        checkValue = KeyChecks.CheckValue(algorithm, component);
        return HsmResult.Done;
    }

    /// <inheritdoc/>
    public HsmResult GenerateKey(in KeyAttributes attributes, int bits, out HsmKey? key)
    {
        key = null;
        if (bits is < 8 or > KeyBytesMax * 8 || bits % 8 != 0) return HsmResult.KeyLength;
        Span<byte> made = stackalloc byte[KeyBytesMax];
        try
        {
            made = made[..(bits / 8)];
            HsmResult result;
            do
            {
                RandomNumberGenerator.Fill(made);
                if (attributes.Algorithm == KeyAlgorithm.Tdea) KeyChecks.SetOddParity(made);
                result = Acceptable(in attributes, made);
                if (result == HsmResult.Done) result = HoldRandom(in attributes, bits) is { } held ? Add(held, out key) : Store(in attributes, made, out key);
            }
            while (result is HsmResult.KeyWeak or HsmResult.KeyPublished);     // The latter by a check value's chance.

            return result;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(made);
        }
    }

    /// <inheritdoc/>
    public HsmResult ImportKeyBlock(HsmKey kek, ReadOnlySpan<byte> block, out HsmKey? key)
    {
        key = null;
        var result = TryUse(kek, KeyTask.Unwrap, out var protection);
        if (result != HsmResult.Done) return result;
        Span<byte> clear = stackalloc byte[KeyBytesMax];
        try
        {
            result = KeyBlock.Unwrap(Reached(protection), block, _options.TakesVariantBlocks, clear, out var bytes, out var header);
            if (result != HsmResult.Done) return result;
            result = Possible(header.Attributes, bytes);
            if (result != HsmResult.Done) return result;
            if (KeyRules.Strength(header.Attributes.Algorithm, bytes) > protection.Strength) return HsmResult.KekTooWeak;
            // X9.143 7.3.6: an HMAC key says its hash; 21 is SHA-256.
            if (header.Attributes.Algorithm == KeyAlgorithm.Hmac && !header.Optional("HM"u8).SequenceEqual("21"u8)) return HsmResult.KeyAlgorithm;
            return Take(header.Attributes, clear[..bytes], out key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(clear);
        }
    }

    /// <inheritdoc/>
    public HsmResult ExportKeyBlock(HsmKey kek, HsmKey key, Span<byte> block, out int characters)
    {
        characters = 0;
        var result = TryUse(kek, KeyTask.Wrap, out var protection);
        if (result != HsmResult.Done) return result;
        if (TryUse(key, KeyTask.Wrap, out var material) == HsmResult.UnknownKey) return HsmResult.UnknownKey;
        if (key.Attributes.Exportability == KeyExportability.Never) return HsmResult.KeyNotExportable;
        if (material.Strength > protection.Strength) return HsmResult.KekTooWeak;
        // HM with its two characters, then a padding block up to 16 characters.
        var optional = key.Attributes.Algorithm == KeyAlgorithm.Hmac ? "HM0621PB0A000000"u8 : default;
        var length = KeyBlock.Characters(protection.IsAes, material.Length, optional.Length);
        if (block.Length < length) return HsmResult.TargetTooShort;
        Span<byte> room = stackalloc byte[KeyBytesMax];
        try
        {
            KeyBlock.Wrap(Reached(protection), Clear(material, room), key.Attributes, optional, optional.IsEmpty ? 0 : 2, block[..length]);
            characters = length;
            return HsmResult.Done;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(room);
        }
    }

    /// <inheritdoc/>
    public HsmResult DeriveInitialKey(HsmKey baseKey, ReadOnlySpan<byte> serial, out HsmKey? key)
    {
        key = null;
        var result = TryUse(baseKey, KeyTask.DeriveInitialKey, out var material);
        if (result != HsmResult.Done) return result;
        if (serial.Length != (material.IsAes ? 8 : DukptCounter.TdesKsnBytes)) return HsmResult.KsnMalformed;
        var algorithm = material.Handle.Attributes.Algorithm;
        var attributes = new KeyAttributes(KeyUsage.InitialDukpt, algorithm, KeyMode.Derive, KeyExportability.Exportable);
        if (HoldInitial(in attributes, material, serial) is { } held) return Add(held, out key);
        Span<byte> made = stackalloc byte[DukptAes.KeyBytesMax];
        var pair = default(DukptTdes.Key);
        var room = default(KeySchedule);
        try
        {
            // A TDEA device key is of two parts, whatever the base key is.
            made = made[..(material.IsAes ? material.Length : 16)];
            ref readonly var schedule = ref Opened(material, ref room);
            if (material.IsAes) DukptAes.Initial(in schedule, serial, made);
            else DukptTdes.Initial(in schedule, material.Bytes, serial, ref pair);
            if (!material.IsAes) pair.CopyTo(made);
            return Store(in attributes, made, out key);
        }
        finally
        {
            pair.Wipe();
            CryptographicOperations.ZeroMemory(made);
        }
    }

    /// <inheritdoc/>
    public HsmResult RemoveKey(HsmKey key)
    {
        if (Keys.Remove(key) is not { } removed) return HsmResult.UnknownKey;
        OnRemoved(removed);
        return HsmResult.Done;
    }

    /// <summary>The material of a held key, for the ledger's blocks; whatever the key may be used for.</summary>
    internal bool TryHeld(HsmKey key, out KeyMaterial material) => TryUse(key, KeyTask.None, out material) != HsmResult.UnknownKey;

    /// <summary>Takes a clear key that came from inside: checked like any other.</summary>
    internal HsmResult Take(in KeyAttributes attributes, ReadOnlySpan<byte> key, out HsmKey? handle)
    {
        handle = null;
        var result = Acceptable(in attributes, key);
        return result == HsmResult.Done ? Store(in attributes, key, out handle) : result;
    }

    /// <summary>Gives a key that the module holds its place and its handle away.</summary>
    private protected HsmResult Add(KeyMaterial held, out HsmKey? handle)
    {
        handle = null;
        var isPublished = _options.RefusesPublishedKeys && PublishedKeys.NameOf(held.Handle) is not null;
        if (isPublished || !Keys.TryAdd(held))
        {
            held.Wipe();
            OnRemoved(held);
            return isPublished ? HsmResult.KeyPublished : HsmResult.ModuleFailed;
        }

        handle = held.Handle;
        return HsmResult.Done;
    }

    private HsmResult Acceptable(in KeyAttributes attributes, ReadOnlySpan<byte> key)
    {
        var result = Possible(in attributes, key.Length);
        if (result != HsmResult.Done) return result;
        result = KeyChecks.Check(attributes.Algorithm, key);
        // What is derived for a device has no parity to speak of: X9.24-1 uses it as it comes.
        if (result == HsmResult.KeyParity && attributes.Usage == KeyUsage.InitialDukpt) result = HsmResult.Done;
        return result is HsmResult.KeyParity or HsmResult.KeyWeak && _options.TakesAnyKey ? HsmResult.Done : result;
    }

    /// <summary>Whether there can be a key like this, before anything is done with it.</summary>
    private protected static HsmResult Possible(in KeyAttributes attributes, int keyBytes)
    {
        if (!IsAlgorithm(attributes.Algorithm)) return HsmResult.KeyAlgorithm;
        var isExportability = attributes.Exportability is KeyExportability.Exportable or KeyExportability.Never or KeyExportability.Sensitive;
        if (!isExportability) return HsmResult.KeyMode;
        if (keyBytes > KeyBytesMax) return HsmResult.KeyLength;
        var isVersion = attributes.Version is { Length: 2 } version && char.IsAsciiLetterOrDigit(version[0]) && char.IsAsciiLetterOrDigit(version[1]);
        return isVersion ? KeyRules.CheckPossible(in attributes) : HsmResult.BadInput;
    }

    private static bool IsAlgorithm(KeyAlgorithm algorithm) => algorithm is KeyAlgorithm.Tdea or KeyAlgorithm.Aes or KeyAlgorithm.Hmac;

    private HsmResult Store(in KeyAttributes attributes, ReadOnlySpan<byte> key, out HsmKey? handle) =>
        Add(Hold(new HsmKey(attributes, key.Length * 8, KeyChecks.CheckValue(attributes.Algorithm, key)), key), out handle);

    // As the module reaches it now.
    private KeyMaterial Reached(KeyMaterial key)
    {
        var room = default(KeySchedule);
        ref readonly var opened = ref Opened(key, ref room);
        return Unsafe.AreSame(in opened, in key.Schedule) ? key : new KeyMaterial(key.Handle, in opened);
    }
}
