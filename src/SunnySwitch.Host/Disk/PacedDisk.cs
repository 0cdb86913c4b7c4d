using System.Diagnostics;
using SunnySwitch.Journal;

namespace SunnySwitch.Host.Disk;

/// <summary>Rests after each piece of work, so that only a share of the time goes into work: disk, memory and processor alike.</summary>
/// <param name="percent">Share of the time, 1 to 100.</param>
internal sealed class Pace(int percent)
{
    private const int PieceMilliseconds = 2;
    private readonly Stopwatch _work = Stopwatch.StartNew();

    /// <summary>A good place to rest, if enough was done.</summary>
    public void Keep()
    {
        if (percent >= 100 || _work.ElapsedMilliseconds < PieceMilliseconds) return;
        Thread.Sleep((int)Math.Ceiling(_work.Elapsed.TotalMilliseconds * (100 - percent) / percent));
        _work.Restart();
    }
}

/// <summary>A disk whose user rests at each read and write, for work beside the switch.</summary>
internal sealed class PacedDisk(IDisk disk, Pace pace) : IDisk
{
    /// <inheritdoc/>
    public IReadOnlyList<string> List() => disk.List();

    /// <inheritdoc/>
    public IDiskFile Create(string name, long bytes, bool prewritten = true) => new PacedFile(disk.Create(name, bytes, prewritten), pace);

    /// <inheritdoc/>
    public IDiskFile Open(string name, bool forWriting) => new PacedFile(disk.Open(name, forWriting), pace);

    /// <inheritdoc/>
    public void Rename(string from, string to) => disk.Rename(from, to);

    /// <inheritdoc/>
    public void Delete(string name) => disk.Delete(name);

    private sealed class PacedFile(IDiskFile file, Pace pace) : IDiskFile
    {
        public string Name => file.Name;

        public long Bytes => file.Bytes;

        public int Read(long offset, Span<byte> target)
        {
            pace.Keep();
            return file.Read(offset, target);
        }

        public void Write(long offset, ReadOnlySpan<byte> source)
        {
            pace.Keep();
            file.Write(offset, source);
        }

        public void Flush() => file.Flush();

        public void Dispose() => file.Dispose();
    }
}
