using SunnySwitch.Journal.Frames;

namespace SunnySwitch.Journal.Reading;

/// <summary>
/// A batch of a journal, and how to find it again: whoever has read up to here goes on from here, and notices another journal by the chain.
/// </summary>
/// <param name="SegmentFirst">First sequence of its segment.</param>
/// <param name="BatchOffset">Where it is in that.</param>
/// <param name="BatchFirst">Its first sequence.</param>
/// <param name="EpochBefore">Epoch before it.</param>
/// <param name="ChainBefore">Chain value before it.</param>
/// <param name="LastSequence">Its last sequence.</param>
/// <param name="ChainAfter">Chain value after it.</param>
public readonly record struct JournalPosition(
    long SegmentFirst, long BatchOffset, long BatchFirst, ulong EpochBefore, ChainValue ChainBefore, long LastSequence, ChainValue ChainAfter)
{
    /// <inheritdoc/>
    public bool Equals(JournalPosition other)
    {
        var (chainBefore, chainAfter) = (ChainBefore, ChainAfter);
        var (otherBefore, otherAfter) = (other.ChainBefore, other.ChainAfter);
        return (SegmentFirst, BatchOffset, BatchFirst, EpochBefore, LastSequence)
                == (other.SegmentFirst, other.BatchOffset, other.BatchFirst, other.EpochBefore, other.LastSequence)
            && ((ReadOnlySpan<byte>)chainBefore).SequenceEqual(otherBefore) && ((ReadOnlySpan<byte>)chainAfter).SequenceEqual(otherAfter);
    }

    /// <inheritdoc/>
    public override int GetHashCode() => LastSequence.GetHashCode();
}
