using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SunnySwitch.Journal;

namespace SunnySwitch.Host.Disk;

/// <summary>A real directory. Files are made with mode 0600, the directory with 0700.</summary>
/// <remarks>
/// <c>RandomAccess.FlushToDisk</c> is not used: it is <c>fsync</c> where <c>fdatasync</c> is enough on prewritten
/// space, it
/// swallows EROFS, EINVAL and ENOTSUP, and it opens no directory. Hence three calls of the C library.
/// </remarks>
public sealed class FileDisk : IDisk
{
    private const int ZeroPieceBytes = 1 << 20;
    private readonly string _directory;
    private readonly bool _writable;

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
            FlushDirectory(Path.GetDirectoryName(_directory) ?? _directory);
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

    /// <inheritdoc/>
    public IReadOnlyList<string> List()
    {
        var names = new List<string>();
        foreach (var path in Directory.EnumerateFiles(_directory)) names.Add(Path.GetFileName(path));
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <inheritdoc/>
    public IDiskFile Create(string name, long bytes)
    {
        var file = new OpenFile(this, name, OpenHandle(name, FileMode.CreateNew, FileAccess.ReadWrite), bytes);
        try
        {
            // Written, not fallocated: unwritten extents make every later flush a journal commit of the file system.
            var zeros = new byte[ZeroPieceBytes];
            for (long offset = 0; offset < bytes; offset += zeros.Length)
                file.Write(offset, zeros.AsSpan(0, (int)Math.Min(zeros.Length, bytes - offset)));
            file.FlushUntimed();
            FlushDirectory();
            return file;
        }
        catch
        {
            file.Dispose();
            File.Delete(PathOf(name));
            throw;
        }
    }

    /// <inheritdoc/>
    public IDiskFile Open(string name, bool forWriting)
    {
        var handle = OpenHandle(name, FileMode.Open, forWriting ? FileAccess.ReadWrite : FileAccess.Read);
        return new OpenFile(this, name, handle, RandomAccess.GetLength(handle));
    }

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        File.Move(PathOf(from), PathOf(to), overwrite: false);
        FlushDirectory();
    }

    /// <inheritdoc/>
    public void Delete(string name)
    {
        File.Delete(PathOf(name));
        FlushDirectory();
    }

    private string PathOf(string name) => Path.Combine(_directory, name);

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

    private void FlushDirectory() => FlushDirectory(_directory);

    private static void FlushDirectory(string directory)
    {
        if (!OperatingSystem.IsLinux()) return;
        const int readOnly = 0;
        var path = System.Text.Encoding.UTF8.GetBytes(directory + '\0');
        var descriptor = open(path, readOnly, 0);
        if (descriptor < 0) throw Failure("open", directory);
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (fsync(handle) != 0) throw Failure("fsync", directory);
    }

    private static IOException Failure(string call, string name)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{call} {name}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})");
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int open(byte[] path, int flags, int mode);

    [DllImport("libc", SetLastError = true)]
    private static extern int fsync(SafeFileHandle file);

    [DllImport("libc", SetLastError = true)]
    private static extern int fdatasync(SafeFileHandle file);

    private sealed class OpenFile(FileDisk disk, string name, SafeFileHandle handle, long bytes) : IDiskFile
    {
        public string Name => name;

        public long Bytes => bytes;

        public int Read(long offset, Span<byte> target) => RandomAccess.Read(handle, target, offset);

        public void Write(long offset, ReadOnlySpan<byte> source) => RandomAccess.Write(handle, source, offset);

        public void Flush()
        {
            var start = Stopwatch.GetTimestamp();
            FlushUntimed();
            disk.Flushes.Record(Stopwatch.GetTimestamp() - start);
        }

        internal void FlushUntimed()
        {
            if (!OperatingSystem.IsLinux()) RandomAccess.FlushToDisk(handle);
            else if (fdatasync(handle) != 0) throw Failure("fdatasync", name);
        }

        public void Dispose() => handle.Dispose();
    }
}
