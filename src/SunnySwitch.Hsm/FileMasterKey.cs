using System.Security.Cryptography;
using System.Text;

namespace SunnySwitch.Hsm;

/// <summary>
/// The embedded default: 32 random bytes in a file of mode 0600. Whoever has the folder has the keys; a bank puts a token
/// behind <see cref="IMasterKey"/> instead. Wrapping is AES-256-GCM: nonce 12, ciphertext, tag 16.
/// </summary>
public sealed class FileMasterKey : IMasterKey, IDisposable
{
    private const int KeyBytes = 32, NonceBytes = 12, TagBytes = 16;
    private readonly AesGcm _key;

    private FileMasterKey(byte[] key)
    {
        _key = new AesGcm(key, TagBytes);
        Check = Convert.ToHexString(HMACSHA256.HashData(key, "SunnySwitch key check"u8)[..4]);
        CryptographicOperations.ZeroMemory(key);
    }

    /// <inheritdoc/>
    public string Check { get; }

    /// <summary>Reads the file; makes it when <paramref name="mayCreate"/>.</summary>
    /// <exception cref="InvalidDataException">It is missing or damaged.</exception>
    public static FileMasterKey Open(string path, bool mayCreate)
    {
        if (!File.Exists(path))
        {
            if (!mayCreate) throw new InvalidDataException($"{path} is missing, but there are keys wrapped by it: restore it from a backup");
            Span<byte> made = stackalloc byte[KeyBytes];
            RandomNumberGenerator.Fill(made);
            OwnerFile.Replace(path, made);
            CryptographicOperations.ZeroMemory(made);
        }

        var key = OwnerFile.Read(path);
        if (key.Length != KeyBytes) throw new InvalidDataException($"{path}: {KeyBytes} bytes are expected, are {key.Length}; restore it from a backup");
        return new FileMasterKey(key);
    }

    /// <inheritdoc/>
    public byte[] Wrap(ReadOnlySpan<byte> key, string use)
    {
        var wrapped = new byte[NonceBytes + key.Length + TagBytes];
        RandomNumberGenerator.Fill(wrapped.AsSpan(0, NonceBytes));
        _key.Encrypt(
            wrapped.AsSpan(0, NonceBytes), key, wrapped.AsSpan(NonceBytes, key.Length), wrapped.AsSpan(NonceBytes + key.Length),
            Encoding.UTF8.GetBytes(use));
        return wrapped;
    }

    /// <inheritdoc/>
    public byte[] Unwrap(ReadOnlySpan<byte> wrapped, string use)
    {
        if (wrapped.Length <= NonceBytes + TagBytes) throw new InvalidDataException($"{use}: the wrapped key is too short");
        var key = GC.AllocateArray<byte>(wrapped.Length - NonceBytes - TagBytes, pinned: true);
        try
        {
            _key.Decrypt(wrapped[..NonceBytes], wrapped[NonceBytes..^TagBytes], wrapped[^TagBytes..], key, Encoding.UTF8.GetBytes(use));
            return key;
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new InvalidDataException($"{use}: not wrapped by master key {Check}, or damaged; restore both from the same backup");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}
