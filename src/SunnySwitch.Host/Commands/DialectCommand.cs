using System.CommandLine;
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
        return new Command("dialect", "Dialect files: how a party writes ISO 8583.") { list, describe, lint };
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
