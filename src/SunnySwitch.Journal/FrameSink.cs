using SunnySwitch.Core.Domain;

namespace SunnySwitch.Journal;

/// <summary>Folds frames in order; <c>SwitchState.Apply</c> fits.</summary>
/// <remarks>
/// It sees what the writer appended: the journal's own frames (<see cref="JournalKind.HashAt"/>,
/// <see cref="JournalKind.BatchChain"/>) are checked by the journal and not passed on, so that a recovering state is
/// given exactly what the living one was.
/// </remarks>
/// <param name="kind">What the frame means.</param>
/// <param name="version">Version of that kind's payload.</param>
/// <param name="sequence">Its number; rises by more than one where a frame of the journal's own lies between.</param>
/// <param name="time">Time that the writer gave it.</param>
/// <param name="payload">As appended, without padding; valid until the sink returns.</param>
public delegate void FrameSink(
    JournalKind kind, ushort version, long sequence, Instant time, ReadOnlySpan<byte> payload);
