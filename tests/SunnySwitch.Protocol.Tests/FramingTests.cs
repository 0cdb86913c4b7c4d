using FsCheck;
using FsCheck.Xunit;
using SunnySwitch.Protocol.Framing;

namespace SunnySwitch.Protocol.Tests;

public sealed class FramingTests
{
    private static readonly Dictionary<string, FramingKind> _kinds = new()
    {
        ["be16"] = FramingKind.Binary2,
        ["ascii-len4"] = FramingKind.Ascii4,
        ["bcd4"] = FramingKind.Bcd2,
    };

    [Fact]
    public void The_framing_vectors_go_both_ways()
    {
        var seen = 0;
        foreach (var vector in Vectors.Frames)
        {
            if (!_kinds.TryGetValue(vector.Kind, out var kind)) continue;
            seen++;
            var framing = new Framing.Framing(kind, 4096);
            Assert.Equal(FrameStatus.Complete, framing.TryTakeFrame(vector.Frame, out var header, out var length));
            Assert.Equal(vector.Message, vector.Frame[header..(header + length)]);
            Assert.Equal(vector.Frame.Length, header + length);

            var target = new byte[4];
            Assert.Equal(header, framing.WriteHeader(target, length));
            Assert.Equal(vector.Frame[..header], target[..header]);
        }

        Assert.Equal(4, seen);
    }

    [Property]
    public bool However_the_bytes_are_split_the_frames_are_the_same(
        NonEmptyArray<NonEmptyArray<byte>> messages, PositiveInt step, byte kindByte)
    {
        var framing = new Framing.Framing((FramingKind)(kindByte % 3 + 1), 4096);
        var stream = new List<byte>();
        foreach (var message in messages.Get)
        {
            var header = new byte[framing.HeaderBytes];
            framing.WriteHeader(header, message.Get.Length);
            stream.AddRange(header);
            stream.AddRange(message.Get);
        }

        return messages.Get.Select(message => Convert.ToHexString(message.Get))
            .SequenceEqual(Take(framing, [.. stream], step.Get % 7 + 1));
    }

    [Theory]
    [InlineData(FramingKind.Binary2, "0000", FrameStatus.Malformed)]
    [InlineData(FramingKind.Binary2, "0065", FrameStatus.TooLong)]
    [InlineData(FramingKind.Binary2, "FFFF", FrameStatus.TooLong)]
    [InlineData(FramingKind.Binary2, "0064", FrameStatus.NeedMore)]
    [InlineData(FramingKind.Binary2, "00", FrameStatus.NeedMore)]
    [InlineData(FramingKind.Binary2, "", FrameStatus.NeedMore)]
    [InlineData(FramingKind.Ascii4, "30303030", FrameStatus.Malformed)]
    [InlineData(FramingKind.Ascii4, "30313031", FrameStatus.TooLong)]
    [InlineData(FramingKind.Ascii4, "39393939", FrameStatus.TooLong)]
    [InlineData(FramingKind.Ascii4, "30313030", FrameStatus.NeedMore)]
    [InlineData(FramingKind.Ascii4, "303130", FrameStatus.NeedMore)]
    [InlineData(FramingKind.Ascii4, "3041", FrameStatus.Malformed)]
    [InlineData(FramingKind.Ascii4, "2B313233", FrameStatus.Malformed)]
    [InlineData(FramingKind.Ascii4, "20313233", FrameStatus.Malformed)]
    [InlineData(FramingKind.Bcd2, "0000", FrameStatus.Malformed)]
    [InlineData(FramingKind.Bcd2, "0101", FrameStatus.TooLong)]
    [InlineData(FramingKind.Bcd2, "0100", FrameStatus.NeedMore)]
    [InlineData(FramingKind.Bcd2, "1A", FrameStatus.Malformed)]
    [InlineData(FramingKind.Bcd2, "00F1", FrameStatus.Malformed)]
    public void A_header_alone_decides(FramingKind kind, string hex, FrameStatus expected)
    {
        var framing = new Framing.Framing(kind, 100);
        Assert.Equal(expected, framing.TryTakeFrame(Convert.FromHexString(hex), out var header, out var length));
        Assert.Equal((0, 0), (header, length));
    }

    private static List<string> Take(Framing.Framing framing, byte[] stream, int step)
    {
        var frames = new List<string>();
        var received = new List<byte>();
        for (var at = 0; at < stream.Length; at += step)
        {
            received.AddRange(stream[at..Math.Min(at + step, stream.Length)]);
            while (framing.TryTakeFrame([.. received], out var header, out var length) == FrameStatus.Complete)
            {
                frames.Add(Convert.ToHexString(received.GetRange(header, length).ToArray()));
                received.RemoveRange(0, header + length);
            }
        }

        Assert.Empty(received);
        return frames;
    }
}
