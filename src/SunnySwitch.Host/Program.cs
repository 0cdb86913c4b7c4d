using System.CommandLine;

namespace SunnySwitch.Host;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        var root = new RootCommand("SunnySwitch: payment switch and authorization host.");
        root.Subcommands.Add(Commands.LoadCommand.Create());
        root.Subcommands.Add(Commands.LoadCommand.CreateEcho());
        root.Subcommands.Add(Commands.PlayCommand.Create());
        root.Subcommands.Add(Commands.DecodeCommand.Create());
        root.Subcommands.Add(Commands.EncodeCommand.Create());
        return root.Parse(arguments).Invoke();
    }
}
