namespace SunnySwitch.Journal;

/// <summary>
/// The journal cannot be what was written. The message names file, byte offset and what to do; nothing was changed.
/// </summary>
public sealed class JournalCorruptException : Exception
{
    /// <summary>Makes the exception with the line that the operator reads.</summary>
    public JournalCorruptException(string message) : base(message) { }
}
