using SunnySwitch.Journal.Frames;
using SunnySwitch.Journal.Segments;

namespace SunnySwitch.Journal;

/// <summary>Sizes of the journal.</summary>
/// <param name="SegmentBytes">Bytes of each segment file, its 4,096-byte header block included; a multiple of
/// 4,096.</param>
/// <param name="BatchBytesMax">Most bytes of one group commit; at this size <see cref="Journal.HasRoom"/> says commit
/// first.</param>
/// <param name="Mode">The promise written on every frame.</param>
public sealed record JournalOptions(
    long SegmentBytes = 256L << 20, int BatchBytesMax = 4 << 20, DurabilityMode Mode = DurabilityMode.Local)
{
    /// <summary>Every problem, in words; empty when the options are good.</summary>
    public IEnumerable<string> Problems()
    {
        if (SegmentBytes is < 8_192 or > 1L << 34 || SegmentBytes % SegmentHeader.BlockBytes != 0)
            yield return $"SegmentBytes: 8192 to 17179869184 and a multiple of 4096, is {SegmentBytes}";
        if (BatchBytesMax is < 1_024 or > FrameFormat.BatchBytesLimit || BatchBytesMax % FrameFormat.Alignment != 0)
            yield return
                $"BatchBytesMax: 1024 to {FrameFormat.BatchBytesLimit} and a multiple of 8, is {BatchBytesMax}";
        if (!Enum.IsDefined(Mode)) yield return $"Mode: Local, Pair, PairDurable or Solo, is {Mode}";
    }
}
