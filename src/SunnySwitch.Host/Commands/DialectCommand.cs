using System.CommandLine;
using System.Net.Http.Json;
using System.Text.Json;
using SunnySwitch.Admin;
using SunnySwitch.Host.Options;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Text;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny dialect list|describe|lint</c>: dialect files, for those who write them.</summary>
internal static class DialectCommand
{
    private static readonly Argument<string[]> Names = new("dialect")
    {
        Description = "Built-in names or files.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    /// <summary>The command, ready to be added to the root.</summary>
    public static Command Create()
    {
        var list = new Command("list", "The built-in dialects.");
        list.SetAction(static _ => List());
        var describe = new Command("describe", "Every field and part of a dialect as a page, with its samples decoded.") { Names };
        describe.SetAction(static parsed => Each(parsed.GetValue(Names)!, static dialect =>
        {
            Console.Out.Write(DialectText.Describe(dialect));
            return true;
        }));
        var lint = new Command("lint", "Every problem of a dialect file, and what is doubtful about it.") { Names };
        lint.SetAction(static parsed => Each(parsed.GetValue(Names)!, Lint));
        var api = new Option<string>("--api") { Description = "The switch's HTTP address.", DefaultValueFactory = static _ => "http://127.0.0.1:8580" };
        var reload = new Command("reload", "Makes the running switch read its dialect files again; messages under way end as they began.") { api };
        reload.SetAction((parsed, stop) => Reload(parsed.GetValue(api)!, stop));
        return new Command("dialect", "Dialect files: how a party writes ISO 8583.") { list, describe, lint, reload };
    }

    private static async Task<int> Reload(string api, CancellationToken stop)
    {
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri(api), Timeout = TimeSpan.FromSeconds(60) };
            using var response = await client.PostAsync(new Uri("dialects/reload", UriKind.Relative), null, stop).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                var refusal = await response.Content.ReadFromJsonAsync<Refusal>(Web, stop).ConfigureAwait(false);
                foreach (var problem in refusal?.Problems ?? []) await Console.Error.WriteLineAsync($"sunny: {problem}").ConfigureAwait(false);
                await Console.Error.WriteLineAsync("sunny: nothing was changed").ConfigureAwait(false);
                return 1;
            }

            var done = await response.Content.ReadFromJsonAsync<DialectsReloaded>(Web, stop).ConfigureAwait(false);
            foreach (var change in done!.Changes) Console.WriteLine($"link {change.Link} speaks {change.Dialect} {change.After}, {change.Before} before");
            if (done.Changes.Count == 0) Console.WriteLine("no file has changed");
            return 0;
        }
        catch (Exception error) when (error is HttpRequestException or UriFormatException or TaskCanceledException or JsonException)
        {
            await Console.Error.WriteLineAsync($"sunny: {api}: {error.Message}; is the switch running?").ConfigureAwait(false);
            return 1;
        }
    }

    private static int List()
    {
        foreach (var name in Dialect.BuiltInNames) Console.WriteLine($"{name,-20} {Dialect.BuiltIn(name)!.Description}");
        return 0;
    }

    private static bool Lint(Dialect dialect)
    {
        var findings = DialectLint.Find(dialect, out var errors);
        foreach (var finding in findings) Console.WriteLine($"{dialect.Name}: {finding}");
        var (fields, samples) = (dialect.Defined.Count, dialect.Samples.Count);
        Console.WriteLine($"{dialect.Name}: {fields} fields, {samples} samples, {errors} errors, {findings.Count - errors} warnings");
        return errors == 0;
    }

    private static int Each(string[] names, Func<Dialect, bool> action)
    {
        var good = true;
        foreach (var name in names)
        {
            var problems = new List<string>();
            if (DialectCatalogue.TryLoad(name, out var dialect, problems)) good &= action(dialect);
            else good = false;
            foreach (var problem in problems) Console.Error.WriteLine(problem);
        }

        return good ? 0 : 1;
    }
}
