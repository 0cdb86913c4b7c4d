using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Macs;

namespace SunnySwitch.Hsm.Ledger;

/// <summary>The file of a master key inside of a module: its two keys, in blocks that the module alone can open.</summary>
/// <param name="Format">1.</param>
/// <param name="Cipher">An AES key to encrypt data with.</param>
/// <param name="Mac">An AES key to make MACs with.</param>
public sealed record StoredMaster(int Format, string Cipher, string Mac);

/// <summary>
/// The key that wraps data keys, where a module holds it: two AES keys of 256 bits, made inside, at rest in key blocks under the module's master
/// key-encrypting key. Wrapping is CBC under a random vector, then CMAC over use, vector and cipher text:
/// <code>
/// vector 16 | cipher text, filled up as PKCS #7 has it | MAC 16
/// </code>
/// </summary>
public sealed class HsmMasterKey : IMasterKey
{
    private const int Format = 1, BlockBytes = 16, BlockCharactersMax = 1_024, WrappedBytesMax = 1_024;
    private static readonly byte[] _cipherName = "master-cipher"u8.ToArray(), _macName = "master-mac"u8.ToArray();
    private volatile Life _life;

    private HsmMasterKey(IPaymentHsm hsm, HsmKey cipher, HsmKey mac) => _life = new Life(hsm, cipher, mac);

    /// <inheritdoc/>
    public string Check => _life.Mac.CheckValue[..8];

    /// <summary>False when its module has lost it.</summary>
    public bool Works()
    {
        var life = _life;
        return life.Hsm.GenerateMac(new MacSide(life.Mac), _macName, stackalloc byte[BlockBytes]) == HsmResult.Done;
    }

    /// <summary>The same key, in the module as it was opened again.</summary>
    /// <exception cref="InvalidDataException">It is not.</exception>
    public void Reopen(string path, IPaymentHsm hsm, IKeySeal seal)
    {
        var again = Open(path, hsm, seal, mayCreate: false);
        if (again.Check != Check) throw new InvalidDataException($"{path}: another master key than before");
        _life = again._life;
    }

    /// <summary>Reads the file; makes it, and the keys, when <paramref name="mayCreate"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="hsm">The module.</param>
    /// <param name="seal">The module's blocks; it has its master key-encrypting key.</param>
    /// <param name="mayCreate">False where something is wrapped by it already.</param>
    /// <exception cref="InvalidDataException">It is missing or damaged, or the module is another one.</exception>
    public static HsmMasterKey Open(string path, IPaymentHsm hsm, IKeySeal seal, bool mayCreate)
    {
        if (!File.Exists(path))
        {
            if (!mayCreate) throw new InvalidDataException($"{path} is missing, but there are keys wrapped by it: restore it from a backup");
            var cipher = Make(hsm, new KeyAttributes(KeyUsage.Data, KeyAlgorithm.Aes, KeyMode.Both));
            var mac = Make(hsm, new KeyAttributes(KeyUsage.MacCmac, KeyAlgorithm.Aes, KeyMode.GenerateAndVerify));
            var made = new StoredMaster(Format, Seal(seal, cipher, _cipherName), Seal(seal, mac, _macName));
            OwnerFile.Replace(path, JsonSerializer.SerializeToUtf8Bytes(made));
            return new HsmMasterKey(hsm, cipher, mac);
        }

        StoredMaster? stored;
        try
        {
            stored = JsonSerializer.Deserialize<StoredMaster>(OwnerFile.Read(path));
        }
        catch (JsonException)
        {
            stored = null;
        }

        if (stored is not { Format: Format, Cipher: not null, Mac: not null })
            throw new InvalidDataException($"{path}: not a master key of a module; restore it from a backup");
        return new HsmMasterKey(hsm, Open(path, seal, stored.Cipher, _cipherName), Open(path, seal, stored.Mac, _macName));
    }

    /// <inheritdoc/>
    public byte[] Wrap(ReadOnlySpan<byte> key, string use)
    {
        var life = _life;
        var filled = GC.AllocateArray<byte>((key.Length / BlockBytes + 1) * BlockBytes, pinned: true);
        var wrapped = new byte[BlockBytes + filled.Length + BlockBytes];
        try
        {
            filled.AsSpan().Fill((byte)(filled.Length - key.Length));
            key.CopyTo(filled);
            Need(life.Hsm.Random(wrapped.AsSpan(0, BlockBytes)), use);
            Need(life.Hsm.EncryptData(new CipherSide(life.Cipher, BlockMode.Cbc, wrapped.AsSpan(0, BlockBytes)), filled, wrapped.AsSpan(BlockBytes)), use);
            Need(life.Hsm.GenerateMac(new MacSide(life.Mac), Signed(wrapped, use), wrapped.AsSpan(wrapped.Length - BlockBytes)), use);
            return wrapped;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(filled);
        }
    }

    /// <inheritdoc/>
    public byte[] Unwrap(ReadOnlySpan<byte> wrapped, string use)
    {
        if (wrapped.Length < 3 * BlockBytes || wrapped.Length % BlockBytes != 0 || wrapped.Length > WrappedBytesMax)
            throw new InvalidDataException($"{use}: the wrapped key has a wrong length");
        var life = _life;
        if (life.Hsm.VerifyMac(new MacSide(life.Mac), Signed(wrapped, use), wrapped[^BlockBytes..]) is var isRight and not HsmResult.Done)
            throw new InvalidDataException($"{use}: not wrapped by this master key, or damaged ({isRight.Text()})");
        var filled = GC.AllocateArray<byte>(wrapped.Length - 2 * BlockBytes, pinned: true);
        try
        {
            Need(life.Hsm.DecryptData(new CipherSide(life.Cipher, BlockMode.Cbc, wrapped[..BlockBytes]), wrapped[BlockBytes..^BlockBytes], filled), use);
            var fill = filled[^1];
            Must.Hold(fill is > 0 and <= BlockBytes);                      // Its MAC was right.
            var key = GC.AllocateArray<byte>(filled.Length - fill, pinned: true);
            filled.AsSpan(0, key.Length).CopyTo(key);
            return key;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(filled);
        }
    }

    private sealed record Life(IPaymentHsm Hsm, HsmKey Cipher, HsmKey Mac);

    private static byte[] Signed(ReadOnlySpan<byte> wrapped, string use) => [.. Encoding.UTF8.GetBytes(use), 0, .. wrapped[..^BlockBytes]];

    private static void Need(HsmResult result, string what)
    {
        if (result != HsmResult.Done) throw new InvalidDataException($"{what}: {result.Text()}");
    }

    private static HsmKey Make(IPaymentHsm hsm, in KeyAttributes attributes)
    {
        Need(hsm.GenerateKey(in attributes, 256, out var key), "master key");
        return key!;
    }

    private static string Seal(IKeySeal seal, HsmKey key, ReadOnlySpan<byte> name)
    {
        var block = new byte[BlockCharactersMax];
        Need(seal.SealKey(key, name, block, out var characters), "master key");
        return Encoding.ASCII.GetString(block, 0, characters);
    }

    private static HsmKey Open(string path, IKeySeal seal, string block, ReadOnlySpan<byte> name)
    {
        Need(seal.OpenKey(Encoding.ASCII.GetBytes(block), name, out var key), path);
        return key!;
    }
}
