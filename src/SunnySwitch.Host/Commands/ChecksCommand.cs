using System.CommandLine;
using System.Globalization;
using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny checks</c>: every way a decision can come out, as the table of <c>docs/authorization.md</c>.</summary>
internal static class ChecksCommand
{
    public static Command Create()
    {
        var command = new Command("checks", "The checks of a decision in their order, with the codes that they give.");
        command.SetAction(_ => Console.Write(Table()));
        return command;
    }

    /// <summary>Markdown: step, check, our result, DE39 of 1987 and the action code of 1993, meaning.</summary>
    internal static string Table()
    {
        var later = Dialect.BuiltIn("iso93-ascii")!.ResponseCodes;
        var text = new StringBuilder("| Step | Check | Result | 1987 | 1993 | When |\n|---|---|---|---|---|---|\n");
        foreach (var each in Outcomes.All)
        {
            var code = each.Code.ToString();
            text.Append(CultureInfo.InvariantCulture, $"| {(int)each.Check} | {each.Check} | `{each.Result}` | {code} | {later[code]} | {each.Meaning} |\n");
        }

        return text.ToString();
    }
}
