using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>What is asked: what other cells have counted.</summary>
/// <param name="Key">The counter.</param>
/// <param name="Piece">Of a sliding window, the piece of time that it ends with; else 0.</param>
/// <param name="Limit">Id of the limit that it is counted for.</param>
/// <param name="AreBits">Its amount is a set of bits.</param>
public readonly record struct CounterQuestion(CounterKey Key, int Piece, byte Limit, bool AreBits);

/// <summary>
/// Counters of other cells beside the kernel: a desk that answers at once, or later by an input, and never lets the kernel wait. Nothing depends on it:
/// without an answer, a cell decides with its own counters alone.
/// </summary>
public interface ISharedDesk
{
    /// <summary>Most questions at once: a sliding window is asked about on two dates.</summary>
    public const int QuestionsMax = 2 * SharedCounts.LimitsMax;

    /// <summary>Asks; must neither wait nor allocate.</summary>
    /// <param name="ticket">What a later answer names; 0: there is no room to wait for one.</param>
    /// <param name="questions">Some, <see cref="QuestionsMax"/> at most.</param>
    /// <param name="counts">All zero; set where the answer is Done.</param>
    DeskAnswer Ask(long ticket, ReadOnlySpan<CounterQuestion> questions, ref SharedCounts counts);
}

/// <summary>A desk with nobody behind it.</summary>
public sealed class NoSharedDesk : ISharedDesk
{
    /// <summary>The one.</summary>
    public static readonly NoSharedDesk Instance = new();

    private NoSharedDesk()
    {
    }

    /// <inheritdoc/>
    public DeskAnswer Ask(long ticket, ReadOnlySpan<CounterQuestion> questions, ref SharedCounts counts)
    {
        counts.Source = SharedSource.Nobody;
        return DeskAnswer.Done;
    }
}
