using System.Diagnostics;
using SunnySwitch.Host.Disk;
using SunnySwitch.Journal;

namespace SunnySwitch.Host.Serving;

/// <summary>Measures what a flush costs on the data folder's disk: the floor under every latency the switch can have.</summary>
internal static class DiskProbe
{
    private const int Flushes = 100;
    private const int BlockBytes = 4096;

    public static string Describe(string dataFolder)
    {
        var folder = Path.Combine(dataFolder, "probe");
        Directory.CreateDirectory(folder);
        var micros = new double[Flushes];
        var disk = new FileDisk(folder);
        using (var file = disk.Create("probe", Flushes * BlockBytes))
        {
            var block = new AlignedBuffer(BlockBytes);
            for (var index = 0; index < Flushes; index++)
            {
                var start = Stopwatch.GetTimestamp();
                file.Write((long)index * BlockBytes, block.Span);
                file.Flush();
                micros[index] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            }
        }

        Directory.Delete(folder, recursive: true);
        Array.Sort(micros);
        return $"flush of 4 KiB p50 {micros[Flushes / 2]:F0} us, p99 {micros[Flushes * 99 / 100]:F0} us ({Flushes} flushes), writes {disk.WriteMode}";
    }
}
