using System.Globalization;
using SunnySwitch.Host.Disk;

namespace SunnySwitch.Host;

/// <summary>
/// In a build with mutants alone, for the tests that kill the real process: <c>SUNNY_MUTANT=SkipFlush</c> breaks a rule,
/// <c>SUNNY_CRASH=BatchWritten:3</c> ends the process at the third pass of that point.
/// </summary>
internal static class Breakage
{
    // The thread at the point stands still; everything that had left its hands has this long to leave the machine.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(50);

    internal static void Arm()
    {
        if (Enum.TryParse<Mutation>(Environment.GetEnvironmentVariable("SUNNY_MUTANT"), out var broken)) Mutant.Active = broken;
        if (Environment.GetEnvironmentVariable("SUNNY_CRASH") is not { } crash) return;
        var parts = crash.Split(':');
        CrashPoints.Arm(Enum.Parse<CrashPoint>(parts[0]), int.Parse(parts[1], CultureInfo.InvariantCulture), Die);
    }

    private static void Die(CrashPoint point)
    {
        Console.Out.WriteLine($"crash point {point}");
        Console.Out.Flush();
        Thread.Sleep(Grace);
        LibC.KillThisProcess();
    }
}
