using System.CommandLine;
using SunnySwitch.Host.Load;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny play</c>: an acquirer's session for people to watch.</summary>
internal static class PlayCommand
{
    private const int FrameBytesMax = 4_000;

    private static readonly Argument<string> Target = new("HOST:PORT") { Description = "The switch." };

    private static readonly Argument<string[]> Files = new("FILE")
    {
        Arity = ArgumentArity.OneOrMore,
        Description = "Sessions, such as config/samples/session-iso87-ascii.json.",
    };

    private static readonly Option<string?> Dialect = new("--dialect") { Description = "Other than the file's." };
    private static readonly Option<string?> Acquirer = new("--acquirer") { Description = "DE32; default: the file's." };
    private static readonly Option<string?> Framing = new("--framing") { Description = "How frames are cut; default: what the dialect says, or be16." };

    /// <summary>The command <c>play</c>.</summary>
    public static Command Create()
    {
        var command = new Command("play", "Plays an acquirer's session and shows each exchange decoded.")
        {
            Target, Files, Dialect, Acquirer, Framing,
        };
        command.SetAction(Run);
        return command.WithTls();
    }

    private static int Run(ParseResult parsed)
    {
        var target = parsed.GetValue(Target)!;
        if (!LoadCommand.TrySplit(target, out var host, out var port))
        {
            Console.Error.WriteLine($"sunny play: HOST:PORT: such as 127.0.0.1:8583, is {target}");
            return 2;
        }

        try
        {
            return parsed.GetValue(Files)!.Max(file => Play(parsed, host, port, file));
        }
        catch (LoadException exception)
        {
            Console.Error.WriteLine($"sunny play: {exception.Message}");
            return 1;
        }
    }

    private static int Play(ParseResult parsed, string host, int port, string file)
    {
        var session = Session.Read(file);
        var dialect = DialectFiles.Load(parsed.GetValue(Dialect) ?? session.Dialect);
        var name = parsed.GetValue(Framing) ?? dialect.Framing ?? "be16";
        var framing = SunnySwitch.Protocol.Framing.Framing.TryParse(name, FrameBytesMax, out var problem) ?? throw new LoadException($"--framing: {problem}");
        var player = new SessionPlayer(dialect, framing, Console.Out);
        using var peer = Peer.Dial(host, port, TlsClientOptions.Read(parsed));
        player.Play(session, new SessionStamps(DateTime.UtcNow, parsed.GetValue(Acquirer)), peer);
        Console.WriteLine($"{player.Played} exchanges, {player.Wrong} not as expected ({dialect.Name}, {host}:{port})");
        return player.Wrong == 0 ? 0 : 1;
    }
}
