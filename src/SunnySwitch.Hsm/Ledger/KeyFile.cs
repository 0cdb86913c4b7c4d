using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm.Ledger;

/// <summary>
/// Keys from a file in clear: published test keys, for load tests and demonstrations. Not for production, where keys come in by a
/// ceremony.
/// </summary>
public sealed class KeyFile : IKeyRing
{
    private const int KeyBytesMax = 64;
    private readonly Dictionary<string, HsmKey> _keys = new(StringComparer.Ordinal);

    private KeyFile()
    {
    }

    /// <inheritdoc/>
    public int Generation => 1;

    /// <summary>Labels and keys.</summary>
    public IReadOnlyDictionary<string, HsmKey> Keys => _keys;

    /// <summary>
    /// Reads <c>{"keys":[{"label":"zpk","usage":"P0","algorithm":"T","key":"hex"}]}</c> into a module; usages and algorithms are those of X9.143.
    /// </summary>
    /// <param name="hsm">Where the keys go.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">Something is wrong with it: which key, and what.</exception>
    public static KeyFile Read(IPaymentHsm hsm, string path)
    {
        var file = new KeyFile();
        var json = OwnerFile.ReadPinned(path);
        try
        {
            var options = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
            // Reads where the bytes lie: the keys become no strings.
            using var document = JsonDocument.Parse(json, options);
            foreach (var entry in document.RootElement.GetProperty("keys").EnumerateArray()) file.Add(hsm, entry);
        }
        catch (Exception broken) when (broken is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException("a list of keys, each with label, usage, algorithm and the key in hex");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(json);
        }

        return file;
    }

    /// <inheritdoc/>
    public bool TryCurrent(string label, [NotNullWhen(true)] out HsmKey? key) => _keys.TryGetValue(label, out key);

    /// <inheritdoc/>
    public bool TryPrevious(string label, [NotNullWhen(true)] out HsmKey? key)
    {
        key = null;
        return false;
    }

    private void Add(IPaymentHsm hsm, JsonElement entry)
    {
        var label = entry.GetProperty("label").GetString()!;
        var usage = entry.GetProperty("usage").GetString()!;
        var algorithm = entry.GetProperty("algorithm").GetString()!;
        if (usage.Length != 2 || algorithm.Length != 1) throw new FormatException();
        var attributes = new KeyAttributes((KeyUsage)((usage[0] << 8) | usage[1]), (KeyAlgorithm)algorithm[0], KeyMode.Any);
        Span<byte> clear = stackalloc byte[KeyBytesMax], zeros = stackalloc byte[KeyBytesMax];
        zeros.Clear();
        // With its quotes.
        var digits = JsonMarshal.GetRawUtf8Value(entry.GetProperty("key"));
        digits = digits is [(byte)'"', .., (byte)'"'] ? digits[1..^1] : throw new FormatException();
        var isHex = Convert.FromHexString(digits, clear, out _, out var bytes) == OperationStatus.Done;
        var result = HsmResult.BadInput;
        HsmKey? key = null;
        if (isHex) result = hsm.FormKey(in attributes, clear[..bytes], zeros[..bytes], default, out key);
        CryptographicOperations.ZeroMemory(clear);
        if (!isHex) throw new FormatException();
        if (result != HsmResult.Done) throw new InvalidDataException($"key {label}: {result.Text()}");
        if (!_keys.TryAdd(label, key!)) throw new InvalidDataException($"key {label}: given twice");
    }
}
