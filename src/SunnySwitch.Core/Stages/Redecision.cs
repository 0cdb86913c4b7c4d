using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>A decision that comes out otherwise today.</summary>
/// <param name="Sequence">Of its frame.</param>
/// <param name="Was">Code, result and effect in the frame.</param>
/// <param name="Is">Those of today.</param>
public sealed record Difference(long Sequence, string Was, string Is);

/// <summary>
/// Folds frames into a state and, within a range, decides each anew before it is applied. What is applied is always the frame: a
/// difference does not make others.
/// </summary>
public sealed class Redecision(SwitchState state, long from, long to)
{
    private readonly Decider _decider = new(state, []);

    /// <summary>Decisions within the range.</summary>
    public long Decided { get; private set; }

    /// <summary>Those that came out otherwise.</summary>
    public long Different { get; private set; }

    /// <summary>Takes the next frame; says how its decision differs, null when it does not or is none.</summary>
    public Difference? Take(JournalKind kind, ushort version, long sequence, Instant time, ReadOnlySpan<byte> payload)
    {
        var difference = default(Difference);
        var isAsked = kind == JournalKind.Decided && sequence >= from && sequence <= to;
        if (isAsked && Domain.Decided.TryRead(version, payload, out var frame, out var original, out var charges, out var tail))
        {
            Decided++;
            SharedCounts.TryRead(tail, out var shared);
            var verdict = _decider.Redecide(in frame, in original, in charges, in shared, time, sequence, out var again, out var chargesAgain);
            if (version == 1) (again.Explanation, again.HoldDays) = (default, 0);            // Version 1 had neither.
            if (verdict != Verdict.Answer || !AreSame(in frame, in again) || !AreSame(in frame, in charges, in chargesAgain))
            {
                Different++;
                difference = new Difference(sequence, Text(in frame), verdict == Verdict.Answer ? Text(in again) : $"{Text(in again)} ({verdict})");
            }
        }

        state.Apply(kind, version, sequence, time, payload);
        return difference;
    }

    private static bool AreSame(in Decided one, in Decided other) =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<Decided>(in one)).SequenceEqual(MemoryMarshal.AsBytes(new ReadOnlySpan<Decided>(in other)));

    private static bool AreSame(in Decided frame, in Charges one, in Charges other) =>
        (frame.Request.Has & RequestHas.Charged) == 0
        || (one.SettledMinor, one.FeeMinor, one.Rate, one.Currency) == (other.SettledMinor, other.FeeMinor, other.Rate, other.Currency);

    private static string Text(in Decided decided) =>
        $"{decided.Code} {decided.Result} {decided.Effect} held {decided.HeldDelta:+0;-0;0} ledger {decided.LedgerDelta:+0;-0;0}";
}
