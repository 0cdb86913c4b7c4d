using System.Diagnostics.CodeAnalysis;
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
    /// <param name="json">The file.</param>
    /// <exception cref="InvalidDataException">Something is wrong with it: which key, and what.</exception>
    public static KeyFile Read(IPaymentHsm hsm, ReadOnlyMemory<byte> json)
    {
        var file = new KeyFile();
        try
        {
            var options = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
            using var document = JsonDocument.Parse(json, options);
            foreach (var entry in document.RootElement.GetProperty("keys").EnumerateArray()) file.Add(hsm, entry);
        }
        catch (Exception broken) when (broken is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException("a list of keys, each with label, usage, algorithm and the key in hex");
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
        var clear = Convert.FromHexString(entry.GetProperty("key").GetString()!);
        var result = hsm.FormKey(in attributes, clear, new byte[clear.Length], default, out var key);
        CryptographicOperations.ZeroMemory(clear);
        if (result != HsmResult.Done) throw new InvalidDataException($"key {label}: {result.Text()}");
        if (!_keys.TryAdd(label, key!)) throw new InvalidDataException($"key {label}: given twice");
    }
}
