using System.CommandLine;
using SunnySwitch.Host.Options;
using SunnySwitch.Host.Serving;
using SunnySwitch.Journal;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny serve</c>: runs the switch until SIGTERM.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var config = new Option<string?>("--config") { Description = "Configuration file; without it, the embedded default." };
        var data = new Option<string>("--data") { Description = "Data folder.", DefaultValueFactory = _ => "data" };
        var set = new Option<string[]>("--set") { Description = "Overrides one key: --set tables.holds=5000000", DefaultValueFactory = _ => [] };
        var command = new Command("serve", "Runs the switch until SIGTERM (drains, then stops; a second SIGTERM stops at once).") { config, data, set };
        command.SetAction((parsed, _) => Serve(parsed.GetValue(config), parsed.GetValue(data)!, parsed.GetValue(set)!));
        return command;
    }

    private static async Task<int> Serve(string? config, string dataFolder, string[] settings)
    {
        ProtectData.AllowNoCoreFile();
        using var signals = new Signals();
        try
        {
            var options = OptionsFile.Read(config, settings);
            var running = await RunningSwitch.Start(options, Path.GetFullPath(dataFolder), config, settings, Console.WriteLine).ConfigureAwait(false);
            await using (running.ConfigureAwait(false))
            {
                signals.OnReload = () => running.ReloadDialects();
                await signals.StopAsked.ConfigureAwait(false);
                signals.OnReload = null;
                Console.WriteLine("draining");
            }

            Console.WriteLine("stopped");
            return 0;
        }
        catch (OptionsException wrong)
        {
            Console.Error.WriteLine($"sunny: {wrong.Problems.Count} problem{(wrong.Problems.Count == 1 ? "" : "s")} in the configuration:");
            foreach (var problem in wrong.Problems) Console.Error.WriteLine($"  {problem}");
            return 2;
        }
        catch (JournalCorruptException corrupt)
        {
            Console.Error.WriteLine($"sunny: {corrupt.Message}");
            return ProtectData.ExitCode;
        }
        catch (StopToProtectDataException stop)
        {
            ProtectData.Stop(stop.Message);
            return ProtectData.ExitCode;
        }
        catch (Exception wrong) when (wrong is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"sunny: {wrong.Message}");
            return wrong is InvalidDataException ? 2 : 1;
        }
    }
}
