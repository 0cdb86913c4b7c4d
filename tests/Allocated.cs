namespace SunnySwitch;

/// <summary>What code allocates on the thread that runs it. The only place of the tests that counts it.</summary>
internal static class Allocated
{
    /// <summary>How often <see cref="Least"/> runs what it is given.</summary>
    public const int Rounds = 5;

    /// <summary>
    /// Bytes that a run allocates, the least of five. One alone proves nothing: a collection that another thread begins counts what this one had left
    /// to allocate from (4 to 8 KB) as allocated, and now and then the runtime recompiles on it. Neither comes five times; what a run allocates does.
    /// </summary>
    public static long Least(Action run)
    {
        var least = long.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
