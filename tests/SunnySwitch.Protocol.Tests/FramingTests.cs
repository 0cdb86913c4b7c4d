using FsCheck;
using FsCheck.Xunit;
using SunnySwitch.Protocol.Framing;

namespace SunnySwitch.Protocol.Tests;

public sealed class FramingTests
{
    private static readonly byte[] _tpdu = Convert.FromHexString("6000010002");
    private static readonly byte[] _base1 = Convert.FromHexString("160102003A65432112345600000000000000000000" + "00");

    [Fact]
    public void Every_framing_vector_goes_both_ways()
    {
        foreach (var vector in Vectors.Frames)
        {
            var framing = Framing.Framing.Of(vector.Kind, 4096);
            Assert.Equal(FrameStatus.Complete, framing.TryTakeFrame(vector.Frame, out var frame));
            Assert.Equal(vector.Message, vector.Frame[frame.MessageStart..(frame.MessageStart + frame.MessageBytes)]);
            Assert.Equal(vector.Frame.Length, frame.FrameBytes);
            Assert.Equal(-1, frame.RejectCode);

            // A header goes back with its ends swapped: given swapped, it comes out as the vector has it.
            var header = vector.Frame.AsSpan(frame.HeaderStart, frame.HeaderBytes);
            Assert.Equal(Convert.ToHexString(vector.Frame), Convert.ToHexString(Write(framing, vector.Message, Swap(header))));
        }

        Assert.Equal(17, Vectors.Frames.Count);
    }

    [Fact]
    public void A_frame_cut_anywhere_needs_more_and_never_names_a_frame()
    {
        foreach (var vector in Vectors.Frames)
        {
            var framing = Framing.Framing.Of(vector.Kind, 4096);
            for (var length = 0; length < vector.Frame.Length; length++)
            {
                Assert.Equal(FrameStatus.NeedMore, framing.TryTakeFrame(vector.Frame.AsSpan(0, length), out var frame));
                Assert.Equal(default, frame);
            }
        }
    }

    [Property(MaxTest = 300)]
    public bool However_the_bytes_are_split_the_frames_are_the_same(NonEmptyArray<NonEmptyArray<byte>> messages, PositiveInt step, byte kind)
    {
        var framing = Framing.Framing.Of(Framing.Framing.Names[kind % Framing.Framing.Names.Count], 4096);
        var isText = framing.Name == "etx";
        var stream = new List<byte>();
        var sent = new List<string>();
        foreach (var given in messages.Get)
        {
            var message = given.Get.Select(value => isText && value == 3 ? (byte)4 : value).ToArray();
            sent.Add(Convert.ToHexString(message));
            stream.AddRange(Write(framing, message, default));
        }

        return sent.SequenceEqual(Take(framing, [.. stream], (step.Get % 7) + 1));
    }

    [Theory]
    [InlineData("be16", "0000", FrameStatus.KeepAlive)]
    [InlineData("be16", "0065", FrameStatus.TooLong)]
    [InlineData("be16", "FFFF", FrameStatus.TooLong)]
    [InlineData("be16", "0064", FrameStatus.NeedMore)]
    [InlineData("be16", "00", FrameStatus.NeedMore)]
    [InlineData("be16", "", FrameStatus.NeedMore)]
    [InlineData("ascii-len4", "30303030", FrameStatus.KeepAlive)]
    [InlineData("ascii-len4", "30313031", FrameStatus.TooLong)]
    [InlineData("ascii-len4", "39393939", FrameStatus.TooLong)]
    [InlineData("ascii-len4", "30313030", FrameStatus.NeedMore)]
    [InlineData("ascii-len4", "303130", FrameStatus.NeedMore)]
    [InlineData("ascii-len4", "3041", FrameStatus.Malformed)]
    [InlineData("ascii-len4", "2B313233", FrameStatus.Malformed)]
    [InlineData("ascii-len4", "20313233", FrameStatus.Malformed)]
    [InlineData("ascii-len6", "393939393939", FrameStatus.TooLong)]
    [InlineData("bcd4", "0000", FrameStatus.KeepAlive)]
    [InlineData("bcd4", "0101", FrameStatus.TooLong)]
    [InlineData("bcd4", "0100", FrameStatus.NeedMore)]
    [InlineData("bcd4", "1A", FrameStatus.Malformed)]
    [InlineData("bcd4", "00F1", FrameStatus.Malformed)]
    [InlineData("hex4", "30303665", FrameStatus.TooLong)]
    [InlineData("hex4", "3047", FrameStatus.Malformed)]
    [InlineData("be32", "FFFFFFFF", FrameStatus.TooLong)]
    [InlineData("be16-inclusive", "0002", FrameStatus.KeepAlive)]
    [InlineData("be16-inclusive", "0001", FrameStatus.Malformed)]
    [InlineData("be16-inclusive", "0000", FrameStatus.Malformed)]
    [InlineData("be16+tpdu5", "0005", FrameStatus.Malformed)]
    [InlineData("be16+tpdu5", "0006", FrameStatus.NeedMore)]
    [InlineData("be16+tpdu5", "0000", FrameStatus.KeepAlive)]
    [InlineData("be16+0000", "000A01", FrameStatus.Malformed)]
    [InlineData("be16+0000", "000000", FrameStatus.NeedMore)]
    [InlineData("be16+0000", "00000000", FrameStatus.KeepAlive)]
    [InlineData("0000+be16", "01", FrameStatus.Malformed)]
    [InlineData("d04a+be16+0000", "D04B", FrameStatus.Malformed)]
    [InlineData("d04a+be16+0000", "D04A00240100", FrameStatus.Malformed)]
    [InlineData("be16+etx", "0001", FrameStatus.Malformed)]
    [InlineData("be16+etx", "00024104", FrameStatus.Malformed)]
    [InlineData("be16+0000+base1hdr22", "0040000015", FrameStatus.Malformed)]
    [InlineData("be16+0000+base1hdr22", "0016000016", FrameStatus.Malformed)]
    [InlineData("be16+0000+base1hdr22", "00400000FF", FrameStatus.Malformed)]
    [InlineData("etx", "03", FrameStatus.Malformed)]
    [InlineData("etx", "414243", FrameStatus.NeedMore)]
    public void A_header_alone_decides(string name, string hex, FrameStatus expected)
    {
        var framing = Framing.Framing.Of(name, 100);
        Assert.Equal(expected, framing.TryTakeFrame(Convert.FromHexString(hex), out _));
    }

    [Fact]
    public void Without_a_length_the_search_for_the_end_is_bounded()
    {
        var framing = Framing.Framing.Of("etx", 65_535);
        Assert.Equal(4_096, framing.MessageBytesMax);
        Assert.Equal(FrameStatus.NeedMore, framing.TryTakeFrame(new byte[4_096], out _));
        Assert.Equal(FrameStatus.TooLong, framing.TryTakeFrame(new byte[4_097], out _));
    }

    [Fact]
    public void An_answer_carries_the_header_back_with_its_ends_swapped()
    {
        var framing = Framing.Framing.Of("be16+tpdu5", 100);
        Assert.Equal("0007" + "6000020001" + "4142", Convert.ToHexString(Write(framing, "AB"u8.ToArray(), _tpdu)));
        framing = Framing.Framing.Of("be16+0000+base1hdr22", 100);
        Assert.Equal(
            "00180000" + "16010200181234566543210000000000000000000000" + "4142", Convert.ToHexString(Write(framing, "AB"u8.ToArray(), _base1)));
        framing = Framing.Framing.Of("be16+hdr9", 100);
        Assert.Equal("000B" + "49534F303036303030" + "4142", Convert.ToHexString(Write(framing, "AB"u8.ToArray(), "ISO006000"u8.ToArray())));
    }

    [Fact]
    public void A_length_written_again_changes_the_length_alone()
    {
        foreach (var name in Framing.Framing.Names)
        {
            var framing = Framing.Framing.Of(name, 100);
            var expected = Write(framing, new byte[20], default);
            var lead = new byte[framing.LeadBytes];
            framing.WriteLead(lead, 26, default);
            framing.WriteLength(lead, 20);
            Assert.Equal(expected[..framing.LeadBytes], lead);
        }
    }

    [Fact]
    public void A_reject_header_and_a_second_header_are_told_from_the_message()
    {
        var framing = Framing.Framing.Of("be16+0000+base1hdr22", 100);
        var reject = "1A" + "0102003A654321123456" + "0000000000000000000000" + "8000" + "0012";
        var frame = Convert.FromHexString("001C0000" + reject + "4142");
        Assert.Equal(FrameStatus.Complete, framing.TryTakeFrame(frame, out var cut));
        Assert.Equal((0x0012, 26, 30, 2), (cut.RejectCode, cut.HeaderBytes, cut.MessageStart, cut.MessageBytes));

        var first = "16" + "8102003A654321123456" + "0000000000000000000000";
        var second = "16" + "0102003A654321123456" + "0000000000000000000000";
        frame = Convert.FromHexString("002E0000" + first + second + "4142");
        Assert.Equal(FrameStatus.Complete, framing.TryTakeFrame(frame, out cut));
        Assert.Equal((-1, 44, 48, 2), (cut.RejectCode, cut.HeaderBytes, cut.MessageStart, cut.MessageBytes));
        for (var length = 0; length < frame.Length; length++) Assert.Equal(FrameStatus.NeedMore, framing.TryTakeFrame(frame.AsSpan(0, length), out _));
    }

    [Fact]
    public void A_keep_alive_is_a_frame_of_length_zero()
    {
        foreach (var name in Framing.Framing.Names)
        {
            var framing = Framing.Framing.Of(name, 100);
            if (framing.KeepAliveBytes == 0) continue;
            var bytes = new byte[framing.KeepAliveBytes];
            framing.WriteKeepAlive(bytes);
            Assert.Equal(FrameStatus.KeepAlive, framing.TryTakeFrame(bytes, out var frame));
            Assert.Equal(bytes.Length, frame.FrameBytes);
        }
    }

    [Theory]
    [InlineData("", " is no piece of a framing: be16,")]
    [InlineData("be17", "be17 is no piece of a framing")]
    [InlineData("tpdu5", "nothing says where a message ends")]
    [InlineData("etx+be16", "etx is the last piece")]
    [InlineData("be16+tpdu5+hdr3", "only etx may follow a header, is hdr3")]
    [InlineData("be16+be16", "be16 is no piece")]
    [InlineData("0000+d04a+be16", "one constant before the length and one behind it at most")]
    [InlineData("be16+hdr33", "hdr33 is no piece")]
    [InlineData("base1hdr22+etx", "base1hdr22 needs a length before it")]
    public void A_name_that_is_none_is_refused_with_what_would_be_right(string name, string problem)
    {
        Assert.Null(Framing.Framing.TryParse(name, 100, out var found));
        Assert.Contains(problem, found);
    }

    [Fact]
    public void Taking_frames_allocates_nothing()
    {
        var frames = Vectors.Frames.Select(vector => (Framing.Framing.Of(vector.Kind, 4096), vector.Frame)).ToArray();
        Assert.Equal(0, Allocated.Least(() =>
        {
            foreach (var (framing, frame) in frames) framing.TryTakeFrame(frame, out _);
        }));
    }

    private static byte[] Swap(ReadOnlySpan<byte> header)
    {
        var swapped = header.ToArray();
        if (header.Length == 5) (header[1..3].ToArray(), header[3..5].ToArray()).CopySwapped(swapped, 1, 3);
        if (header.Length == 22) (header[5..8].ToArray(), header[8..11].ToArray()).CopySwapped(swapped, 5, 8);
        return swapped;
    }

    private static byte[] Write(Framing.Framing framing, byte[] message, ReadOnlySpan<byte> header)
    {
        var frame = new byte[framing.LeadBytes + message.Length + framing.TrailBytes];
        framing.WriteLead(frame, message.Length, header);
        message.CopyTo(frame, framing.LeadBytes);
        framing.WriteTrail(frame.AsSpan(framing.LeadBytes + message.Length));
        return frame;
    }

    private static List<string> Take(Framing.Framing framing, byte[] stream, int step)
    {
        var frames = new List<string>();
        var received = new List<byte>();
        for (var at = 0; at < stream.Length; at += step)
        {
            received.AddRange(stream[at..Math.Min(at + step, stream.Length)]);
            while (framing.TryTakeFrame([.. received], out var frame) == FrameStatus.Complete)
            {
                frames.Add(Convert.ToHexString(received.GetRange(frame.MessageStart, frame.MessageBytes).ToArray()));
                received.RemoveRange(0, frame.FrameBytes);
            }
        }

        Assert.Empty(received);
        return frames;
    }
}

internal static class SwapExtensions
{
    /// <summary>Puts the first piece where the second was, and the other way round.</summary>
    public static void CopySwapped(this (byte[] First, byte[] Second) pieces, byte[] target, int firstAt, int secondAt)
    {
        pieces.Second.CopyTo(target, firstAt);
        pieces.First.CopyTo(target, secondAt);
    }
}
