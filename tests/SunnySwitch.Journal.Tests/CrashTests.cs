using FsCheck;
using FsCheck.Xunit;
using SunnySwitch.Journal.Disks;
using Xunit;

namespace SunnySwitch.Journal.Tests;

/// <summary>Random lives: write, lose power with any sectors of what was not flushed, start again, go on.</summary>
public sealed class CrashTests
{
    [Property(MaxTest = 200)]
    public void Whatever_was_durable_at_a_power_cut_is_there_after_it(uint seed) =>
        Assert.Null(Live(seed, lies: false, lives: 6));

    [Fact]
    public void Control_a_disk_that_does_not_flush_is_found_out()
    {
        var found = 0;
        for (uint seed = 1; seed <= 50; seed++) if (Live(seed, lies: true, lives: 1) is not null) found++;
        Assert.Equal(50, found);
    }

    /// <summary>Null, or the promise that was broken.</summary>
    private static string? Live(uint seed, bool lies, int lives)
    {
        var random = new SplitMix(seed);
        var disk = new MemoryDisk();
        var durable = new Fold();                      // What has been committed, by our own record.
        for (var life = 0; life < lives; life++)
        {
            var state = new Fold();
            try
            {
                using var journal = state.Open(disk, TestJournal.Small, out _);
                var problem = Compare(durable, state);
                if (problem is not null) return problem;
                journal.Epoch++;
                disk.LiesAboutFlush = lies;
                for (var batch = random.Below(12) + 1; batch > 0; batch--)
                {
                    if (random.Below(9) == 0) journal.Supply.PrepareNext();
                    TestJournal.Write(journal, state, 1, random.Below(20) + 1);
                }
                durable = state.Copy();
                disk.FailFlush = disk.Flushes + 1;     // The last batch is written, its flush never returns.
                if (random.Below(3) > 0) TestJournal.Write(journal, state, 1, random.Below(20) + 1);
            }
            catch (StopToProtectDataException) when (disk.Flushes >= disk.FailFlush && disk.FailFlush > 0) { }
            catch (JournalCorruptException refusal) { return refusal.Message; }
            disk.FailFlush = 0;
            var density = random.Below(lies ? 3 : 5);     // 4 keeps everything, which hides any lie.
            disk.Crash((_, _) => random.Below(4) < density);
        }
        try
        {
            var last = new Fold();
            last.Open(disk, TestJournal.Small, out _).Dispose();
            return Compare(durable, last);
        }
        catch (JournalCorruptException refusal) { return refusal.Message; }
    }

    private static string? Compare(Fold durable, Fold recovered) =>
        recovered.Frames < durable.Frames ? $"{durable.Frames} frames were durable, {recovered.Frames} are there"
        : recovered.After[(int)durable.Frames] != durable.Hash ? "other frames are there" : null;

    private sealed class SplitMix(ulong state)
    {
        internal int Below(int bound)
        {
            state += 0x9E37_79B9_7F4A_7C15;
            var mixed = (state ^ (state >> 30)) * 0xBF58_476D_1CE4_E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
            return (int)((mixed ^ (mixed >> 31)) % (ulong)bound);
        }
    }
}
