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
        ["SunnySwitch.Cell"] =
            ["SunnySwitch.Disruptor", "SunnySwitch.Protocol", "SunnySwitch.Core", "SunnySwitch.Journal"],
        ["SunnySwitch.Simulation"] =
            ["SunnySwitch.Disruptor", "SunnySwitch.Protocol", "SunnySwitch.Core", "SunnySwitch.Journal", "SunnySwitch.Cell"],
        ["SunnySwitch.Links"] = ["SunnySwitch.Cell"],
        ["SunnySwitch.Admin"] = ["SunnySwitch.Cell"],
        ["SunnySwitch.Hsm"] = ["SunnySwitch.Disruptor", "SunnySwitch.Core"],
        ["SunnySwitch.Ledger"] = ["SunnySwitch.Disruptor", "SunnySwitch.Core", "SunnySwitch.Journal"],
        ["SunnySwitch.Host"] = ["SunnySwitch.Links", "SunnySwitch.Admin", "SunnySwitch.Hsm", "SunnySwitch.Ledger", "SunnySwitch.Simulation"],
    };

    [Fact]
    public void Every_room_references_only_what_the_design_lets_it()
    {
        foreach (var project in Projects())
        {
            var name = Path.GetFileNameWithoutExtension(project);
            var isKnown = MayReference.TryGetValue(name, out var allowed);
            Assert.True(isKnown, $"{name} is no room of the design: see docs/architecture.md");
            var references = XDocument.Load(project).Descendants("ProjectReference")
                .Select(each => Path.GetFileNameWithoutExtension((string)each.Attribute("Include")!));
            Assert.All(references, each => Assert.True(allowed!.Contains(each), $"{name} may not reference {each}"));
        }
    }

    [Fact]
    public void Kernel_rooms_are_marked_so_that_the_build_holds_the_rule()
    {
        foreach (var (name, ring) in new[]
        {
            ("Disruptor", "Base"), ("Protocol", "Kernel"), ("Core", "Kernel"), ("Journal", "Kernel"),
            ("Cell", "Kernel"), ("Simulation", "Kernel"), ("Links", "Edge"), ("Admin", "Edge"),
            ("Hsm", "Edge"), ("Ledger", "Edge"), ("Host", "Host"),
        })
        {
            var room = $"SunnySwitch.{name}";
            var project = XDocument.Load(Path.Combine(Root, "src", room, $"{room}.csproj"));
            Assert.Equal(ring, project.Descendants("SwitchRing").Single().Value);
        }
    }

    [Fact]
    public void Internals_are_visible_to_the_rooms_own_tests_only()
    {
        foreach (var project in Projects())
        {
            var name = Path.GetFileNameWithoutExtension(project);
            var friends = XDocument.Load(project).Descendants("InternalsVisibleTo")
                .Select(each => (string)each.Attribute("Include")!);
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
            var folder = Path.GetRelativePath(Path.Combine(Root, "src"), Path.GetDirectoryName(path)!);
            folder = folder.Replace('/', '.');
            var name = declared.Groups[1].Value;
            // What every room uses (Must, Instant) lives in the root namespace.
            var isRoot = folder == "SunnySwitch.Disruptor" && name == "SunnySwitch";
            Assert.True(isRoot || folder == name, $"{Relative(path)}: namespace {name}, folder {folder}");
        }
    }

    [Fact]
    public void Unsafe_code_is_nowhere()
    {
        Assert.All(
            Projects(),
            project => Assert.DoesNotContain("AllowUnsafeBlocks", File.ReadAllText(project), StringComparison.Ordinal));
    }

    [Fact]
    public void What_a_thread_allocates_is_counted_at_one_place_of_the_tests()
    {
        const string Counter = nameof(GC.GetAllocatedBytesForCurrentThread) + "()";
        var problems =
            from source in Sources("tests")
            where source.Text.Contains(Counter, StringComparison.Ordinal) && Path.GetFileName(source.Path) != "Allocated.cs"
            select $"{Relative(source.Path)}: ask Allocated";
        AssertNone(problems);
    }

    [Fact]
    public void What_is_allocated_each_time_shows_and_what_comes_once_does_not()
    {
        var times = 0;
        Assert.InRange(Allocated.Least(() => GC.KeepAlive(new byte[100])), 100, 200);
        Assert.Equal(0, Allocated.Least(() =>
        {
            if (++times < Allocated.Rounds) GC.KeepAlive(new byte[100]);
        }));
    }

    [Fact]
    public void Files_and_lines_are_short()
    {
        var problems = new List<string>();
        foreach (var (path, text) in Sources("src").Concat(Sources("tests")).Concat(Sources("bench")))
        {
            var lines = text.Split('\n');
            var name = Relative(path);
            if (lines.Length > FileLinesMax) problems.Add($"{name}: {lines.Length} lines; {FileLinesMax} is the limit");
            for (var index = 0; index < lines.Length; index++)
            {
                var characters = lines[index].Length;
                if (characters <= LineCharactersMax) continue;
                problems.Add($"{name}:{index + 1}: {characters} characters; {LineCharactersMax} is the limit");
            }
        }

        AssertNone(problems);
    }

    [Fact]
    public void Functions_are_short()
    {
        var problems =
            from source in Sources("src")
            from function in Functions(source.Text)
            where function.Lines > FunctionLinesMax
            select $"{Relative(source.Path)}: {function.Name}: {function.Lines} lines; {FunctionLinesMax} is the limit";
        AssertNone(problems);
    }

    [Fact]
    public void No_placeholder_lands()
    {
        var pattern = PlaceholderWords();
        var problems =
            from source in Sources("src").Concat(Sources("bench"))
            from each in source.Text.Split('\n').Select((line, index) => (Text: line, Number: index + 1))
            where pattern.IsMatch(each.Text)
            select $"{Relative(source.Path)}:{each.Number}: {each.Text.Trim()}";
        AssertNone(problems);
    }

    [Fact]
    public void The_checker_of_functions_counts_right()
    {
        const string Text = """
            public sealed class A(int b)
            {
                public void B()
                {
                    var c = new C(1)
                    {
                        D = 1,
                    };
                }

                private int D(int e) =>
                    e;

                private readonly record struct F(
                    int G,
                    int H)
                {
                    public void I<T>(
                        int j)
                        where T : struct
                    {
                    }
                }
            }

            """;
        Assert.Equal([("public void B()", 7), ("public void I<T>(", 5)], Functions(Text).ToList());
    }

    /// <summary>
    /// Functions with a block body, by indentation: from the signature's first line to the closing brace, both counted.
    /// A type with a primary constructor looks alike, and is none.
    /// </summary>
    private static IEnumerable<(string Name, int Lines)> Functions(string text)
    {
        var lines = text.Split('\n');
        for (var index = 1; index < lines.Length; index++)
        {
            var before = lines[index - 1].Trim();
            var isSignature = before.EndsWith(')') || before.StartsWith("where ", StringComparison.Ordinal);
            if (lines[index].Trim() != "{" || !isSignature) continue;
            var indent = IndentOf(lines[index]);
            var start = Array.FindLastIndex(lines, index - 1, line => line.Length > 0 && IndentOf(line) <= indent);
            var end = Array.FindIndex(lines, index + 1, line => line.Length > 0 && IndentOf(line) <= indent);
            // An initializer's brace is followed by a semicolon or a parenthesis.
            if (start < 0 || end < 0 || lines[end].Trim() != "}") continue;
            if (TypeWord().IsMatch(lines[start].Split('(')[0])) continue;
            yield return (lines[start].Trim(), end - start + 1);
        }
    }

    private static void AssertNone(IEnumerable<string> problems)
    {
        var all = problems.ToList();
        Assert.True(all.Count == 0, string.Join('\n', all));
    }

    private static int IndentOf(string line) => line.Length - line.TrimStart().Length;

    private static IEnumerable<string> Projects() =>
        Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories);

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

    [GeneratedRegex(@"\b(class|struct|record|interface|enum)\b")]
    private static partial Regex TypeWord();

    [GeneratedRegex("TO" + "DO|FIX" + "ME|HA" + "CK|NotImplemented" + "Exception|throw nu" + "ll!")]
    private static partial Regex PlaceholderWords();
}
