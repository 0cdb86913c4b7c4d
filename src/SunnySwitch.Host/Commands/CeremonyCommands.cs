using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using SunnySwitch.Admin;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny key component|generate|import|export|rotate|retire|inventory</c>: ceremonies of the running switch.</summary>
internal static class CeremonyCommands
{
    private const int WrongUse = 2, StandardInputMax = 4_096;

    public static IEnumerable<Command> Create()
    {
        var (api, json) = (SwitchApi.Address(), SwitchApi.Json());
        return [Component(api, json), Generate(api, json), Import(api, json), Export(api, json), Rotate(api, json), Retire(api, json), Inventory(api, json)];
    }

    private static Option<string> Label() => new("--label") { Description = "The key's label, 1 to 16 characters: zpk-acme.", Required = true };

    private static Option<string> Operator() => new("--operator") { Description = "Who does it.", Required = true };

    private static Option<string> Second() => new("--second") { Description = "Who else does it: nobody handles keys alone.", Required = true };

    private static Option<string?> Expires() => new("--expires") { Description = "Day by which the key is to be changed, YYYY-MM-DD." };

    private static Option<bool> Next() => new("--next") { Description = "As the next version of a key that is there; rotate --activate puts it into use." };

    private sealed record Bound(
        Option<string> Usage, Option<string> Algorithm, Option<int> Bits, Option<string?> Mode, Option<string?> Exportability, Option<bool> Next,
        Option<string?> Expires)
    {
        public static Bound New() => new(
            new("--usage") { Description = "Two characters of X9.143: P0 PIN, C0 card codes, V2 PVV, M3 MAC, K0 keys, ...", Required = true },
            new("--algorithm") { Description = "T (TDEA), A (AES) or H (HMAC).", Required = true },
            new("--bits") { Description = "Its length: T 128 or 192, A 128, 192 or 256, H 128 to 512.", Required = true },
            new("--mode") { Description = "One character of X9.143; without it, the widest that the usage has." },
            new("--exportability") { Description = "E: may leave under another key; without it N: never." },
            CeremonyCommands.Next(), CeremonyCommands.Expires());

        public void AddTo(Command command)
        {
            foreach (var option in new Option[] { Usage, Algorithm, Bits, Mode, Exportability, Next, Expires }) command.Add(option);
        }
    }

    private static Command Component(Option<string> api, Option<bool> json)
    {
        var (label, bound, who) = (Label(), Bound.New(), Operator());
        var part = new Option<int>("--part") { Description = "Which part this is, from 1.", Required = true };
        var of = new Option<int>("--of") { Description = "Parts in all: 2 or 3.", Required = true };
        var command = new Command("component", "Takes a component, hex, from standard input; shows its check value, and with the last part the key's.")
        {
            label, part, of, who, api, json,
        };
        bound.AddTo(command);
        command.SetAction((parsed, stop) =>
        {
            var address = Address(
                "keys/component", ("label", parsed.GetValue(label)), ("usage", parsed.GetValue(bound.Usage)), ("algorithm", parsed.GetValue(bound.Algorithm)),
                ("bits", Text(parsed.GetValue(bound.Bits))), ("part", Text(parsed.GetValue(part))), ("of", Text(parsed.GetValue(of))),
                ("operator", parsed.GetValue(who)), ("mode", parsed.GetValue(bound.Mode)), ("exportability", parsed.GetValue(bound.Exportability)),
                ("next", parsed.GetValue(bound.Next) ? "true" : null), ("expires", parsed.GetValue(bound.Expires)));
            var shown = $"{parsed.GetValue(label)}: part {parsed.GetValue(part)} of {parsed.GetValue(of)} by {parsed.GetValue(who)}";
            return EnterComponent(parsed.GetValue(api)!, address, shown, parsed.GetValue(json), stop);
        });
        return command;
    }

    // The component is bytes that are overwritten: never a text, which nobody can.
    private static async Task<int> EnterComponent(string api, string address, string shown, bool json, CancellationToken stop)
    {
        var digits = GC.AllocateArray<byte>(2 * CeremonyApi.ComponentDigitsMax, pinned: true);
        try
        {
            var count = Console.IsInputRedirected ? await ReadInput(digits, stop).ConfigureAwait(false) : ReadTyped(digits, stop);
            if (count < 0) return Wrong("standard input: one component, hex, is expected");
            using var body = new ByteArrayContent(digits, 0, count);
            body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            var uri = new Uri(address, UriKind.Relative);
            return await SwitchApi.Send<KeyDone>(
                api, client => client.PostAsync(uri, body, stop), done => ShowComponent(shown, done!), json, stop).ConfigureAwait(false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(digits);
        }
    }

    private static void ShowComponent(string shown, KeyDone done)
    {
        Console.WriteLine($"{shown}: component check value {done.Component}");
        if (done.Key is { } key) Console.WriteLine($"formed by {key.Custodians}: {Words(key)}");
        else Console.WriteLine($"{done.Missing} part{(done.Missing == 1 ? "" : "s")} to come, within ten minutes");
    }

    private static Command Generate(Option<string> api, Option<bool> json)
    {
        var (label, bound, who, second) = (Label(), Bound.New(), Operator(), Second());
        var command = new Command("generate", "Makes a random key inside the module.") { label, who, second, api, json };
        bound.AddTo(command);
        command.SetAction((parsed, stop) => Post(
            parsed.GetValue(api)!, "keys/generate",
            new KeyToGenerate(
                parsed.GetValue(label), parsed.GetValue(bound.Usage), parsed.GetValue(bound.Algorithm), parsed.GetValue(bound.Bits), parsed.GetValue(who),
                parsed.GetValue(second), parsed.GetValue(bound.Mode), parsed.GetValue(bound.Exportability), parsed.GetValue(bound.Next),
                parsed.GetValue(bound.Expires)),
            done => Console.WriteLine(Words(done!.Key!)), parsed.GetValue(json), stop));
        return command;
    }

    private static Command Import(Option<string> api, Option<bool> json)
    {
        var (label, who, second, next, expires) = (Label(), Operator(), Second(), Next(), Expires());
        var kek = new Option<string>("--kek") { Description = "Label of the key that it is wrapped with.", Required = true };
        var check = new Option<string?>("--check-value") { Description = "The other party's check value of it; another one is not taken." };
        var file = new Argument<string?>("file") { Description = "The key block; without it, standard input.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("import", "Takes a key from a key block (X9.143, TR-31).") { label, kek, check, who, second, next, expires, file, api, json };
        command.SetAction(async (parsed, stop) =>
        {
            if (await ReadBlock(parsed.GetValue(file), stop).ConfigureAwait(false) is not { } block) return WrongUse;
            var wanted = new KeyToImport(
                parsed.GetValue(label), parsed.GetValue(kek), block, parsed.GetValue(who), parsed.GetValue(second), parsed.GetValue(check),
                parsed.GetValue(next), parsed.GetValue(expires));
            return await Post(
                parsed.GetValue(api)!, "keys/import", wanted, done => Console.WriteLine(Words(done!.Key!)), parsed.GetValue(json), stop).ConfigureAwait(false);
        });
        return command;
    }

    private static Command Export(Option<string> api, Option<bool> json)
    {
        var (label, who, second) = (Label(), Operator(), Second());
        var kek = new Option<string>("--kek") { Description = "Label of the key to wrap it with.", Required = true };
        var version = new Option<long>("--version") { Description = "Which version; without it, the current one." };
        var command = new Command("export", "Gives an exportable key away: its key block on standard output, its check value on standard error.")
        {
            label, kek, version, who, second, api, json,
        };
        command.SetAction((parsed, stop) => Post(
            parsed.GetValue(api)!, "keys/export",
            new KeyToExport(parsed.GetValue(label), parsed.GetValue(kek), parsed.GetValue(who), parsed.GetValue(second), parsed.GetValue(version)),
            done =>
            {
                Console.WriteLine(done!.Block);
                Console.Error.WriteLine(Words(done.Key!));
            },
            parsed.GetValue(json), stop));
        return command;
    }

    private static Command Rotate(Option<string> api, Option<bool> json)
    {
        var (label, who, second, expires) = (Label(), Operator(), Second(), Expires());
        var activate = new Option<bool>("--activate") { Description = "Puts the next version into use; the current one becomes previous, and both count." };
        var command = new Command("rotate", "Makes a next version like the current one, at random.") { label, activate, expires, who, second, api, json };
        command.SetAction((parsed, stop) => Post(
            parsed.GetValue(api)!, "keys/rotate",
            new KeyToRotate(parsed.GetValue(label), parsed.GetValue(who), parsed.GetValue(second), parsed.GetValue(activate), parsed.GetValue(expires)),
            done => Console.WriteLine(Words(done!.Key!) + (done.Replaced == 0 ? "" : $"; version {done.Replaced} is previous: retire it when nobody uses it")),
            parsed.GetValue(json), stop));
        return command;
    }

    private static Command Retire(Option<string> api, Option<bool> json)
    {
        var (label, who, second) = (Label(), Operator(), Second());
        var version = new Option<long>("--version") { Description = "Which version.", Required = true };
        var compromised = new Option<bool>("--compromised") { Description = "Others may know it: it ends at once, also when it is current." };
        var command = new Command("retire", "Ends a version: its key is destroyed.") { label, version, compromised, who, second, api, json };
        command.SetAction((parsed, stop) => Post(
            parsed.GetValue(api)!, "keys/retire",
            new KeyToRetire(parsed.GetValue(label), parsed.GetValue(version), parsed.GetValue(who), parsed.GetValue(second), parsed.GetValue(compromised)),
            done => Console.WriteLine(Words(done!.Key!)), parsed.GetValue(json), stop));
        return command;
    }

    private static Command Inventory(Option<string> api, Option<bool> json)
    {
        var command = new Command("inventory", "All keys: what they are for, where they stand, who brought them in.") { api, json };
        command.SetAction((parsed, stop) => SwitchApi.Send<KeyInventory>(
            parsed.GetValue(api)!, client => client.GetAsync(new Uri("keys", UriKind.Relative), stop), found => Show(found!), parsed.GetValue(json), stop));
        return command;
    }

    private static Task<int> Post<T>(string api, string path, T body, Action<KeyDone?> print, bool json, CancellationToken stop) =>
        SwitchApi.Post(api, path, body, print, json, stop);

    private static void Show(KeyInventory inventory)
    {
        string[] titles = ["label", "version", "usage", "mode", "algorithm", "exportable", "check", "state", "since", "made", "expires", "uses", "custodians"];
        var rows = inventory.Keys.Select(key => new[]
        {
            key.Label, Text(key.Version), key.Usage, key.Mode, key.Algorithm, key.Exportability, key.CheckValue, key.State, key.Since, key.Made,
            key.Expires, Text(key.Uses), key.Published.Length == 0 ? key.Custodians : $"{key.Custodians}  PUBLISHED: {key.Published}",
        }).Prepend(titles).ToList();
        var widths = titles.Select((_, column) => rows.Max(row => row[column].Length)).ToList();
        foreach (var row in rows) Console.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        foreach (var waiting in inventory.Waiting) Console.WriteLine($"{waiting.Label}: {waiting.Missing} part{(waiting.Missing == 1 ? "" : "s")} to come");
    }

    private static string Words(KeyLine key)
    {
        var published = key.Published.Length == 0 ? "" : $"; PUBLISHED ({key.Published}): for tests only";
        var bound = $"{key.Usage} {key.Mode} {key.Algorithm} {key.Exportability}";
        return $"{key.Label} version {key.Version}: {bound}, check value {key.CheckValue}, {key.State}{published}";
    }

    /// <summary>All of standard input; -1 when it does not fit.</summary>
    private static async Task<int> ReadInput(byte[] target, CancellationToken stop)
    {
        using var input = Console.OpenStandardInput();
        var count = 0;
        while (count < target.Length)
        {
            var read = await input.ReadAsync(target.AsMemory(count), stop).ConfigureAwait(false);
            if (read == 0) return count;
            count += read;
        }

        return -1;
    }

    /// <summary>A line typed at a terminal, which does not show it; -1 when it does not fit.</summary>
    private static int ReadTyped(byte[] target, CancellationToken stop)
    {
        const string Prompt = "component, hex (not shown): ";
        using var quiet = QuietTerminal.TryOpen();
        Console.Error.Write(Prompt);
        if (quiet is null) return ReadKeys(target);
        // Who gives up shall see again what is typed.
        using var givenUp = stop.Register(quiet.Dispose);
        var count = QuietTerminal.ReadLine(target);
        Console.Error.WriteLine();
        return count;
    }

    // Elsewhere than on Linux: key by key.
    private static int ReadKeys(byte[] target)
    {
        var count = 0;
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter) break;
            if (key.Key == ConsoleKey.Backspace) count = Math.Max(0, count - 1);
            else if (count < target.Length) target[count++] = key.KeyChar < 128 ? (byte)key.KeyChar : (byte)'?';
        }

        Console.Error.WriteLine();
        return count < target.Length ? count : -1;
    }

    private static async Task<string?> ReadBlock(string? file, CancellationToken stop)
    {
        try
        {
            if (file is not null) return (await File.ReadAllTextAsync(file, stop).ConfigureAwait(false)).Trim();
            var bytes = new byte[StandardInputMax];
            var count = await ReadInput(bytes, stop).ConfigureAwait(false);
            if (count >= 0) return System.Text.Encoding.ASCII.GetString(bytes, 0, count).Trim();
            Wrong("standard input: one key block is expected");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Wrong(failure.Message);
        }

        return null;
    }

    private static string Address(string path, params (string Name, string? Value)[] query) =>
        path + "?" + string.Join('&', query.Where(each => each.Value is not null).Select(each => $"{each.Name}={Uri.EscapeDataString(each.Value!)}"));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Wrong(string problem)
    {
        Console.Error.WriteLine($"sunny: {problem}");
        return WrongUse;
    }
}
