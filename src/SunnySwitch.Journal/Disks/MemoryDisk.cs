namespace SunnySwitch.Journal.Disks;

/// <summary>
/// A disk in memory with two images of each file: what was written and what was flushed. A crash keeps any choice of
/// the
/// sectors in between. For tests and the simulator: deterministic, and every fault comes on request.
/// </summary>
public sealed class MemoryDisk : IDisk
{
    /// <summary>What a power cut keeps or loses as one.</summary>
    public const int SectorBytes = 512;

    private readonly SortedDictionary<string, Content> _files = new(StringComparer.Ordinal);

    /// <summary>Writes so far, in all files.</summary>
    public int Writes { get; private set; }

    /// <summary>Flushes so far, in all files.</summary>
    public int Flushes { get; private set; }

    /// <summary>The write of this number (from 1) fails; 0 = none.</summary>
    public int FailWrite { get; set; }

    /// <summary>The flush of this number (from 1) fails; 0 = none.</summary>
    public int FailFlush { get; set; }

    /// <summary>True: no file can be made, the disk is full.</summary>
    public bool IsFull { get; set; }

    /// <summary>True: flushes do nothing and say that all is well. The fault that crash tests must notice.</summary>
    public bool LiesAboutFlush { get; set; }

    /// <inheritdoc/>
    public IReadOnlyList<string> List() => [.. _files.Keys];

    /// <inheritdoc/>
    public IDiskFile Create(string name, long bytes, bool prewritten = true)
    {
        if (IsFull) throw new IOException($"create {name}: no space left on device");
        if (_files.ContainsKey(name)) throw new IOException($"create {name}: file exists");
        _files[name] = new Content(checked((int)bytes));
        return new Handle(this, name, _files[name]);
    }

    /// <inheritdoc/>
    public IDiskFile Open(string name, bool forWriting) => new Handle(this, name, Find(name));

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        if (_files.ContainsKey(to)) throw new IOException($"rename {from}: {to} exists");
        _files[to] = Find(from);
        _files.Remove(from);
    }

    /// <inheritdoc/>
    public void Delete(string name)
    {
        Find(name);
        _files.Remove(name);
    }

    /// <summary>
    /// The written image of a file, to look at or to damage. Call <see cref="Settle"/> to make the damage durable.
    /// </summary>
    public Span<byte> Cached(string name) => Find(name).Cached;

    /// <summary>The flushed image of a file.</summary>
    public ReadOnlySpan<byte> Durable(string name) => Find(name).Durable;

    /// <summary>Puts a file there with that content, flushed; replaces one of that name.</summary>
    public void Put(string name, ReadOnlySpan<byte> content)
    {
        _files[name] = new Content(content.Length);
        content.CopyTo(_files[name].Cached);
        _files[name].Settle();
    }

    /// <summary>All that was written is flushed.</summary>
    public void Settle()
    {
        foreach (var content in _files.Values) content.Settle();
    }

    /// <summary>A second disk with the same images and no faults.</summary>
    public MemoryDisk Copy()
    {
        var copy = new MemoryDisk();
        foreach (var (name, content) in _files) copy._files[name] = content.Copy();
        return copy;
    }

    /// <summary>Offsets of the sectors of a file that are written and not flushed.</summary>
    public IReadOnlyList<int> UnflushedSectors(string name)
    {
        var content = Find(name);
        var offsets = new List<int>();
        for (var offset = 0; offset < content.Cached.Length; offset += SectorBytes)
            if (content.Differs(offset)) offsets.Add(offset);
        return offsets;
    }

    /// <summary>
    /// Power cut: of the sectors written and not flushed only those survive that <paramref name="keep"/> (name,
    /// offset) names.
    /// </summary>
    public void Crash(Func<string, int, bool> keep)
    {
        foreach (var (name, content) in _files)
        {
            foreach (var offset in UnflushedSectors(name))
                if (keep(name, offset)) content.FlushSector(offset);
            content.Durable.CopyTo(content.Cached, 0);
        }
    }

    private Content Find(string name) =>
        _files.TryGetValue(name, out var content) ? content : throw new IOException($"open {name}: no such file");

    private sealed class Content(int bytes)
    {
        internal readonly byte[] Cached = new byte[bytes];
        internal readonly byte[] Durable = new byte[bytes];

        // What was written since the last flush lies within; only an outsider's damage (Cached) may lie elsewhere.
        private int _from = bytes;
        private int _to;

        internal void Write(int offset, ReadOnlySpan<byte> source)
        {
            source.CopyTo(Cached.AsSpan(offset));
            (_from, _to) = (Math.Min(_from, offset), Math.Max(_to, offset + source.Length));
        }

        internal void Flush()
        {
            if (_from < _to) Cached.AsSpan(_from.._to).CopyTo(Durable.AsSpan(_from));
            (_from, _to) = (Cached.Length, 0);
        }

        internal void Settle()
        {
            Cached.CopyTo(Durable, 0);
            (_from, _to) = (Cached.Length, 0);
        }

        internal bool Differs(int offset) => !Sector(Cached, offset).SequenceEqual(Sector(Durable, offset));

        internal void FlushSector(int offset) => Sector(Cached, offset).CopyTo(Sector(Durable, offset));

        internal Content Copy()
        {
            var copy = new Content(Cached.Length);
            Cached.CopyTo(copy.Cached, 0);
            Durable.CopyTo(copy.Durable, 0);
            return copy;
        }

        private static Span<byte> Sector(byte[] image, int offset) =>
            image.AsSpan(offset, Math.Min(SectorBytes, image.Length - offset));
    }

    private sealed class Handle(MemoryDisk disk, string name, Content content) : IDiskFile
    {
        public string Name => name;

        public long Bytes => content.Cached.Length;

        public int Read(long offset, Span<byte> target)
        {
            var source = content.Cached.AsSpan((int)offset);
            var bytes = Math.Min(source.Length, target.Length);
            source[..bytes].CopyTo(target);
            return bytes;
        }

        public void Write(long offset, ReadOnlySpan<byte> source)
        {
            if (++disk.Writes == disk.FailWrite) throw new IOException($"write {name}: input/output error");
            content.Write((int)offset, source);
        }

        public void Flush()
        {
            if (++disk.Flushes == disk.FailFlush) throw new IOException($"fdatasync {name}: input/output error");
            if (!disk.LiesAboutFlush) content.Flush();
        }

        public void Dispose() { }
    }
}
