using System.CommandLine;
using SunnySwitch.Host.Commands;

namespace SunnySwitch.Host;

internal static class Program
{
    private const int WrongUse = 2;

    private static int Main(string[] arguments)
    {
        // Read once by the runtime at the first socket: completions run on the polling threads, without a hop through the pool.
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        // One polling thread: two on two cores wake each other for half a batch each.
        if (Environment.ProcessorCount <= 2) Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", "1");
        if (Mutant.Exist) Breakage.Arm();
        var root = new RootCommand("SunnySwitch: payment switch and authorization host.")
        {
            ServeCommand.Create(),
            CardCommand.Create(), AcceptorCommand.Create(),
            KeyCommand.Create(),
            HsmCommand.Create(),
            PlayCommand.Create(),
            LoadCommand.Create(),
            LoadCommand.CreateEcho(),
            JournalCommand.Create(), LedgerCommands.Create(), ReconcileCommand.Create(),
            TxCommand.Create(), ReplayCommand.Create(), ChecksCommand.Create(), RulesCommand.Create(), RatesCommand.Create(),
            DecodeCommand.Create(), DialectCommand.Create(), DoctorCommand.Create(),
            EncodeCommand.Create(), RedisCommand.Create(),
            SimulateCommand.Create(),
        };
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count == 0) return parsed.Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null });
        foreach (var error in parsed.Errors) Console.Error.WriteLine($"sunny: {error.Message}");
        Console.Error.WriteLine("sunny: --help shows what there is");
        return WrongUse;
    }
}
