using SunnySwitch.Journal;

namespace SunnySwitch.Host.Disk;

/// <summary>A journal together with the segments of it that only the archive still has: for reading from the first frame on.</summary>
internal sealed class JournalAndArchive(IDisk journal, IDisk archive) : IDisk
{
    /// <summary>The folder of a journal, with its archive where there is one.</summary>
    public static IDisk Open(string journalFolder, string? archiveFolder)
    {
        var journal = FileDisk.ForReading(journalFolder);
        return archiveFolder is not null && Directory.Exists(archiveFolder) ? new JournalAndArchive(journal, FileDisk.ForReading(archiveFolder)) : journal;
    }

    public IReadOnlyList<string> List() => [.. journal.List().Union(archive.List()).Order(StringComparer.Ordinal)];

    public IDiskFile Open(string name, bool forWriting) => journal.List().Contains(name) ? journal.Open(name, forWriting) : archive.Open(name, forWriting);

    public IDiskFile Create(string name, long bytes, bool prewritten = true) => throw new NotSupportedException("for reading");

    public void Rename(string from, string to) => throw new NotSupportedException("for reading");

    public void Delete(string name) => throw new NotSupportedException("for reading");
}
