using System.Security.Cryptography;
using System.Text.Json;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Hsm;

/// <summary>One data key as it is stored.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Wrapped">By the master key, Base64.</param>
/// <param name="Made">When, UTC.</param>
public sealed record DataKey(uint Number, string Wrapped, DateTime Made);

/// <summary>
/// The data keys that PANs are sealed with: <c>data.keys</c>, each wrapped by the master key. None is ever taken out, since
/// the archive holds what the oldest one sealed.
/// </summary>
/// <remarks>Thread-safe.</remarks>
public sealed class DataKeys : IDisposable
{
    private static readonly JsonSerializerOptions Strict = new()
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    private readonly string _path;
    private readonly IMasterKey _master;
    private readonly Lock _lock = new();
    private readonly List<DataKey> _keys;

    private DataKeys(string path, IMasterKey master, List<DataKey> keys)
    {
        (_path, _master, _keys) = (path, master, keys);
        foreach (var key in keys) Add(key);
    }

    /// <summary>Seals and opens with these keys.</summary>
    public AesGcmPanVault Vault { get; } = new();

    /// <summary>Opens the file; makes it, with its first key, when <paramref name="mayCreate"/>.</summary>
    /// <exception cref="InvalidDataException">It is missing, damaged, or another master key's.</exception>
    public static DataKeys Open(string path, IMasterKey master, bool mayCreate)
    {
        if (!File.Exists(path))
        {
            if (!mayCreate) throw new InvalidDataException($"{path} is missing, but the journal holds PANs sealed by it: restore it from a backup");
            var fresh = new DataKeys(path, master, []);
            fresh.Rotate();
            return fresh;
        }

        try
        {
            var keys = JsonSerializer.Deserialize<List<DataKey>>(OwnerFile.Read(path), Strict) ?? [];
            if (keys.Count == 0 || keys.Where((key, index) => key?.Number != index + 1).Any()) throw new JsonException();
            return new DataKeys(path, master, keys);
        }
        catch (Exception damaged) when (damaged is JsonException or FormatException)
        {
            throw new InvalidDataException($"{path}: not a list of data keys; restore it from a backup");
        }
    }

    /// <summary>Makes a new key, writes it down, then uses it. Returns its number.</summary>
    public uint Rotate()
    {
        lock (_lock)
        {
            var number = (uint)_keys.Count + 1;
            var key = RandomNumberGenerator.GetBytes(AesGcmPanVault.KeyBytes);
            _keys.Add(new DataKey(number, Convert.ToBase64String(_master.Wrap(key, Use(number))), DateTime.UtcNow));
            CryptographicOperations.ZeroMemory(key);
            OwnerFile.Replace(_path, JsonSerializer.SerializeToUtf8Bytes(_keys));
            Add(_keys[^1]);
            return number;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Vault.Dispose();

    private void Add(DataKey stored)
    {
        var key = _master.Unwrap(Convert.FromBase64String(stored.Wrapped), Use(stored.Number));
        if (key.Length != AesGcmPanVault.KeyBytes) throw new InvalidDataException($"{Use(stored.Number)}: {key.Length} bytes");
        Vault.Add(key);
        CryptographicOperations.ZeroMemory(key);
    }

    private static string Use(uint number) => $"data key {number}";
}
