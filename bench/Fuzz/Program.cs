using System.Diagnostics;
using System.Globalization;
using SunnySwitch.Fuzz;
using SunnySwitch.Protocol.Tests;

// fuzz [TARGET...] [--seconds N] [--corpus FOLDER] [--control] [--seed N]
// A copy of the codec is instrumented, and one process for each target runs it; two at a time.
if (args is ["run", ..]) Fuzzer.Prepare();
var seconds = Value("--seconds", 10);
var seed = Value("--seed", Environment.TickCount);
var corpus = Text("--corpus");
var isControl = args.Contains("--control");
var named = FuzzTargets.Names.Where(args.Contains).ToList();
var targets = named.Count == 0 ? FuzzTargets.Names : named;
if (args is ["run", var only, ..]) return Fuzzer.Run(only, seconds, seed, corpus, isControl);

var copy = Directory.CreateTempSubdirectory("sunny-fuzz-").FullName;
try
{
    foreach (var file in Directory.GetFiles(AppContext.BaseDirectory)) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
    var types = SharpFuzz.Fuzzer.Instrument(Path.Combine(copy, "SunnySwitch.Protocol.dll"), static _ => true, SharpFuzz.Options.Value).Count();
    Console.WriteLine($"{types} types instrumented");
    var failed = 0;
    Parallel.ForEach(targets, new ParallelOptions { MaxDegreeOfParallelism = 2 }, target =>
    {
        string[] arguments =
        [
            Path.Combine(copy, "SunnySwitch.Fuzz.dll"), "run", target, "--seconds", $"{seconds}", "--seed", $"{seed}",
            .. corpus is null ? Array.Empty<string>() : ["--corpus", corpus], .. isControl ? ["--control"] : Array.Empty<string>(),
        ];
        var isHosted = Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal);
        using var process = Process.Start(Environment.ProcessPath!, isHosted ? arguments : arguments[1..])!;
        process.WaitForExit();
        if (process.ExitCode != 0) Interlocked.Increment(ref failed);
    });
    Console.WriteLine($"{targets.Count} targets, {failed} with findings");
    return failed == 0 ? 0 : 1;
}
finally
{
    Directory.Delete(copy, recursive: true);
}

int Value(string name, int otherwise) => Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

string? Text(string name)
{
    var at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
}
