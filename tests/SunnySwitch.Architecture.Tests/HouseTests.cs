using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace SunnySwitch.Architecture.Tests;

/// <summary>The house keeps its shape: who may know whom, where names live, how long a function may be.</summary>
public sealed partial class HouseTests
{
    private const int FunctionLinesMax = 70;
    private const int FileLinesMax = 600;
    private const int LineCharactersMax = 160;

    private static readonly string Root = FindRoot();

    private static readonly Dictionary<string, string[]> MayReference = new()
    {
        ["SunnySwitch.Disruptor"] = [],
        ["SunnySwitch.Protocol"] = ["SunnySwitch.Disruptor"],
        ["SunnySwitch.Core"] = ["SunnySwitch.Disruptor", "SunnySwitch.Protocol"],
        ["SunnySwitch.Journal"] = ["SunnySwitch.Disruptor", "SunnySwitch.Core"],
        ["SunnySwitch.Cell"] = ["SunnySwitch.Disruptor", "SunnySwitch.Protocol", "SunnySwitch.Core", "SunnySwitch.Journal"],
        ["SunnySwitch.Links"] = ["SunnySwitch.Cell"],
        ["SunnySwitch.Admin"] = ["SunnySwitch.Cell"],
        ["SunnySwitch.Host"] = ["SunnySwitch.Links", "SunnySwitch.Admin"],
    };

    [Fact]
    public void Every_room_references_only_what_the_design_lets_it()
    {
        foreach (var project in Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories))
        {
            var name = Path.GetFileNameWithoutExtension(project);
            Assert.True(MayReference.TryGetValue(name, out var allowed), $"{name} is no room of the design: see docs/architecture.md");
            var references = XDocument.Load(project).Descendants("ProjectReference").Select(each => Path.GetFileNameWithoutExtension((string)each.Attribute("Include")!));
            Assert.All(references, reference => Assert.True(allowed.Contains(reference), $"{name} may not reference {reference}"));
        }
    }

    [Fact]
    public void Kernel_rooms_are_marked_so_that_the_build_holds_the_rule()
    {
        foreach (var (name, ring) in new[]
        {
            ("Disruptor", "Base"), ("Protocol", "Kernel"), ("Core", "Kernel"), ("Journal", "Kernel"), ("Cell", "Kernel"), ("Links", "Edge"), ("Admin", "Edge"), ("Host", "Host"),
        })
        {
            var project = XDocument.Load(Path.Combine(Root, "src", $"SunnySwitch.{name}", $"SunnySwitch.{name}.csproj"));
            Assert.Equal(ring, project.Descendants("SwitchRing").Single().Value);
        }
    }

    [Fact]
    public void Internals_are_visible_to_the_rooms_own_tests_only()
    {
        foreach (var project in Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories))
        {
            var name = Path.GetFileNameWithoutExtension(project);
            var friends = XDocument.Load(project).Descendants("InternalsVisibleTo").Select(each => (string)each.Attribute("Include")!);
            Assert.All(friends, friend => Assert.Equal($"{name}.Tests", friend));
        }
    }

    [Fact]
    public void A_namespace_is_the_folder_it_lies_in()
    {
        foreach (var (path, text) in Sources("src"))
        {
            var declared = NamespaceLine().Match(text);
            if (!declared.Success) continue;
            var folder = Path.GetRelativePath(Path.Combine(Root, "src"), Path.GetDirectoryName(path)!).Replace('/', '.');
            // What every room uses (Must, Instant) lives in the root namespace.
            var expected = folder == "SunnySwitch.Disruptor" && declared.Groups[1].Value == "SunnySwitch" ? "SunnySwitch" : folder;
            Assert.True(expected == declared.Groups[1].Value, $"{Relative(path)}: namespace {declared.Groups[1].Value}, folder {folder}");
        }
    }

    [Fact]
    public void Unsafe_code_is_nowhere()
    {
        Assert.All(
            Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories),
            project => Assert.DoesNotContain("AllowUnsafeBlocks", File.ReadAllText(project), StringComparison.Ordinal));
    }

    [Fact]
    public void Files_and_lines_are_short()
    {
        var problems = new List<string>();
        foreach (var (path, text) in Sources("src").Concat(Sources("tests")).Concat(Sources("bench")))
        {
            var lines = text.Split('\n');
            if (lines.Length > FileLinesMax) problems.Add($"{Relative(path)}: {lines.Length} lines; split it, {FileLinesMax} is the limit");
            problems.AddRange(lines.Select((line, index) => (line, index)).Where(each => each.line.Length > LineCharactersMax)
                .Select(each => $"{Relative(path)}:{each.index + 1}: {each.line.Length} characters; break it, {LineCharactersMax} is the limit"));
        }

        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    [Fact]
    public void Functions_are_short()
    {
        var problems = Sources("src").SelectMany(each => Functions(each.Text).Where(function => function.Lines > FunctionLinesMax)
            .Select(function => $"{Relative(each.Path)}: {function.Name} has {function.Lines} lines; {FunctionLinesMax} is the limit")).ToList();
        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    [Fact]
    public void No_placeholder_lands()
    {
        var pattern = PlaceholderWords();
        var problems = Sources("src").Concat(Sources("bench")).SelectMany(each => each.Text.Split('\n').Select((line, index) => (each.Path, line, index)))
            .Where(each => pattern.IsMatch(each.line)).Select(each => $"{Relative(each.Path)}:{each.index + 1}: {each.line.Trim()}").ToList();
        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    [Fact]
    public void The_checker_of_functions_counts_right()
    {
        const string Text = "class A\n{\n    public void B()\n    {\n        C();\n    }\n\n    private int D(int e) =>\n        e;\n}\n";
        Assert.Equal([("public void B()", 4)], Functions(Text).ToList());
    }

    /// <summary>Members with a block body, by indentation: the signature at four spaces, the closing brace at four spaces.</summary>
    private static IEnumerable<(string Name, int Lines)> Functions(string text)
    {
        var lines = text.Split('\n');
        for (var index = 1; index < lines.Length; index++)
        {
            var indent = lines[index].Length - lines[index].TrimStart().Length;
            if (lines[index].Trim() != "{" || !lines[index - 1].TrimEnd().EndsWith(')')) continue;
            var end = Array.FindIndex(lines, index, line => line.TrimEnd() == new string(' ', indent) + "}");
            if (end > 0) yield return (lines[index - 1].Trim(), end - index + 2);
        }
    }

    private static IEnumerable<(string Path, string Text)> Sources(string folder) =>
        from path in Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        where !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal)
        select (path, File.ReadAllText(path));

    private static string Relative(string path) => Path.GetRelativePath(Root, path);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "SunnySwitch.sln"))) return folder.FullName;
        }

        throw new InvalidOperationException("the tests run outside the repository");
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex("TO" + "DO|FIX" + "ME|HA" + "CK|NotImplemented" + "Exception|throw nu" + "ll!")]
    private static partial Regex PlaceholderWords();
}
