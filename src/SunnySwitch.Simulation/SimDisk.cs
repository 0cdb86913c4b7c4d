using SunnySwitch.Journal;
using SunnySwitch.Journal.Disks;

namespace SunnySwitch.Simulation;

/// <summary>The power went: the node is gone in the middle of a call of the disk. Nothing may catch it on the way.</summary>
internal sealed class PowerCutException : Exception;

/// <summary>
/// One life of a node's disk: every call is a place where the power can go, before it, after it, or (a write) in the
/// middle. What lies on the platter afterwards is <see cref="MemoryDisk.Crash"/>'s to say.
/// </summary>
internal sealed class SimDisk(MemoryDisk platter, Prng prng) : IDisk
{
    private readonly Stack<(string From, string To)> _unflushed = new();
    private int _callsUntilCut = -1;
    private bool _isSegmentNew;

    /// <summary>The power goes within the next <paramref name="calls"/> calls.</summary>
    public void CutWithin(int calls) => _callsUntilCut = prng.Below(calls);

    /// <summary>
    /// What another process does while the first batch of a segment is written and not yet flushed: there it may see what a
    /// power cut would still take away.
    /// </summary>
    public Action? Meanwhile { get; set; }

    /// <summary>The next write or flush fails: the drive says so.</summary>
    public bool FailsNext { get; set; }

    /// <summary>True once it failed: the node that saw it has to stop.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>It was somebody else who saw it, and who has given up.</summary>
    public void Forgive() => HasFailed = false;

    public IReadOnlyList<string> List() => platter.List();

    public IDiskFile Create(string name, long bytes, bool prewritten = true)
    {
        var file = Guarded(() => platter.Create(name, bytes, prewritten));
        _unflushed.Clear();                                  // It flushes the directory, with all that was renamed before.
        return new SimFile(this, file);
    }

    public IDiskFile Open(string name, bool forWriting) => new SimFile(this, platter.Open(name, forWriting));

    public void Rename(string from, string to)
    {
        Guarded(() => platter.Rename(from, to));
        if (Mutant.Is(Mutation.ForgetDirectoryFlush)) _unflushed.Push((from, to));
        _isSegmentNew = to.EndsWith(".seg", StringComparison.Ordinal);
    }

    /// <summary>What the directory says after a power cut: renames whose directory was never flushed are undone.</summary>
    public void ForgetRenames()
    {
        while (_unflushed.TryPop(out var rename)) platter.Rename(rename.To, rename.From);
    }

    public void Delete(string name) => Guarded(() => platter.Delete(name));

    private void Point()
    {
        if (_callsUntilCut >= 0 && _callsUntilCut-- == 0) throw new PowerCutException();
    }

    private void Guarded(Action act)
    {
        Point();
        act();
        Point();
    }

    private T Guarded<T>(Func<T> act)
    {
        Point();
        var result = act();
        Point();
        return result;
    }

    private void Fail(string what, string name)
    {
        if (!FailsNext) return;
        (FailsNext, HasFailed) = (false, true);
        throw new IOException($"{what} {name}: input/output error");
    }

    private sealed class SimFile(SimDisk disk, IDiskFile file) : IDiskFile
    {
        public string Name => file.Name;

        public long Bytes => file.Bytes;

        public int Read(long offset, Span<byte> target) => file.Read(offset, target);

        public void Write(long offset, ReadOnlySpan<byte> source)
        {
            disk.Point();
            disk.Fail("write", Name);
            if (disk._callsUntilCut == 0)
            {
                file.Write(offset, source[..(disk.PrngBelow(source.Length / 512 + 1) * 512)]);
                throw new PowerCutException();
            }

            file.Write(offset, source);
            disk.Point();
        }

        public void Flush()
        {
            if (disk._isSegmentNew && Name.EndsWith(".seg", StringComparison.Ordinal))
            {
                disk._isSegmentNew = false;
                disk.Meanwhile?.Invoke();
            }

            disk.Point();
            disk.Fail("fdatasync", Name);
            file.Flush();
            disk.Point();
        }

        public void Dispose() => file.Dispose();
    }

    private int PrngBelow(int bound) => prng.Below(bound);
}
