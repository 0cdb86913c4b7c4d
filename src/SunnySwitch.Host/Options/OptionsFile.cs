using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SunnySwitch.Host.Options;

/// <summary>The configuration is wrong: every problem at once.</summary>
internal sealed class OptionsException(IReadOnlyList<string> problems) : Exception("the configuration has problems")
{
    public IReadOnlyList<string> Problems => problems;
}

/// <summary>Reads <c>switch.json</c> with the link files it names and the <c>--set key=value</c> of the command line.</summary>
internal static class OptionsFile
{
    private static readonly JsonDocumentOptions Relaxed = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Reads and checks; <paramref name="path"/> null means the embedded default.</summary>
    /// <exception cref="OptionsException">Lists every problem.</exception>
    public static SwitchOptions Read(string? path, IReadOnlyList<string> settings)
    {
        var problems = new List<string>();
        var folder = path is null ? null : Path.GetDirectoryName(Path.GetFullPath(path))!;
        var root = ReadObject(path, "switch.json", problems);
        if (root is not null) FollowLinkFiles(root, folder, problems);
        foreach (var setting in settings) if (root is not null) Set(root, setting, problems);
        var options = root is null ? null : (SwitchOptions?)Bind(root, typeof(SwitchOptions), "", problems);
        if (options is not null && problems.Count == 0) problems.AddRange(options.Problems());
        if (problems.Count > 0) throw new OptionsException(problems);
        return options!;
    }

    /// <summary>Bytes of a file of the embedded configuration.</summary>
    public static byte[]? Embedded(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"config/{name}");
        if (stream is null) return null;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static JsonObject? ReadObject(string? path, string embeddedName, List<string> problems)
    {
        var shown = path ?? $"embedded {embeddedName}";
        try
        {
            var bytes = path is null ? Embedded(embeddedName) : File.ReadAllBytes(path);
            if (bytes is null) { problems.Add($"{shown}: there is no such file"); return null; }
            if (JsonNode.Parse(bytes, null, Relaxed) is JsonObject root) return root;
            problems.Add($"{shown}: a JSON object is expected");
        }
        catch (JsonException error) { problems.Add($"{shown}: not JSON: line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}"); }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException) { problems.Add($"{shown}: {error.Message}"); }
        return null;
    }

    private static void FollowLinkFiles(JsonObject root, string? folder, List<string> problems)
    {
        if (root["links"] is not JsonArray links) return;
        for (var index = 0; index < links.Count; index++)
        {
            if (links[index] is not JsonValue value || !value.TryGetValue<string>(out var file)) continue;
            var link = folder is null ? ReadObject(null, file, problems) : ReadObject(Path.Combine(folder, file), file, problems);
            links[index] = link is null ? new JsonObject { ["name"] = file } : link;
        }
    }

    /// <summary>Applies <c>tables.holds=5</c> or <c>links.0.port=9000</c>; the value is JSON, or else text.</summary>
    private static void Set(JsonObject root, string setting, List<string> problems)
    {
        var equals = setting.IndexOf('=', StringComparison.Ordinal);
        if (equals < 1) { problems.Add($"--set {setting}: key=value is expected"); return; }
        var path = setting[..equals].Split('.');
        JsonNode node = root;
        foreach (var part in path[..^1])
        {
            var next = node is JsonArray list ? (int.TryParse(part, out var at) && at >= 0 && at < list.Count ? list[at] : null) : node[part];
            if (next is null && node is JsonObject parent) parent[part] = next = new JsonObject();
            if (next is not (JsonObject or JsonArray)) { problems.Add($"--set {setting}: there is no \"{part}\" to go into"); return; }
            node = next;
        }

        if (node is not JsonObject target) { problems.Add($"--set {setting}: a list entry cannot be set"); return; }
        target[path[^1]] = Value(setting[(equals + 1)..]);
    }

    private static JsonNode? Value(string text)
    {
        try { return JsonNode.Parse(text, null, Relaxed); }
        catch (JsonException) { return JsonValue.Create(text); }
    }

    /// <summary>Binds key by key, so that every unknown key and every wrong type is listed, not only the first.</summary>
    private static object? Bind(JsonObject source, Type type, string at, List<string> problems)
    {
        var result = Activator.CreateInstance(type)!;
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanWrite)
            .ToDictionary(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name));
        foreach (var (key, value) in source)
        {
            var where = at.Length == 0 ? key : $"{at}.{key}";
            if (!properties.TryGetValue(key, out var property))
            {
                var known = string.Join(", ", properties.Keys.Order(StringComparer.Ordinal));
                problems.Add($"{where}: no such key; here are: {known}");
            }
            else if (value is null && MayBeMissing(property))
            {
                property.SetValue(result, null);
            }
            else if (TryBindValue(value, property.PropertyType, where, problems, out var bound))
            {
                property.SetValue(result, bound);
            }
        }

        return result;
    }

    private static bool MayBeMissing(PropertyInfo property) => new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable;

    private static bool TryBindValue(JsonNode? value, Type type, string where, List<string> problems, out object? bound)
    {
        bound = value switch
        {
            JsonArray list when ElementOf(type) is { } element => BindList(list, element, where, problems),
            JsonObject nested when type.IsClass && type != typeof(string) => Bind(nested, type, where, problems),
            JsonValue single => Single(single, Nullable.GetUnderlyingType(type) ?? type),
            _ => null,
        };
        if (bound is null) problems.Add($"{where}: {Expected(Nullable.GetUnderlyingType(type) ?? type)} is expected, is {value?.ToJsonString() ?? "null"}");
        return bound is not null;
    }

    private static Type? ElementOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GenericTypeArguments[0] : null;

    private static IList BindList(JsonArray source, Type element, string where, List<string> problems)
    {
        var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(element))!;
        for (var index = 0; index < source.Count; index++)
        {
            if (TryBindValue(source[index], element, $"{where}.{index}", problems, out var bound)) list.Add(bound);
        }

        return list;
    }

    // Without a serializer: its first use costs a command more than all the rest here.
    private static object? Single(JsonValue value, Type type)
    {
        // A BIN or an acquirer id given by --set reads as a number; text is meant.
        if (type == typeof(string) && value.GetValueKind() == JsonValueKind.Number) return value.ToJsonString();
        if (type == typeof(string)) return value.TryGetValue<string>(out var text) ? text : null;
        if (type == typeof(int)) return value.TryGetValue<int>(out var number) ? number : null;
        if (type == typeof(long)) return value.TryGetValue<long>(out var number) ? number : null;
        if (type == typeof(bool)) return value.TryGetValue<bool>(out var isSo) ? isSo : null;
        return null;
    }

    private static string Expected(Type type) => type switch
    {
        _ when type == typeof(int) || type == typeof(long) => "a whole number",
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(string) => "text",
        _ when type == typeof(LinkOptions) => "a link or the path of a link file",
        _ when type == typeof(IReadOnlyList<string>) => "a list of texts",
        _ when type == typeof(IReadOnlyList<LinkOptions>) => "a list of links",
        _ when ElementOf(type) is not null => "a list",
        _ => "an object",
    };
}
