namespace SunnySwitch.Hsm;

/// <summary>Files that hold keys: mode 0600, replaced as a whole and durably, or not at all.</summary>
public static class OwnerFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes beside, flushes, then renames over.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var beside = path + ".new";
        File.Delete(beside);
        // Without a buffer: what is in it is not ours to wipe.
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        using (var file = new FileStream(beside, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        CrashPoints.Pass(CrashPoint.KeyFileWritten);
        File.Move(beside, path, overwrite: true);
        CrashPoints.Pass(CrashPoint.KeyFileNamed);
        DurableDirectory.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Reads; refuses a file that others can read.</summary>
    /// <exception cref="InvalidDataException">Others can read it.</exception>
    public static byte[] Read(string path)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~OwnerOnly) != 0)
        {
            throw new InvalidDataException($"{path}: others than its owner can reach it: chmod 600, and ask who did");
        }

        return ReadPinned(path);
    }

    /// <summary>Reads any file straight into memory that the collector does not move: whoever wipes it has wiped all of it.</summary>
    public static byte[] ReadPinned(string path)
    {
        using var file = File.OpenHandle(path);
        long length;
        try
        {
            length = RandomAccess.GetLength(file);
        }
        catch (NotSupportedException)
        {
            throw new IOException($"{path} is no plain file");
        }

        var content = GC.AllocateArray<byte>(checked((int)length), pinned: true);
        for (var read = 0; read < content.Length;)
        {
            var piece = RandomAccess.Read(file, content.AsSpan(read), read);
            if (piece == 0) throw new EndOfStreamException($"{path} became shorter while it was read");
            read += piece;
        }

        return content;
    }
}
