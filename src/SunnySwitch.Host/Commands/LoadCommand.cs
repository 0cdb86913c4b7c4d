using System.CommandLine;
using System.Runtime.InteropServices;
using Spectre.Console;
using SunnySwitch.Host.Load;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny load</c> and the hidden <c>sunny echo</c>.</summary>
internal static class LoadCommand
{
    private static readonly LoadOptions Defaults = new();

    private static readonly Argument<string?> Target = new("HOST:PORT")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "The peer; not needed with --self-test.",
    };

    private static readonly Option<string> Dialect = Valued("--dialect", Defaults.Dialect, "Dialect, by name or file.");
    private static readonly Option<string> Framing = Valued("--framing", "be16", "How frames are cut: be16, ascii-len4, bcd4, be16+tpdu5, be16+etx ...");
    private static readonly Option<int> Connections = Valued("--conns", Defaults.Connections, "Connections.");
    private static readonly Option<int> Window = Valued("--window", Defaults.Window, "Outstanding per connection.");
    private static readonly Option<double> Rate = Valued("--rate", 0.0, "Messages a second in all: open loop.");
    private static readonly Option<double> Seconds = Valued("--seconds", Defaults.Seconds, "Seconds measured.");
    private static readonly Option<double> Warmup = Valued("--warmup", Defaults.WarmupSeconds, "Seconds before.");
    private static readonly Option<int> Cards = Valued("--cards", Defaults.Cards, "How many of the bench's cards.");
    private static readonly Option<int> Fields = Valued("--fields", 17, "17, or 19 with track 2 and chip data.");
    private static readonly Option<string?> Keys = new("--keys") { Description = "File of test keys: adds PIN, CVV and MAC to every message." };
    private static readonly Option<string> MacKey = Valued("--mac-key", Defaults.MacKey, "Label of the key of the MACs.");
    private static readonly Option<int> Prepared = Valued("--prepare", Defaults.Prepared, "With --keys: messages made before the clock starts.");
    private static readonly Option<string> Acquirer = Valued("--acquirer", Defaults.Acquirer, "DE32.");
    private static readonly Option<int> Threads = Valued("--threads", Defaults.Threads, "Generator threads.");
    private static readonly Option<bool> SignOn = new("--sign-on") { Description = "Sign on each connection first." };
    private static readonly Option<bool> Echo = new("--echo") { Description = "The peer is a plain echo." };
    private static readonly Option<bool> SelfTest = new("--self-test")
    {
        Description = "Measure an echo inside this process: what the generator itself can do.",
    };

    private static readonly Option<bool> Answers = new("--answers")
    {
        Description = "The echo decodes and approves instead of echoing bytes.",
    };

    private static readonly Option<bool> Json = new("--json") { Description = "One JSON object on standard output." };
    private static readonly Option<bool> Live = new("--live") { Description = "Live line without a terminal, too." };
    private static readonly Option<string?> Hgrm = new("--hgrm") { Description = "File for the whole distribution." };
    private static readonly Option<string?> Log = new("--log") { Description = "File of answered transactions." };
    private static readonly Option<int> Port = Valued("--port", 0, "Loopback port; 0 takes a free one.");

    /// <summary>The command <c>load</c>.</summary>
    public static Command Create()
    {
        var command = new Command("load", "Sends 0100 purchases with the bench's cards and checks every answer.")
        {
            Target, Dialect, Framing, Connections, Window, Rate, Seconds, Warmup, Cards, Fields, Keys, MacKey, Prepared, Acquirer, Threads,
            SignOn, Echo, SelfTest, Answers, Json, Live, Hgrm, Log,
        };
        command.SetAction(Run);
        return command.WithTls();
    }

    /// <summary>The hidden command <c>echo</c>: a peer to compare with where there is no C compiler.</summary>
    public static Command CreateEcho()
    {
        var command = new Command("echo", "Echoes what it reads.") { Port, Answers, Dialect, Framing };
        command.Hidden = true;
        command.SetAction(RunEcho);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        if (!TryReadOptions(parsed, out var options)) return 2;
        try
        {
            var dialect = DialectFiles.Load(options.Dialect);
            Rehearsal.Run(options, dialect);
            if (!parsed.GetValue(SelfTest))
            {
                if (TlsClientOptions.Read(parsed) is not { } tls) return Measure(parsed, options, dialect, null);
                using var relay = new TlsRelay(options.Host, options.Port, tls);
                return Measure(parsed, options with { Host = "127.0.0.1", Port = relay.Port }, dialect, "TLS by a relay in this process");
            }

            var answers = parsed.GetValue(Answers)
                ? new EchoAnswers(dialect, SunnySwitch.Protocol.Framing.Framing.Of(options.Framing, 8_192)) : null;
            using var echo = new EchoServer(0, answers);
            options = options with { Host = "127.0.0.1", Port = echo.Port, Echo = answers is null, SignOn = false };
            var basis = answers is null ? "echo in this process" : "approving peer in this process";
            return Measure(parsed, options, dialect, basis);
        }
        catch (LoadException exception)
        {
            Console.Error.WriteLine($"sunny load: {exception.Message}");
            return 1;
        }
    }

    private static int Measure(
        ParseResult parsed, LoadOptions options, Protocol.Dialects.Dialect dialect, string? basis)
    {
        var run = new LoadRun(options, dialect);
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            run.Stop();
        }

        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        var isLive = parsed.GetValue(Live) || !Console.IsErrorRedirected;
        var report = run.Execute(isLive ? PrintLive : null);
        if (isLive && !Console.IsErrorRedirected) Console.Error.WriteLine();

        if (parsed.GetValue(Hgrm) is { } file && report.Refusal is null)
        {
            using var writer = new StreamWriter(file);
            report.WriteHgrm(writer);
        }

        if (parsed.GetValue(Json)) Console.WriteLine(report.ToJson(basis));
        else report.Print(AnsiConsole.Console, basis);
        return report.ExitCode;
    }

    private static void PrintLive(LiveSecond second)
    {
        var line = $"{second.RatePerSecond,11:N0}/s   p50 {second.P50Nanos / 1e3,8:N0} us   "
            + $"p99 {second.P99Nanos / 1e3,8:N0} us   not approved {second.NotApproved:N0}   wrong {second.Flaws:N0}";
        if (Console.IsErrorRedirected) Console.Error.WriteLine(line);
        else Console.Error.Write($"\r{line,-100}");
    }

    private static int RunEcho(ParseResult parsed)
    {
        try
        {
            if (FramingProblem(parsed) is { } problem) throw new LoadException(problem);
            var framing = SunnySwitch.Protocol.Framing.Framing.Of(parsed.GetValue(Framing)!, 8_192);
            var answers = parsed.GetValue(Answers)
                ? new EchoAnswers(DialectFiles.Load(parsed.GetValue(Dialect)!), framing) : null;
            using var echo = new EchoServer(parsed.GetValue(Port), answers);
            using var stopped = new ManualResetEventSlim();
            void Stop(PosixSignalContext context)
            {
                context.Cancel = true;
                stopped.Set();
            }

            using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
            using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
            Console.WriteLine(echo.Port);
            stopped.Wait();
            return 0;
        }
        catch (LoadException exception)
        {
            Console.Error.WriteLine($"sunny echo: {exception.Message}");
            return 1;
        }
    }

    private static bool TryReadOptions(ParseResult parsed, out LoadOptions options)
    {
        var problems = new List<string>();
        var (host, port) = (Defaults.Host, 1);
        var target = parsed.GetValue(Target);
        if (!parsed.GetValue(SelfTest) && !TrySplit(target, out host, out port))
        {
            problems.Add($"HOST:PORT: such as 127.0.0.1:8583, is {target ?? "missing"}");
            port = 1;   // Said once is enough.
        }

        if (FramingProblem(parsed) is { } wrongFraming) problems.Add(wrongFraming);
        if (parsed.GetValue(Fields) is not (17 or 19)) problems.Add("--fields: 17 or 19");
        options = new LoadOptions
        {
            Host = host,
            Port = port,
            Dialect = parsed.GetValue(Dialect)!,
            Framing = parsed.GetValue(Framing)!,
            Connections = parsed.GetValue(Connections),
            Window = parsed.GetValue(Window),
            RatePerSecond = parsed.GetValue(Rate),
            Seconds = parsed.GetValue(Seconds),
            WarmupSeconds = parsed.GetValue(Warmup),
            Cards = parsed.GetValue(Cards),
            Chip = parsed.GetValue(Fields) == 19,
            KeyFile = parsed.GetValue(Keys),
            MacKey = parsed.GetValue(MacKey)!,
            Prepared = parsed.GetValue(Prepared),
            Acquirer = parsed.GetValue(Acquirer)!,
            Threads = parsed.GetValue(Threads),
            SignOn = parsed.GetValue(SignOn),
            Echo = parsed.GetValue(Echo),
            LogFile = parsed.GetValue(Log),
        };
        problems.AddRange(options.Problems());
        foreach (var problem in problems) Console.Error.WriteLine($"sunny load: {problem}");
        return problems.Count == 0;
    }

    /// <summary>Splits <c>HOST:PORT</c>; the last colon counts, so that IPv6 addresses pass.</summary>
    internal static bool TrySplit(string? target, out string host, out int port)
    {
        var colon = target?.LastIndexOf(':') ?? -1;
        (host, port) = (colon > 0 ? target![..colon].Trim('[', ']') : "", 0);
        return colon > 0 && int.TryParse(target.AsSpan(colon + 1), out port) && port is >= 1 and <= 65_535;
    }

    private static string? FramingProblem(ParseResult parsed) =>
        SunnySwitch.Protocol.Framing.Framing.TryParse(parsed.GetValue(Framing)!, 8_192, out var problem) is null ? $"--framing: {problem}" : null;

    private static Option<T> Valued<T>(string name, T value, string description) =>
        new(name) { DefaultValueFactory = _ => value, Description = description };
}
