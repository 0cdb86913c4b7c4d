using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;
using SunnySwitch.Journal.Frames;
using SunnySwitch.Journal.Segments;
using Xunit;

namespace SunnySwitch.Journal.Tests;

public sealed class FormatTests
{
    [Fact]
    public void The_frame_header_is_one_cache_line_with_its_fields_where_the_picture_says()
    {
        Assert.Equal(64, Unsafe.SizeOf<FrameHeader>());
        var header = new FrameHeader
        {
            Sequence = 0x0101010101010101,
            BatchFirstSequence = 0x0202020202020202,
            TimeNanos = 0x0303030303030303,
            Epoch = 0x0404040404040404,
            PayloadBytes = 0x05050505,
            Kind = (JournalKind)0x0606,
            Mode = (DurabilityMode)7,
            KindVersion = 0x08080808,
            LinkId = 0x09090909,
            Crc32C = 0x0A0A0A0A,
        };
        var bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<FrameHeader>(in header));
        Assert.Equal(
            "0101010101010101" + "0202020202020202" + "0303030303030303" + "0404040404040404" + "05050505" + "0606"
                + "0700"
            + "08080808" + "09090909" + "000000000000000000000000" + "0A0A0A0A", Convert.ToHexString(bytes));
    }

    [Fact]
    public void The_segment_header_has_its_fields_where_the_picture_says()
    {
        Assert.Equal(128, Unsafe.SizeOf<SegmentHeader>());
        Assert.Equal(8, (int)Marshal.OffsetOf<SegmentHeader>(nameof(SegmentHeader.Version)));
        Assert.Equal(12, (int)Marshal.OffsetOf<SegmentHeader>(nameof(SegmentHeader.Block)));
        Assert.Equal(16, (int)Marshal.OffsetOf<SegmentHeader>(nameof(SegmentHeader.FirstSequence)));
        Assert.Equal(24, (int)Marshal.OffsetOf<SegmentHeader>(nameof(SegmentHeader.Epoch)));
        Assert.Equal(32, (int)Marshal.OffsetOf<SegmentHeader>(nameof(SegmentHeader.SegmentBytes)));
        Assert.Equal(40, (int)Marshal.OffsetOf<SegmentHeader>(nameof(SegmentHeader.PreviousChain)));
        Assert.Equal(124, (int)Marshal.OffsetOf<SegmentHeader>(nameof(SegmentHeader.Crc32C)));
    }

    [Theory]
    [InlineData("None", 0), InlineData("EpochStarted", 1), InlineData("Decided", 2), InlineData("CardAdded", 3)]
    [InlineData("CardsGenerated", 4), InlineData("HashAt", 5), InlineData("BatchChain", 6),
        InlineData("SessionChanged", 7)]
    [InlineData("BusinessDateOpened", 8), InlineData("CardChanged", 9), InlineData("Truncated", 10)]
    public void A_journal_kind_keeps_its_number(string name, ushort value) =>
        Assert.Equal(name, ((JournalKind)value).ToString());

    [Theory]
    [InlineData("Local", 1), InlineData("Pair", 2), InlineData("PairDurable", 3), InlineData("Solo", 4)]
    public void A_durability_mode_keeps_its_number(string name, byte value) =>
        Assert.Equal(name, ((DurabilityMode)value).ToString());

    [Fact]
    public void The_checksum_is_crc32c_and_four_frames_side_by_side_get_the_same_as_one()
    {
        byte[] frames = [];
        for (var count = 1; count <= 11; count++)
        {
            var frame = new byte[FrameFormat.FrameBytes(count * 13)];
            var header = new FrameHeader { Sequence = count, PayloadBytes = (uint)(count * 13) };
            MemoryMarshal.Write(frame, in header);
            for (var index = 0; index < count * 13; index++) frame[64 + index] = (byte)(index * count);
            frames = [.. frames, .. frame];
            var sealed_ = frames.ToArray();
            FrameChecksum.Seal(sealed_);
            for (var offset = 0; offset < sealed_.Length;)
            {
                var read = MemoryMarshal.Read<FrameHeader>(sealed_.AsSpan(offset));
                var bytes = FrameFormat.FrameBytes((int)read.PayloadBytes);
                Assert.Equal(PlainCrc32C(sealed_.AsSpan(offset, bytes)), read.Crc32C);
                Assert.Equal(read.Crc32C, FrameChecksum.Of(sealed_.AsSpan(offset, bytes)));
                offset += bytes;
            }
        }
    }

    [Fact]
    public void A_segment_is_named_by_sixteen_digits_of_its_first_sequence()
    {
        Assert.Equal("0000000000000001.seg", SegmentName.Of(1));
        Assert.True(SegmentName.TryParse("0000000000004711.seg", out var sequence));
        Assert.Equal(4711, sequence);
        foreach (var name in (string[])["1.seg", "000000000000000a.seg", "0000000000000001.new",
            "-000000000000001.seg"])
            Assert.False(SegmentName.TryParse(name, out _));
    }

    /// <summary>The polynomial written out bit by bit: a second opinion on the processor's instruction.</summary>
    private static uint PlainCrc32C(ReadOnlySpan<byte> frame)
    {
        var crc = uint.MaxValue;
        for (var index = 0; index < frame.Length; index++)
        {
            crc ^= index is >= 60 and < 64 ? (byte)0 : frame[index];
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0x82F63B78 & (uint)-(int)(crc & 1));
        }
        return ~crc;
    }
}
