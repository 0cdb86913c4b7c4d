using System.Text.Json;

namespace SunnySwitch.Host.Load;

/// <summary>One message of a session, before it is stamped.</summary>
/// <param name="Name">What it is, unique in its session.</param>
/// <param name="Fields">MTI under "0", then values by field number; empty for a repeat.</param>
/// <param name="Repeats">Name of the step sent again, with the repeat bit in its MTI.</param>
/// <param name="Reverses">Name of the step that DE90 points to, and whose card, money and place it speaks of.</param>
/// <param name="Expect">Response codes that are right; empty if any will do.</param>
internal sealed record SessionStep(
    string Name, IReadOnlyDictionary<string, string> Fields, string? Repeats, string? Reverses, string[] Expect)
{
    /// <summary>Name of the step that DE90 points to; nothing else is taken from it.</summary>
    public string? Names { get; init; }

    /// <summary>Name of the step whose approval code goes into DE38.</summary>
    public string? ApprovedBy { get; init; }

    /// <summary>Fields that the answer should have, by number.</summary>
    public IReadOnlyDictionary<string, string> Tells { get; init; } = new Dictionary<string, string>();
}

/// <summary>An acquirer's session: messages to send one after the other, and the answers they should get.</summary>
/// <param name="Dialect">Name of its dialect.</param>
/// <param name="Steps">In the order they are sent.</param>
internal sealed record Session(string Dialect, IReadOnlyList<SessionStep> Steps)
{
    /// <summary>Reads a session file. Throws <see cref="LoadException"/>.</summary>
    public static Session Read(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new LoadException($"{path}: {problem.Message}", problem);
        }
        catch (LoadException problem)
        {
            throw new LoadException($"{path}: {problem.Message}", problem);
        }
    }

    /// <summary>Reads a session from JSON text.</summary>
    public static Session Parse(string json)
    {
        using var document = JsonDocument.Parse(json, new() { CommentHandling = JsonCommentHandling.Skip });
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("steps", out var steps)
            || steps.ValueKind != JsonValueKind.Array)
            throw new LoadException("an object with dialect and steps is expected");

        var session = new Session(
            Text(root, "dialect") ?? "iso87-ascii", steps.EnumerateArray().Select(ReadStep).ToList());
        var earlier = new HashSet<string>(StringComparer.Ordinal);
        foreach (var step in session.Steps)
        {
            foreach (var name in new[] { step.Repeats, step.Reverses, step.Names, step.ApprovedBy })
                if (name is not null && !earlier.Contains(name))
                    throw new LoadException($"step {step.Name}: no earlier step is named {name}");
            if (step.Repeats is null && !IsMti(step.Fields.GetValueOrDefault("0")))
                throw new LoadException($"step {step.Name}: fields need an MTI of four digits under \"0\"");
            if (!earlier.Add(step.Name)) throw new LoadException($"two steps are named {step.Name}");
        }

        return session;
    }

    private static bool IsMti(string? text) =>
        text is { Length: 4 } && !text.AsSpan().ContainsAnyExceptInRange('0', '9');

    private static SessionStep ReadStep(JsonElement step)
    {
        if (step.ValueKind != JsonValueKind.Object) throw new LoadException("each step is an object");
        var name = Text(step, "name") ?? throw new LoadException("each step has a name");
        var expect = Text(step, "expect")?.Split('|') ?? [];
        return new SessionStep(name, Texts(step, "fields"), Text(step, "repeats"), Text(step, "reverses"), expect)
        {
            Names = Text(step, "names"),
            ApprovedBy = Text(step, "approved_by"),
            Tells = Texts(step, "tells"),
        };
    }

    private static Dictionary<string, string> Texts(JsonElement step, string key)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!step.TryGetProperty(key, out var values) || values.ValueKind != JsonValueKind.Object) return fields;
        foreach (var field in values.EnumerateObject()) fields[field.Name] = Text(values, field.Name) ?? "";
        return fields;
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString() : null;
}
