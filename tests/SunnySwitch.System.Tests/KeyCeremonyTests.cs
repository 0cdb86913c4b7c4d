using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;

namespace SunnySwitch.SystemTests;

/// <summary>Ceremonies of keys with the real executable: two operators, restarts, exchange with another switch, kills and forgeries.</summary>
[SupportedOSPlatform("linux")]
public sealed class KeyCeremonyTests
{
    // Planted components: what they add up to is in no list of published keys.
    private const string PartOne = "3B51F20E9D7C46A8B0E5132F8A6D79C4", PartTwo = "C7A80D34E6529F1B70DA64B3F81E250D";
    private static readonly string[] Kek = ["--label", "kek-acme", "--usage", "K0", "--algorithm", "A", "--bits", "128", "--exportability", "E"];
    private static readonly string[] Zpk = ["--label", "zpk-acme", "--usage", "P0", "--algorithm", "T", "--bits", "128", "--exportability", "E"];
    private static readonly string[] Two = ["--operator", "anna", "--second", "boris"];

    [Fact]
    public async Task Two_operators_bring_keys_in_and_nothing_of_them_is_in_any_output_or_file()
    {
        using var test = new TestSwitch();
        var said = new StringBuilder();
        (int ExitCode, string Output, string Errors) Key(SwitchProcess running, string? input, params string[] arguments)
        {
            var result = Ask(running, input, arguments);
            said.Append(result.Output).Append(result.Errors);
            return result;
        }

        string inventory;
        using (var running = await test.Start("rehearse=false"))
        {
            Assert.StartsWith("WARNING: development mode: ", running.Output, StringComparison.Ordinal);
            // Blanks as on the custodian's form.
            var part = Key(running, PartOne.Insert(16, " ").Insert(4, " ") + "\n", ["component", .. Kek, "--part", "1", "--of", "2", "--operator", "anna"]);
            Assert.Matches("^kek-acme: part 1 of 2 by anna: component check value [0-9A-F]{10}\n1 part to come, within ten minutes\n$", part.Output);
            var refused = Key(running, PartTwo, ["component", .. Kek, "--part", "2", "--of", "2", "--operator", "Anna"]);
            Assert.Equal((1, "sunny: Anna has entered part 1: another custodian has to enter part 2\n"), (refused.ExitCode, refused.Errors));
            Assert.Contains("kek-acme: 1 part to come", Key(running, null, "inventory").Output, StringComparison.Ordinal);
            var formed = Key(running, PartTwo, ["component", .. Kek, "--part", "2", "--of", "2", "--operator", "boris"]);
            Assert.True(formed.ExitCode == 0, formed.Errors);
            Assert.Matches("formed by anna, boris: kek-acme version 1: K0 B A128 E, check value [0-9A-F]{10}, current\n$", formed.Output);
            refused = Key(running, null, ["generate", .. Zpk, "--operator", "anna", "--second", "ANNA"]);
            Assert.Equal((2, "sunny: second: another person than the operator (dual control)\n"), (refused.ExitCode, refused.Errors));
            Assert.Equal(0, Key(running, null, ["generate", .. Zpk, .. Two, "--expires", "2099-12-31"]).ExitCode);
            Assert.Equal(0, Key(running, null, ["rotate", "--label", "zpk-acme", .. Two]).ExitCode);
            Assert.Equal(1, Key(running, null, ["rotate", "--label", "zpk-acme", .. Two]).ExitCode);
            var activated = Key(running, null, ["rotate", "--label", "zpk-acme", "--activate", .. Two]);
            Assert.EndsWith(", current; version 1 is previous: retire it when nobody uses it\n", activated.Output, StringComparison.Ordinal);
            Assert.Equal(1, Key(running, null, ["retire", "--label", "zpk-acme", "--version", "2", .. Two]).ExitCode);
            inventory = Key(running, null, "inventory").Output;
            Assert.Equal(["zpk-acme 1 previous", "zpk-acme 2 current"], States(running, "zpk-acme"));
            AssertMetrics(running);
            Assert.Equal(0, running.Terminate());
            said.Append(running.Output);
        }

        using (var running = await test.Start("rehearse=false"))
        {
            Assert.Equal(inventory, Key(running, null, "inventory").Output);
            AssertMetrics(running);
            Assert.Equal(0, Key(running, null, ["retire", "--label", "zpk-acme", "--version", "1", .. Two]).ExitCode);
            Assert.Equal(["zpk-acme 1 retired", "zpk-acme 2 current"], States(running, "zpk-acme"));
            Assert.DoesNotContain("sunny_key_age_days{label=\"zpk-acme\",state=\"previous\"}", Watch.Page(running), StringComparison.Ordinal);
            Assert.DoesNotContain("zpk-acme#1", File.ReadAllText(Path.Combine(test.Data, "keys.blocks")), StringComparison.Ordinal);
            Assert.Equal(0, running.Terminate());
            said.Append(running.Output);
        }

        var tail = SwitchProcess.Run("journal", "tail", "-n", "100", "--data", test.Data).Output;
        Assert.Contains("key zpk-acme version 2: Activated, Current, version 1 is previous, P0 T128 ", tail, StringComparison.Ordinal);
        Assert.Contains("key kek-acme version 1: Formed, Current, K0 A128 ", tail, StringComparison.Ordinal);
        Assert.Equal(0, SwitchProcess.Run("replay", "--data", test.Data, "--config", test.ConfigFile).ExitCode);
        AssertHoldsNothing(test, said.Append(tail).ToString());
    }

    [Fact]
    public async Task A_component_is_typed_at_a_terminal_that_does_not_show_it_and_uses_are_counted_over_restarts()
    {
        using var test = new TestSwitch();
        var shown = new StringBuilder();
        using (var running = await test.Start("rehearse=false"))
        {
            (int ExitCode, string Shown) Type(string typed, string part, string who)
            {
                var typing = SwitchProcess.RunTyped(
                    "component, hex (not shown): ", typed,
                    ["key", "component", .. Kek, "--part", part, "--of", "2", "--operator", who, "--api", $"http://127.0.0.1:{running.HttpPort}"]);
                shown.Append(typing.Shown);
                return typing;
            }

            // With a slip of the finger that is taken back, and in groups.
            Assert.Equal(0, Type(PartOne[..8] + "ff\u007f\u007f " + PartOne[8..].ToLowerInvariant(), "1", "anna").ExitCode);
            var refused = Type(PartTwo + "g", "2", "boris");
            Assert.Equal(2, refused.ExitCode);
            Assert.Contains("sunny: component: up to 128 hex digits on standard input", refused.Shown, StringComparison.Ordinal);
            var formed = Type(PartTwo, "2", "boris");
            Assert.True(formed.ExitCode == 0, formed.Shown);
            Assert.Contains("formed by anna, boris: kek-acme version 1: K0 B A128 E, check value ", formed.Shown, StringComparison.Ordinal);
            Assert.Equal(0, Ask(running, null, ["generate", .. Zpk, .. Two]).ExitCode);
            Assert.Equal(0, Ask(running, null, ["export", "--label", "zpk-acme", "--kek", "kek-acme", .. Two]).ExitCode);
            Assert.Equal(1, Line(running, "kek-acme", 1).GetProperty("uses").GetInt64());
            Assert.Equal(0, running.Terminate());
        }

        using (var running = await test.Start("rehearse=false"))
        {
            Assert.Equal(0, Ask(running, null, ["export", "--label", "zpk-acme", "--kek", "kek-acme", .. Two]).ExitCode);
            Assert.Equal(2, Line(running, "kek-acme", 1).GetProperty("uses").GetInt64());
            Assert.Equal(0, running.Terminate());
            AssertHoldsNothing(test, shown.Append(running.Output).Replace(" ", "").ToString());
        }
    }

    [Fact]
    public async Task A_key_goes_to_another_switch_in_a_block_and_a_changed_block_does_not()
    {
        using var ours = new TestSwitch();
        using var theirs = new TestSwitch();
        using var one = await ours.Start("rehearse=false");
        using var other = await theirs.Start("rehearse=false");
        foreach (var each in new[] { one, other }) Form(each, Kek, PartOne, PartTwo);
        Assert.Equal(0, Ask(one, null, ["generate", .. Zpk, .. Two]).ExitCode);
        var exported = Ask(one, null, ["export", "--label", "zpk-acme", "--kek", "kek-acme", .. Two]);
        var (block, check) = (exported.Output.Trim(), Line(one, "zpk-acme", 1).GetProperty("checkValue").GetString()!);
        Assert.StartsWith("D0112P0TB00E0000", block, StringComparison.Ordinal);
        Assert.Contains(check, exported.Errors, StringComparison.Ordinal);

        string[] import = ["import", "--label", "zpk-theirs", "--kek", "kek-acme", .. Two];
        var changed = block[..^1] + (block[^1] == '0' ? '1' : '0');
        var refused = Ask(other, changed, import);
        Assert.Equal((1, "sunny: the key block: the key block was changed, or is another key's\n"), (refused.ExitCode, refused.Errors));
        refused = Ask(other, block, [.. import, "--check-value", check == "000000" ? "000001" : "000000"]);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"the key has check value {check}", refused.Errors, StringComparison.Ordinal);
        var file = Path.Combine(theirs.Folder, "zpk.block");
        File.WriteAllText(file, block + "\n");
        var taken = Ask(other, null, [.. import, "--check-value", check, file]);
        Assert.Equal($"zpk-theirs version 1: P0 B T128 E, check value {check}, current\n", taken.Output);
        Assert.Equal(["zpk-theirs 1 current"], States(other, "zpk-theirs"));

        // No key under two labels, and none leaves that may not.
        Assert.Contains("no key is used twice", Ask(one, block, import).Errors, StringComparison.Ordinal);
        Assert.Equal(0, Ask(one, null, ["generate", "--label", "mac", "--usage", "M3", "--algorithm", "T", "--bits", "192", .. Two]).ExitCode);
        refused = Ask(one, null, ["export", "--label", "mac", "--kek", "kek-acme", .. Two]);
        Assert.Equal((1, "sunny: key mac: the key may not leave\n"), (refused.ExitCode, refused.Errors));
        refused = Ask(one, null, ["export", "--label", "kek-acme", "--kek", "zpk-acme", .. Two]);
        Assert.Equal((1, "sunny: key kek-acme: the key is for another use\n"), (refused.ExitCode, refused.Errors));
        Assert.Equal((0, 0), (one.Terminate(), other.Terminate()));
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused_in_words()
    {
        using var test = new TestSwitch();
        using var running = await test.Start("rehearse=false");
        string[] component = ["component", .. Kek, "--part", "1", "--of", "2", "--operator", "anna"];
        foreach (var input in new[] { "", "xyz", PartOne[1..], new string('A', 130), new string('A', 5_000) })
        {
            var refused = Ask(running, input, component);
            Assert.Equal(2, refused.ExitCode);
            Assert.Contains("hex", refused.Errors, StringComparison.Ordinal);
        }

        Assert.Contains("the component has 120 bits", Ask(running, PartOne[2..], component).Errors, StringComparison.Ordinal);
        Assert.Equal(2, Ask(running, null, ["generate", "--label", "a b", "--usage", "P9", "--algorithm", "D", "--bits", "128", .. Two]).ExitCode);
        Assert.Equal(1, Ask(running, null, ["generate", "--label", "a", "--usage", "P0", "--algorithm", "T", "--bits", "64", .. Two]).ExitCode);
        Assert.Equal(1, Ask(running, null, ["generate", .. Zpk, "--next", .. Two]).ExitCode);
        Assert.Equal(2, Ask(running, null, ["generate", .. Zpk, "--expires", "soon", .. Two]).ExitCode);
        Assert.Equal(1, Ask(running, null, ["rotate", "--label", "zpk-acme", "--activate", .. Two]).ExitCode);
        Assert.Equal(1, Ask(running, null, ["retire", "--label", "zpk-acme", "--version", "7", .. Two]).ExitCode);
        Assert.Equal(1, Ask(running, "D0112", ["import", "--label", "x", "--kek", "none", .. Two]).ExitCode);
        Assert.Equal("label", Ask(running, null, "inventory").Output.Split(' ')[0]);
        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public async Task Ceremonies_beside_the_load_disturb_no_payment()
    {
        using var test = new TestSwitch();
        var log = new AnswerLog();
        using (var running = await test.Start("rehearse=false"))
        {
            Assert.Equal(0, Ask(running, null, ["generate", .. Zpk, .. Two]).ExitCode);
            log.LoadUntilDead(running, firstAnswer =>
            {
                Assert.True(firstAnswer.Wait(TimeSpan.FromSeconds(30)));
                foreach (var version in new[] { "1", "2" })
                {
                    string[][] steps = [["rotate"], ["rotate", "--activate"], ["retire", "--version", version]];
                    foreach (var step in steps)
                    {
                        var (exitCode, _, errors) = Ask(running, null, [.. step, "--label", "zpk-acme", .. Two]);
                        Assert.True(exitCode == 0, errors);
                    }
                }

                running.Kill();
            });
        }

        using var again = await test.Start("rehearse=false");
        Assert.Equal(["zpk-acme 1 retired", "zpk-acme 2 retired", "zpk-acme 3 current"], States(again, "zpk-acme"));
        Assert.True(log.Count > 0);
        log.CheckApproved();
        log.CheckRepeats(again.Port(0), new Random(1));
        Assert.Equal(0, again.Terminate());
    }

    [Fact]
    public async Task A_compromised_key_ends_at_once()
    {
        using var test = new TestSwitch();
        using var running = await test.Start("rehearse=false");
        Assert.Equal(0, Ask(running, null, ["generate", .. Zpk, .. Two]).ExitCode);
        Assert.Equal(0, Ask(running, null, ["retire", "--label", "zpk-acme", "--version", "1", "--compromised", .. Two]).ExitCode);
        Assert.Equal(0, Ask(running, null, ["generate", .. Zpk, .. Two]).ExitCode);
        Assert.Equal(["zpk-acme 1 retired", "zpk-acme 2 current"], States(running, "zpk-acme"));
        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public async Task A_changed_missing_or_substituted_key_stops_the_start_and_says_which()
    {
        using var test = new TestSwitch();
        using var stranger = new TestSwitch();
        foreach (var each in new[] { test, stranger })
        {
            using var running = await each.Start("rehearse=false");
            Assert.Equal(0, Ask(running, null, ["generate", .. Zpk, .. Two]).ExitCode);
            if (each == test) Assert.Equal(0, Ask(running, null, ["rotate", "--label", "zpk-acme", .. Two]).ExitCode);
            Assert.Equal(0, running.Terminate());
        }

        var blocks = Path.Combine(test.Data, "keys.blocks");
        var good = File.ReadAllText(blocks);
        var at = good.IndexOf("\"D0144P0", StringComparison.Ordinal) + 80;
        File.WriteAllText(blocks, string.Concat(good.AsSpan(0, at), good[at] == '0' ? "1" : "0", good.AsSpan(at + 1)));
        Refused(test, "key zpk-acme version 1: the key block was changed, or is another key's", "find out who changed it");

        // An older file, from before the second version.
        var older = JsonDocument.Parse(good).RootElement;
        var first = older.GetProperty("Keys")[0].GetRawText();
        File.WriteAllText(blocks, $"{{\"Format\":1,\"Master\":{older.GetProperty("Master").GetRawText()},\"Keys\":[{first}]}}");
        Refused(test, "key zpk-acme version 2: ", "does not have it; the journal expects check value ");

        File.Delete(blocks);
        Refused(test, "keys.blocks is missing", "restore it from a backup");

        // Another switch's key of that label and version, under another switch's master key.
        var (master, right) = (Path.Combine(test.Data, "master.key"), File.ReadAllBytes(Path.Combine(test.Data, "master.key")));
        File.WriteAllText(blocks, File.ReadAllText(Path.Combine(stranger.Data, "keys.blocks")));
        File.SetUnixFileMode(blocks, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Refused(test, "key block master: not wrapped by master key ");
        foreach (var file in new[] { "master.key", "data.keys" }) File.Copy(Path.Combine(stranger.Data, file), Path.Combine(test.Data, file), overwrite: true);
        Refused(test, "key zpk-acme version 1: the key was substituted", "the journal expects P0 T128 with check value ");

        File.WriteAllBytes(master, right);
        File.Delete(Path.Combine(test.Data, "data.keys"));
        File.WriteAllText(blocks, good);
        File.SetUnixFileMode(blocks, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Refused(test, "others than its owner can reach it");
        File.SetUnixFileMode(blocks, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var again = await test.Start("rehearse=false");
        Assert.Equal(["zpk-acme 1 current", "zpk-acme 2 next"], States(again, "zpk-acme"));
        Assert.Equal(0, again.Terminate());
    }

    [Fact]
    public async Task Production_refuses_the_software_module_a_master_key_in_a_file_and_published_keys()
    {
        using var test = new TestSwitch();
        var (exitCode, _, errors) = SwitchProcess.Run("serve", "--config", test.ConfigFile, "--data", test.Data, "--set", "mode=production");
        Assert.Equal(2, exitCode);
        Assert.Contains("the module is software, which is no secure device", errors, StringComparison.Ordinal);
        Assert.Contains("the master key is the file master.key", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(test.Data, "master.key")));
        using (var running = await test.Start("rehearse=false"))
        {
            // The sample base key of X9.24, as a PIN key.
            Form(running, Zpk, "0123456789ABCDEF0000000000000000", "0000000000000000FEDCBA9876543210");
            Assert.Contains("PUBLISHED: ANSI X9.24-1 sample BDK", Ask(running, null, "inventory").Output, StringComparison.Ordinal);
            Assert.Contains("WARNING: key zpk-acme is published", running.Output, StringComparison.Ordinal);
            Assert.Equal(0, running.Terminate());
        }

        (exitCode, _, errors) = SwitchProcess.Run("serve", "--config", test.ConfigFile, "--data", test.Data, "--set", "mode=production");
        Assert.Equal(2, exitCode);
        Assert.Contains("3 problems", errors, StringComparison.Ordinal);
        Assert.Contains("key zpk-acme version 1 is published (ANSI X9.24-1 sample BDK, check value 08D7B4)", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kill_anywhere_in_a_ceremony_leaves_a_key_that_is_whole_or_none()
    {
        Assert.SkipWhen(SwitchProcess.MutantsExecutable is null, "needs the build with mutants: tools/test makes it");
        using var test = new TestSwitch();
        using (var running = await test.Start("rehearse=false"))
        {
            Assert.Equal(0, Ask(running, null, ["generate", .. Zpk, .. Two]).ExitCode);
            Assert.Equal(0, running.Terminate());
        }

        var version = 1;
        foreach (var (point, isThere) in new[] { ("KeyFileWritten:1", false), ("KeyFileNamed:1", false), ("KeyNoted:1", false), ("BatchFlushed:2", true) })
        {
            await KilledAt(test, point, ["rotate", "--label", "zpk-acme", .. Two]);
            using var running = await test.Start("rehearse=false");
            Assert.Equal(point is "KeyFileNamed:1" or "KeyNoted:1", running.Output.Contains("an unfinished ceremony, dropped", StringComparison.Ordinal));
            Assert.Equal(isThere ? 2 : 1, States(running, "zpk-acme").Count);
            if (isThere) version = 2;
            Assert.Equal(0, running.Terminate());
        }

        Assert.Equal(2, version);
        foreach (var (point, isCurrent) in new[] { ("KeyNoted:1", false), ("BatchFlushed:2", true) })
        {
            await KilledAt(test, point, ["rotate", "--label", "zpk-acme", "--activate", .. Two]);
            using var running = await test.Start("rehearse=false");
            string[] expected = isCurrent ? ["zpk-acme 1 previous", "zpk-acme 2 current"] : ["zpk-acme 1 current", "zpk-acme 2 next"];
            Assert.Equal(expected, States(running, "zpk-acme"));
            Assert.Equal(0, running.Terminate());
        }

        foreach (var (point, isRetired) in new[] { ("KeyNoted:1", false), ("BatchFlushed:2", true) })
        {
            await KilledAt(test, point, ["retire", "--label", "zpk-acme", "--version", "1", .. Two]);
            using var running = await test.Start("rehearse=false");
            Assert.Equal(isRetired, running.Output.Contains("key zpk-acme version 1: retired, and gone", StringComparison.Ordinal));
            Assert.Equal(isRetired ? "zpk-acme 1 retired" : "zpk-acme 1 previous", States(running, "zpk-acme")[0]);
            Assert.Equal(0, running.Terminate());
        }

        Assert.DoesNotContain("zpk-acme#1", File.ReadAllText(Path.Combine(test.Data, "keys.blocks")), StringComparison.Ordinal);
    }

    private static async Task KilledAt(TestSwitch test, string point, string[] arguments)
    {
        using var armed = await test.StartArmed(mutant: null, point, "rehearse=false");
        var (exitCode, _, errors) = Ask(armed, null, arguments);
        armed.WaitForExit();
        Assert.Equal(1, exitCode);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    private static void Form(SwitchProcess running, string[] key, string one, string two)
    {
        Assert.Equal(0, Ask(running, one, ["component", .. key, "--part", "1", "--of", "2", "--operator", "anna"]).ExitCode);
        var formed = Ask(running, two, ["component", .. key, "--part", "2", "--of", "2", "--operator", "boris"]);
        Assert.True(formed.ExitCode == 0, formed.Errors);
    }

    private static void Refused(TestSwitch test, params string[] words)
    {
        var (exitCode, _, errors) = SwitchProcess.Run("serve", "--config", test.ConfigFile, "--data", test.Data);
        Assert.Equal(2, exitCode);
        foreach (var each in words) Assert.Contains(each, errors, StringComparison.Ordinal);
    }

    private static void AssertMetrics(SwitchProcess running)
    {
        var page = Watch.Page(running);
        Assert.Matches("sunny_key_age_days\\{label=\"zpk-acme\",state=\"previous\"\\} [01]\n", page);      // 1: midnight came between.
        Assert.Matches("sunny_key_expires_in_days\\{label=\"zpk-acme\",state=\"previous\"\\} [0-9]{5}\n", page);
        Assert.Contains("sunny_key_uses_total{label=\"kek-acme\",state=\"current\"} 0", page, StringComparison.Ordinal);
    }

    // Hex in either case, and raw; of the components and of what they add up to.
    private static void AssertHoldsNothing(TestSwitch test, string said)
    {
        var (one, two) = (Convert.FromHexString(PartOne), Convert.FromHexString(PartTwo));
        var files = Directory.GetFiles(test.Folder, "*", SearchOption.AllDirectories).Select(File.ReadAllBytes).ToList();
        foreach (var secret in new[] { one, two, [.. one.Zip(two, (left, right) => (byte)(left ^ right))] })
        {
            var hex = Convert.ToHexString(secret);
            Assert.DoesNotContain(hex, said, StringComparison.OrdinalIgnoreCase);
            foreach (var file in files)
            {
                Assert.True(file.AsSpan().IndexOf(secret) < 0);
                Assert.DoesNotContain(hex, Encoding.Latin1.GetString(file), StringComparison.OrdinalIgnoreCase);
            }
        }
    }

    private static List<string> States(SwitchProcess running, string label) =>
    [
        .. Inventory(running).Where(key => key.GetProperty("label").GetString() == label)
            .Select(key => $"{label} {key.GetProperty("version").GetInt64().ToString(CultureInfo.InvariantCulture)} {key.GetProperty("state").GetString()}"),
    ];

    private static JsonElement Line(SwitchProcess running, string label, long version) => Inventory(running).Single(
        key => key.GetProperty("label").GetString() == label && key.GetProperty("version").GetInt64() == version);

    private static List<JsonElement> Inventory(SwitchProcess running)
    {
        var (exitCode, output, errors) = Ask(running, null, "inventory", "--json");
        Assert.True(exitCode == 0, errors);
        return [.. JsonDocument.Parse(output).RootElement.GetProperty("keys").EnumerateArray()];
    }

    private static (int ExitCode, string Output, string Errors) Ask(SwitchProcess running, string? input, params string[] arguments) =>
        SwitchProcess.RunWith(input, ["key", .. arguments, "--api", $"http://127.0.0.1:{running.HttpPort}"]);
}
