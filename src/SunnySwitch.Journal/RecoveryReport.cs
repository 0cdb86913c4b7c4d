namespace SunnySwitch.Journal;

/// <summary>What was found when a journal was opened.</summary>
/// <param name="LastSequence">Sequence of the last frame that was kept; 0 for an empty journal.</param>
/// <param name="Epoch">Epoch of that frame; 0 for an empty journal. The caller opens the next one.</param>
/// <param name="Frames">Frames read, the journal's own included.</param>
/// <param name="Segments">Segment files.</param>
/// <param name="CutBytes">Bytes of a torn tail that were set back to zero; 0 when there was none.</param>
/// <param name="CutReason">Why, where and what; null when nothing was cut.</param>
public sealed record RecoveryReport(
    long LastSequence, ulong Epoch, long Frames, int Segments, long CutBytes, string? CutReason);
