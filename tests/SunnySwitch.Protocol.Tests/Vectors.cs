using System.Text.Json;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Tests;

/// <summary>One message of the conformance vectors; see tests/golden/iso8583/README.md.</summary>
public sealed record Vector(
    string Name, string Dialect, byte[] Bytes, SortedDictionary<int, string> Fields, string? Error, int ErrorField)
{
    public override string ToString() => Name;
}

/// <summary>One framed message: the frame on the wire and the message inside.</summary>
public sealed record FrameVector(string Name, string Kind, byte[] Frame, byte[] Message);

/// <summary>The vectors of the dialects that the codec speaks.</summary>
public static class Vectors
{
    private static readonly Dictionary<string, Dialect> _dialects =
        Names.ToDictionary(name => name, name => Protocol.Dialects.Dialect.BuiltIn(name)!);

    /// <summary>The tables that the vectors are written against.</summary>
    public static IReadOnlyList<string> Names =>
    [
        "base1-like", "iso-tertiary", "iso87-ascii", "iso87-ascii-binbm", "iso87-bcd", "iso87-bcd-r0", "iso87-bcd-rF",
        "iso87-ebcdic", "iso93-ascii-binbm",
    ];

    /// <summary>The shipped dialect of that name.</summary>
    public static Dialect Dialect(string name) => _dialects[name];

    /// <summary>The vectors' own table of that name, whole: the shipped file may inherit.</summary>
    public static byte[] Table(string name) => Read("dialects/" + name);

    /// <summary>The same, for the oracle.</summary>
    public static JsonElement DialectJson(string name)
    {
        using var document = JsonDocument.Parse(Table(name));
        return document.RootElement.Clone();
    }

    public static IReadOnlyList<Vector> Positive { get; } = [.. Load("ascii"), .. Load("bcd"), .. Load("other")];

    public static IReadOnlyList<Vector> Negative { get; } = Load("negative");

    public static IReadOnlyList<Vector> All { get; } = [.. Positive, .. Negative];

    public static IReadOnlyList<FrameVector> Frames { get; } = LoadFrames();

    public static TheoryData<string> PositiveNames => [.. Positive.Select(vector => vector.Name)];

    public static TheoryData<string> NegativeNames => [.. Negative.Select(vector => vector.Name)];

    public static Vector ByName(string name) => All.Single(vector => vector.Name == name);

    /// <summary>The vectors of these files as they are written, for what <see cref="Vector"/> does not carry.</summary>
    public static IEnumerable<JsonElement> Raw(params string[] files)
    {
        foreach (var file in files)
        {
            using var document = JsonDocument.Parse(Read(file));
            foreach (var entry in document.RootElement.GetProperty("vectors").EnumerateArray()) yield return entry.Clone();
        }
    }

    /// <summary>The message of such a vector.</summary>
    public static byte[] Hex(JsonElement vector) => Convert.FromHexString(vector.GetProperty("hex").GetString()!);

    private static List<Vector> Load(string file)
    {
        using var document = JsonDocument.Parse(Read(file));
        var vectors = new List<Vector>();
        foreach (var entry in document.RootElement.GetProperty("vectors").EnumerateArray())
        {
            var dialect = entry.GetProperty("dialect").GetString()!;
            if (entry.TryGetProperty("dialect_override", out _)) continue;
            var fields = new SortedDictionary<int, string>();
            if (entry.TryGetProperty("fields", out var given))
            {
                foreach (var field in given.EnumerateObject()) fields[int.Parse(field.Name)] = field.Value.GetString()!;
            }

            string? error = null;
            var errorField = -1;
            if (entry.TryGetProperty("expect", out var expect))
            {
                error = expect.GetProperty("error").GetString();
                if (expect.GetProperty("field").GetString() is { } at) errorField = int.Parse(at);
            }

            vectors.Add(new Vector(
                entry.GetProperty("name").GetString()!, dialect,
                Convert.FromHexString(entry.GetProperty("hex").GetString()!), fields, error, errorField));
        }

        return vectors;
    }

    private static List<FrameVector> LoadFrames()
    {
        using var document = JsonDocument.Parse(Read("framing"));
        var frames = new List<FrameVector>();
        foreach (var entry in document.RootElement.GetProperty("vectors").EnumerateArray())
        {
            var framing = entry.GetProperty("framing");
            frames.Add(new FrameVector(
                entry.GetProperty("name").GetString()!, framing.GetProperty("kind").GetString()!,
                Convert.FromHexString(framing.GetProperty("hex").GetString()!),
                Convert.FromHexString(entry.GetProperty("hex").GetString()!)));
        }

        return frames;
    }

    private static byte[] Read(string name) => ReadAll(typeof(Vectors).Assembly, "golden/" + name);

    private static byte[] ReadAll(System.Reflection.Assembly assembly, string resource)
    {
        using var stream = assembly.GetManifestResourceStream(resource)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
