using System.CommandLine;
using SunnySwitch.Host.Commands;

namespace SunnySwitch.Host;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        var root = new RootCommand("SunnySwitch: payment switch and authorization host.");
        root.Subcommands.Add(JournalCommand.Create());
        return root.Parse(arguments).Invoke();
    }
}
