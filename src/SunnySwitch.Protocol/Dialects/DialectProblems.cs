using System.Text.Json;

namespace SunnySwitch.Protocol.Dialects;

/// <summary>
/// Everything wrong with a dialect file, and the questions to its JSON that find it. A file of strangers must not make a
/// message of megabytes: names are cut and the list is bounded.
/// </summary>
internal sealed class DialectProblems
{
    private const int ProblemsMax = 200;
    private readonly List<string> _all = [];

    /// <summary>Put before every problem: which file of a chain it is in.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>True once the list is full: what follows would not be told, and need not be looked for.</summary>
    public bool IsFull => _all.Count > ProblemsMax;

    public void Report(string problem)
    {
        if (_all.Count < ProblemsMax) _all.Add(Prefix + problem);
        else if (_all.Count == ProblemsMax) _all.Add("and more");
    }

    public void ThrowIfAny()
    {
        if (_all.Count > 0) throw new DialectException(_all);
    }

    /// <summary>The text under a key; null, and a problem, if there is none.</summary>
    public string? Text(JsonElement owner, string path, string key)
    {
        if (owner.TryGetProperty(key, out _)) return OptionalText(owner, path, key);
        Report($"{path}{key}: missing");
        return null;
    }

    /// <summary>The text under a key; null if there is none, with a problem if it is something else.</summary>
    public string? OptionalText(JsonElement owner, string path, string key)
    {
        if (!owner.TryGetProperty(key, out var value)) return null;
        if (value.ValueKind == JsonValueKind.String) return value.GetString();
        Report($"{path}{key}: a text");
        return null;
    }

    /// <summary>The whole number under a key; <paramref name="fallback"/>, and a problem, if it is out of range.</summary>
    public int Number(JsonElement owner, string path, string key, int least, int most, int fallback)
    {
        if (!owner.TryGetProperty(key, out var value))
        {
            Report($"{path}{key}: missing");
            return fallback;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least
            && number <= most)
        {
            return number;
        }

        Report($"{path}{key}: a whole number from {least} to {most}");
        return fallback;
    }

    /// <summary>True or false under a key; false if there is none.</summary>
    public bool Flag(JsonElement owner, string path, string key)
    {
        if (!owner.TryGetProperty(key, out var value)) return false;
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) Report($"{path}{key}: true or false");
        return value.ValueKind == JsonValueKind.True;
    }

    /// <summary>Index of the text under a key among the choices; -1, and a problem, if it is none of them.</summary>
    public int Choice(JsonElement owner, string path, string key, params ReadOnlySpan<string> choices)
    {
        if (Text(owner, path, key) is not { } text) return -1;
        var index = choices.IndexOf(text);
        if (index < 0) Report($"{path}{key}: {string.Join(", ", choices!)}; is {Printable(text)}");
        return index;
    }

    public bool IsObject(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Object) return true;
        Report($"{path}: a JSON object");
        return false;
    }

    /// <summary>Reports keys that are not known, and known ones given twice.</summary>
    public void ReportStrangers(JsonElement owner, string path, params ReadOnlySpan<string> known)
    {
        var seen = new List<string>();
        foreach (var entry in owner.EnumerateObject())
        {
            if (IsFull) return;
            if (!known.Contains(entry.Name)) Report($"{path}{Printable(entry.Name)}: not a known key");
            else if (seen.Contains(entry.Name)) Report($"{path}{entry.Name}: given twice");
            else seen.Add(entry.Name);
        }
    }

    /// <summary>A text of the file as it may be shown: short and printable.</summary>
    public static string Printable(string text, int most = 32)
    {
        var letters = text.Length > most ? text[..most].ToCharArray() : text.ToCharArray();
        for (var index = 0; index < letters.Length; index++)
        {
            if (letters[index] is < ' ' or > '~') letters[index] = '?';
        }

        return new string(letters);
    }
}
