namespace SunnySwitch.Journal;

/// <summary>
/// The disk as the journal sees it: one directory of flat files. A port, so that tests can hold, tear, reorder and lose
/// writes that were not flushed. Every failure is an <see cref="IOException"/> whose message names file and cause.
/// </summary>
/// <remarks>
/// <see cref="Create"/> may be called by another thread than the one that writes to open files; nothing else may.
/// Opening the directory flushes it, so that what is listed is what a power cut would leave.
/// </remarks>
public interface IDisk
{
    /// <summary>Names of all files, in ordinal order.</summary>
    IReadOnlyList<string> List();

    /// <summary>
    /// Makes a file of <paramref name="bytes"/> zeros; they are written out, file and directory flushed, before it
    /// returns.
    /// </summary>
    /// <param name="name">A name that is not in use.</param>
    /// <param name="bytes">Its length.</param>
    /// <param name="prewritten">False for a file that is written once, from end to end, and flushed once: the zeros need
    /// not be on the disk, and a full disk may be noticed by a write only.</param>
    /// <remarks>On failure (disk full) nothing is left behind.</remarks>
    IDiskFile Create(string name, long bytes, bool prewritten = true);

    /// <summary>Opens an existing file.</summary>
    IDiskFile Open(string name, bool forWriting);

    /// <summary>Renames within the directory and flushes the directory. <paramref name="to"/> must not exist.</summary>
    void Rename(string from, string to);

    /// <summary>Deletes and flushes the directory.</summary>
    void Delete(string name);
}

/// <summary>An open file of an <see cref="IDisk"/>. Its length never changes.</summary>
public interface IDiskFile : IDisposable
{
    /// <summary>Name within the directory.</summary>
    string Name { get; }

    /// <summary>Length in bytes.</summary>
    long Bytes { get; }

    /// <summary>
    /// Reads up to <paramref name="target"/>'s length; less only at the end of the file. Returns the bytes read.
    /// </summary>
    int Read(long offset, Span<byte> target);

    /// <summary>Writes all of <paramref name="source"/>, within the file's length.</summary>
    /// <remarks>
    /// The journal writes whole blocks of 4,096 bytes at multiples of 4,096 from an <see cref="AlignedBuffer"/>, which
    /// a disk may write faster; anything else is taken too.
    /// </remarks>
    void Write(long offset, ReadOnlySpan<byte> source);

    /// <summary>Returns when everything written would survive a power cut (<c>fdatasync</c>).</summary>
    void Flush();
}
