using System.CommandLine;
using System.Text.Json;
using SunnySwitch.Admin;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny rules lint|show|activate|undo</c>: limits as data, in force by an operator's word.</summary>
internal static class RulesCommand
{
    /// <summary>A file to be brought into force.</summary>
    internal sealed record ToActivate(string File, string Operator, string Reason, string? From);

    private const int Done = 0, SomethingFailed = 1, WrongUse = 2;
    private static readonly JsonDocumentOptions Relaxed = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public static Command Create()
    {
        var (api, json) = (SwitchApi.Address(), SwitchApi.Json());
        var file = new Argument<string>("file") { Description = "A file of rules." };
        var who = new Option<string>("--operator") { Description = "Who asks for it, 1 to 16 characters.", Required = true };
        var why = new Option<string>("--reason") { Description = "Why, 1 to 48 characters.", Required = true };
        var from = new Option<string?>("--from") { Description = "Business date from which it is in force, such as 2026-12-31; without it, at once." };
        var lint = new Command("lint", "Every problem of a file of rules.") { file };
        lint.SetAction(parsed => Lint(parsed.GetValue(file)!, Problems));
        var show = new Command("show", "The rules in force, those before, and those to come.") { api, json };
        show.SetAction((parsed, stop) => SwitchApi.Send<AllRulesShown>(
            parsed.GetValue(api)!, client => client.GetAsync(new Uri("rules", UriKind.Relative), stop), Print, parsed.GetValue(json), stop));
        var activate = new Command("activate", "Brings a file of rules into force; a frame of the journal says who and why.")
        {
            file, who, why, from, api, json,
        };
        activate.SetAction((parsed, stop) =>
        {
            var wanted = new ToActivate(parsed.GetValue(file)!, parsed.GetValue(who)!, parsed.GetValue(why)!, parsed.GetValue(from));
            return Activate<RulesShown>("rules", wanted, Problems, parsed.GetValue(api)!, Recorded, parsed.GetValue(json), stop);
        });
        var undo = new Command("undo", "Takes the last activation back: what was in force before is in force again.") { who, why, api, json };
        undo.SetAction((parsed, stop) =>
        {
            var wanted = new VersionToUndo(parsed.GetValue(who)!, parsed.GetValue(why)!);
            return SwitchApi.Post<VersionToUndo, RulesShown>(parsed.GetValue(api)!, "rules/undo", wanted, Recorded, parsed.GetValue(json), stop);
        });
        return new Command("rules", "Limits, categories, products and countries of the running switch, as data.") { lint, show, activate, undo };
    }

    /// <summary>Prints every problem of a file.</summary>
    internal static int Lint(string file, Func<byte[], IReadOnlyList<string>> problemsOf)
    {
        if (Read(file) is not { } bytes) return WrongUse;
        var problems = problemsOf(bytes);
        foreach (var problem in problems) Console.Error.WriteLine($"{file}: {problem}");
        if (problems.Count == 0) Console.WriteLine($"{file}: good");
        return problems.Count == 0 ? Done : SomethingFailed;
    }

    /// <summary>Brings a file into force under <paramref name="route"/>.</summary>
    internal static async Task<int> Activate<T>(
        string route, ToActivate what, Func<byte[], IReadOnlyList<string>> problemsOf, string api, Action<T?> print, bool json, CancellationToken stop)
    {
        if (Read(what.File) is not { } bytes) return WrongUse;
        var problems = problemsOf(bytes);
        foreach (var problem in problems) await Console.Error.WriteLineAsync($"{what.File}: {problem}").ConfigureAwait(false);
        if (problems.Count > 0) return SomethingFailed;
        using var document = JsonDocument.Parse(bytes, Relaxed);
        var wanted = new VersionToActivate(document.RootElement, what.Operator, what.Reason, what.From);
        return await SwitchApi.Post(api, $"{route}/activate", wanted, print, json, stop).ConfigureAwait(false);
    }

    private static IReadOnlyList<string> Problems(byte[] bytes)
    {
        RulesFile.Read(bytes, out var problems);
        return problems;
    }

    private static byte[]? Read(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"sunny: {failure.Message}");
            return null;
        }
    }

    private static void Recorded(RulesShown? rules) => Print("recorded", rules);

    private static void Print(AllRulesShown? all)
    {
        if (all is { Active: null, Pending: null }) Console.WriteLine("no rules are in force");
        Print("in force", all?.Active);
        Print("to come", all?.Pending);
        Print("before", all?.Previous);
    }

    private static void Print(string which, RulesShown? rules)
    {
        if (rules is null) return;
        var from = rules.From.Length > 0 ? $" from {rules.From}" : "";
        Console.WriteLine($"{which}: version {rules.Version}, {rules.Rules}{from}, by {rules.Operator}: {rules.Reason}");
        foreach (var limit in rules.Limits)
        {
            var count = limit.CountMax > 0 ? $"{limit.CountMax} {(limit.Counts == "approvals" ? "times" : limit.Counts)}" : "";
            if (limit.AttemptsMin > 0) count = $"{limit.DeclinesPermille / 10.0:0.0} % declined of {limit.AttemptsMin} or more";
            var amount = limit.AmountMax > 0 ? $"{limit.AmountMax} of {limit.Currency:D3}" : "";
            var both = count.Length > 0 && amount.Length > 0 ? " and " : "";
            var operations = string.Join(", ", limit.Operations);
            var shared = limit.Shared ? ", shared by cells" : "";
            Console.WriteLine($"  {limit.Id,3}  {limit.Name,-16} {limit.Subject,-9} {limit.Window,-6} {count}{both}{amount}  ({operations}){shared}");
        }

        Console.WriteLine($"  authorizations hold for {rules.HoldDays} business dates, estimates for {rules.PreAuthorizationDays}");
        if (rules.Acceptors != "any") Console.WriteLine($"  {rules.Acceptors} have to be in the register");
        if (!rules.UnlinkedRefunds) Console.WriteLine("  a refund has to name what it refunds");
        foreach (var category in rules.Categories) Console.WriteLine($"  categories {category.From} to {category.To}: {Words(category)}");
        foreach (var product in rules.Products)
        {
            var home = product.HomeCountry.Length > 0 ? $", in {product.HomeCountry} only" : "";
            var parts = product.PartialApproval ? "" : ", never in part";
            var address = product.RefuseOtherAddress ? ", no other address" : "";
            var stripe = product.RefuseFallback ? ", no chip card by its stripe" : "";
            var operations = string.Join(", ", product.Operations);
            Console.WriteLine($"  {product.Name,-16} {product.Bin} to {product.To}: {operations}{home}{parts}{stripe}{address}{Needs(product)}");
        }

        foreach (var hot in rules.Hot)
        {
            var until = (hot.From.Length > 0 ? $" from {hot.From}" : "") + (hot.Until.Length > 0 ? $" until {hot.Until}" : "");
            var where = hot.Region.Length > 0 ? $" in {hot.Region}" : "";
            var of = hot.Acquirer.Length > 0 ? $" of {hot.Acquirer}" : "";
            Console.WriteLine($"  hot: {hot.Subject} {hot.What}{of}{(hot.Reason.Length > 0 ? ", " : "")}{hot.Reason}{until}{where}");
        }

        if (rules.Countries.Count == 0) return;
        Console.WriteLine($"  countries {(rules.CountriesAreAllowed ? "allowed" : "refused")}: {string.Join(", ", rules.Countries)}");
    }

    private static string Needs(ProductShown product)
    {
        var pin = product.Pin switch { "cash" => ", a PIN for cash", "always" => ", always a PIN", _ => "" };
        var jump = product.CounterJump switch
        {
            0 => ", whatever the chip's counter",
            RuleSet.CounterJumpUsual => "",
            var most => $", the chip's counter at most {most} ahead",
        };
        var proof = product.Authentication switch
        {
            "claimed" => ", proof of an authentication that is claimed",
            "always" => ", proof of authentication of every e-commerce payment",
            _ => "",
        };
        var words = product.RefuseTvr.Length > 0 ? $", no TVR with {product.RefuseTvr}" : "";
        if (product.RefuseCvr.Length > 0) words += $", no CVR (from byte {product.CvrAt} of 9F10) with {product.RefuseCvr}";
        return $"{pin}{proof}{(product.Cryptogram ? ", the chip's cryptogram" : "")}{(product.CardCode ? ", the stripe's code" : "")}{jump}{words}";
    }

    private static string Words(CategoryShown category)
    {
        var words = new List<string>();
        if (category.Refused) words.Add("refused");
        if (category.HoldDays > 0) words.Add($"hold for {category.HoldDays}");
        if (category.PreAuthorizationDays > 0) words.Add($"estimates for {category.PreAuthorizationDays}");
        if (category.TolerancePermille > 0) words.Add($"captured up to {category.TolerancePermille / 10.0:0.0} % above");
        if (category.UnlinkedRefunds) words.Add("refunds without a name");
        return string.Join(", ", words);
    }
}
