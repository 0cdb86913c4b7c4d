using SunnySwitch.Journal;

namespace SunnySwitch.Host.Disk;

/// <summary>
/// Holds writes in this process' memory until the flush, so that SIGKILL is a power cut: with the page cache between, a
/// missing flush is never noticed. On each write a random prefix goes straight through, as a drive's cache may do.
/// </summary>
public sealed class HeldDisk : IDisk
{
    private const int SectorBytes = 512;
    private readonly IDisk _disk;
    private readonly bool _letsPrefixesThrough;
    private ulong _state;

    /// <summary>Wraps a disk.</summary>
    /// <param name="disk">The disk that gets the writes at the flush.</param>
    /// <param name="prefixSeed">Seed of the prefixes; null: nothing goes through before the flush.</param>
    public HeldDisk(IDisk disk, ulong? prefixSeed = null)
    {
        (_disk, _letsPrefixesThrough) = (disk, prefixSeed is not null);
        _state = prefixSeed.GetValueOrDefault();
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List() => _disk.List();

    /// <inheritdoc/>
    public IDiskFile Create(string name, long bytes, bool prewritten = true) =>
        new HeldFile(this, _disk.Create(name, bytes, prewritten));

    /// <inheritdoc/>
    public IDiskFile Open(string name, bool forWriting) => new HeldFile(this, _disk.Open(name, forWriting));

    /// <inheritdoc/>
    public void Rename(string from, string to) => _disk.Rename(from, to);

    /// <inheritdoc/>
    public void Delete(string name) => _disk.Delete(name);

    /// <summary>
    /// How many bytes of a write of that length go through at once: whole sectors, half of the time none.
    /// </summary>
    private int PrefixOf(int bytes)
    {
        if (!_letsPrefixesThrough) return 0;
        // SplitMix64: the seed gives the same run again.
        _state += 0x9E37_79B9_7F4A_7C15;
        var mixed = (_state ^ (_state >> 30)) * 0xBF58_476D_1CE4_E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
        mixed ^= mixed >> 31;
        if ((mixed & 1) == 0) return 0;
        return Math.Min(bytes, (int)((mixed >> 1) % (ulong)(bytes / SectorBytes + 2)) * SectorBytes);
    }

    /// <summary>Reads are for recovery, before anything is held; a read over held bytes sees them.</summary>
    private sealed class HeldFile(HeldDisk disk, IDiskFile file) : IDiskFile
    {
        private readonly List<(long Offset, byte[] Bytes)> _held = [];

        public string Name => file.Name;

        public long Bytes => file.Bytes;

        public int Read(long offset, Span<byte> target)
        {
            var read = file.Read(offset, target);
            foreach (var (start, bytes) in _held)
            {
                var from = Math.Max(start, offset);
                var to = Math.Min(start + bytes.Length, offset + read);
                if (from >= to) continue;
                bytes.AsSpan((int)(from - start), (int)(to - from)).CopyTo(target[(int)(from - offset)..]);
            }
            return read;
        }

        public void Write(long offset, ReadOnlySpan<byte> source)
        {
            _held.Add((offset, source.ToArray()));
            var prefix = disk.PrefixOf(source.Length);
            if (prefix > 0) file.Write(offset, source[..prefix]);
        }

        public void Flush()
        {
            foreach (var (offset, bytes) in _held) file.Write(offset, bytes);
            file.Flush();
            _held.Clear();
        }

        public void Dispose() => file.Dispose();
    }
}
