using System.CommandLine;

namespace SunnySwitch.Host;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        var root = new RootCommand("SunnySwitch: payment switch and authorization host.");
        root.Add(Commands.LoadCommand.Build());
        root.Add(Commands.LoadCommand.BuildEcho());
        root.Add(Commands.PlayCommand.Build());
        return root.Parse(arguments).Invoke();
    }
}
