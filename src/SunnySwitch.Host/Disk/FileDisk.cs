using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SunnySwitch.Journal;
using SunnySwitch.Journal.Frames;

namespace SunnySwitch.Host.Disk;

/// <summary>A real directory. Files are made with mode 0600, the directory with 0700.</summary>
/// <remarks>
/// Whole aligned blocks are written directly (<c>O_DIRECT</c>), past the page cache, where the file system can:
/// half the processor time, and a flush has nothing to look for. All else, and every read, goes through the page cache.
/// <c>RandomAccess.FlushToDisk</c> is not used: it is <c>fsync</c> where <c>fdatasync</c> is enough on prewritten
/// space, it swallows EROFS, EINVAL and ENOTSUP, and it opens no directory. Hence the calls of the C library.
/// </remarks>
public sealed class FileDisk : IDisk
{
    private const int ZeroPieceBytes = 1 << 20;

    // Read only by whoever writes them out, so all disks share one.
    private static readonly AlignedBuffer Zeros = new(ZeroPieceBytes);

    private readonly string _directory;
    private readonly bool _writable;
    private bool _isBuffered;     // Seen once, believed for good. Any thread.

    /// <summary>
    /// Opens the directory for writing, making it if need be, and flushes it: what is listed would survive a power
    /// cut.
    /// </summary>
    public FileDisk(string directory) : this(directory, writable: true) { }

    private FileDisk(string directory, bool writable)
    {
        (_directory, _writable) = (Path.GetFullPath(directory), writable);
        if (!writable) return;
        if (!Directory.Exists(_directory))
        {
            MakeDirectory(_directory);
            DurableDirectory.Flush(Path.GetDirectoryName(_directory) ?? _directory);
        }
        FlushDirectory();
    }

    /// <summary>
    /// Opens an existing directory to look only: nothing is made, flushed or changed, and the owner may be at work.
    /// </summary>
    public static FileDisk ForReading(string directory) => Directory.Exists(directory)
        ? new FileDisk(directory, writable: false) : throw new IOException($"{directory}: no such directory");

    /// <summary>How long the flushes of this disk's files took.</summary>
    public FlushTimes Flushes { get; } = new();

    /// <summary>
    /// <c>direct</c> or <c>buffered</c>: how whole blocks are written, as far as is known; the first write may still
    /// find that the file system takes no direct ones.
    /// </summary>
    public string WriteMode => IsBuffered ? "buffered" : "direct";

    private bool IsBuffered
    {
        get => Volatile.Read(ref _isBuffered);
        set => Volatile.Write(ref _isBuffered, value);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List()
    {
        var names = new List<string>();
        foreach (var path in Directory.EnumerateFiles(_directory)) names.Add(Path.GetFileName(path));
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <inheritdoc/>
    public IDiskFile Create(string name, long bytes, bool prewritten = true)
    {
        var handle = OpenHandle(name, FileMode.CreateNew, FileAccess.ReadWrite);
        OpenFile? file = null;
        try
        {
            file = new OpenFile(this, name, handle, OpenDirect(name), bytes);
            // Written, not fallocated: unwritten extents make every later flush a journal commit of the file system.
            if (!prewritten) LibC.SetLength(handle, name, bytes);
            for (long offset = 0; prewritten && offset < bytes; offset += ZeroPieceBytes)
                file.Write(offset, Zeros.Slice(0, (int)Math.Min(ZeroPieceBytes, bytes - offset)));
            file.FlushUntimed();
            FlushDirectory();
            return file;
        }
        catch
        {
            file?.Dispose();
            handle.Dispose();
            File.Delete(PathOf(name));
            throw;
        }
    }

    /// <inheritdoc/>
    public IDiskFile Open(string name, bool forWriting)
    {
        var handle = OpenHandle(name, FileMode.Open, forWriting ? FileAccess.ReadWrite : FileAccess.Read);
        return new OpenFile(this, name, handle, forWriting ? OpenDirect(name) : null, RandomAccess.GetLength(handle));
    }

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        File.Move(PathOf(from), PathOf(to), overwrite: false);
        CrashPoints.Pass(CrashPoint.SegmentRenamed);
        FlushDirectory();
    }

    /// <inheritdoc/>
    public void Delete(string name)
    {
        File.Delete(PathOf(name));
        FlushDirectory();
    }

    private string PathOf(string name) => Path.Combine(_directory, name);

    /// <summary>A second handle of the same file, for direct writes; null when there can be none.</summary>
    private SafeFileHandle? OpenDirect(string name)
    {
        var handle = IsBuffered ? null : LibC.TryOpenDirect(PathOf(name));
        if (handle is null) IsBuffered = true;
        return handle;
    }

    private SafeFileHandle OpenHandle(string name, FileMode mode, FileAccess access)
    {
        if (!_writable && access != FileAccess.Read)
            throw new IOException($"{name}: the directory was opened for reading");
        try
        {
            if (mode == FileMode.CreateNew && !OperatingSystem.IsWindows()) return CreateOwnerOnly(name);
            return File.OpenHandle(PathOf(name), mode, access, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new IOException($"open {name}: {denied.Message}", denied);
        }
    }

    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    private SafeFileHandle CreateOwnerOnly(string name)
    {
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        options.UnixCreateMode = owner;
        new FileStream(PathOf(name), options).Dispose();
        return File.OpenHandle(PathOf(name), FileMode.Open, FileAccess.ReadWrite,
            FileShare.ReadWrite | FileShare.Delete);
    }

    private static void MakeDirectory(string directory)
    {
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(directory);
            else Directory.CreateDirectory(directory,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new IOException($"{directory}: {denied.Message}", denied);
        }
    }

    private void FlushDirectory() => DurableDirectory.Flush(_directory);

    private sealed class OpenFile(
        FileDisk disk, string name, SafeFileHandle handle, SafeFileHandle? direct, long bytes) : IDiskFile
    {
        public string Name => name;

        public long Bytes => bytes;

        public int Read(long offset, Span<byte> target) => RandomAccess.Read(handle, target, offset);

        public void Write(long offset, ReadOnlySpan<byte> source)
        {
            if (!OperatingSystem.IsLinux())
            {
                RandomAccess.Write(handle, source, offset);
                return;
            }
            while (!source.IsEmpty)
            {
                var isDirect = direct is not null && !disk.IsBuffered && AreWholeBlocks(offset, source);
                var written = LibC.Write(isDirect ? direct! : handle, offset, source);
                if (written <= 0)
                {
                    if (written < 0 && LibC.LastError == LibC.Interrupted) continue;
                    // Refused before anything was written. One error that is no sign of a bad disk.
                    if (!isDirect || written == 0 || LibC.LastError != LibC.InvalidArgument)
                        throw LibC.Failure("pwrite", name);
                    disk.IsBuffered = true;
                    continue;
                }
                offset += written;
                source = source[written..];
            }
        }

        public void Flush()
        {
            var start = Stopwatch.GetTimestamp();
            FlushUntimed();
            disk.Flushes.Record(Stopwatch.GetTimestamp() - start);
        }

        // Of the file, not of the handle: what went through either of them.
        internal void FlushUntimed() => LibC.FlushData(handle, name);

        public void Dispose()
        {
            direct?.Dispose();
            handle.Dispose();
        }

        private static bool AreWholeBlocks(long offset, ReadOnlySpan<byte> source)
        {
            var address = Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref MemoryMarshal.GetReference(source));
            return ((offset | (long)source.Length | address) & (FrameFormat.BlockBytes - 1)) == 0;
        }
    }
}
