using System.Text.Json;

namespace SunnySwitch.Hsm.Vectors;

/// <summary>One vector, as it stands in its file.</summary>
/// <param name="Id">Unique over all files.</param>
/// <param name="Op">What is to be done.</param>
/// <param name="In">Its input.</param>
/// <param name="Out">What has to come out; none for one that has to be refused.</param>
/// <param name="Error">Why it has to be refused; the kind before a colon.</param>
public sealed record Vector(string Id, string Op, JsonElement In, JsonElement? Out, string? Error);

/// <summary>A file of vectors: <c>{"schema":"payment-crypto-vectors/1","family":F,"count":N,"vectors":[...]}</c>.</summary>
/// <param name="Family">What they are about.</param>
/// <param name="Vectors">In the file's order.</param>
public sealed record VectorFile(string Family, IReadOnlyList<Vector> Vectors)
{
    /// <summary>The one schema that is known.</summary>
    public const string Schema = "payment-crypto-vectors/1";

    /// <summary>Reads one.</summary>
    /// <exception cref="InvalidDataException">It is of another schema, or its count is not its vectors'.</exception>
    public static VectorFile Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.GetProperty("schema").GetString() != Schema) throw new InvalidDataException($"schema {Schema} is expected");
            var vectors = root.GetProperty("vectors").EnumerateArray().Select(Read).ToList();
            if (vectors.Count != root.GetProperty("count").GetInt32()) throw new InvalidDataException($"count is not {vectors.Count}");
            return new VectorFile(root.GetProperty("family").GetString()!, vectors);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"not a file of vectors: {error.Message}", error);
        }
    }

    private static Vector Read(JsonElement each) => new(
        each.GetProperty("id").GetString()!,
        each.GetProperty("op").GetString()!,
        each.GetProperty("in").Clone(),
        each.TryGetProperty("out", out var expected) ? expected.Clone() : null,
        each.TryGetProperty("error", out var error) ? error.GetString() : null);
}
