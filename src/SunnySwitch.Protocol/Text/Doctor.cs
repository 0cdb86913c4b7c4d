using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;

namespace SunnySwitch.Protocol.Text;

/// <summary>One reading of a stream.</summary>
/// <param name="Framing">Name of the framing.</param>
/// <param name="Dialect">The dialect.</param>
/// <param name="Frames">Whole frames cut, keep-alives not counted.</param>
/// <param name="Good">Messages of them that decode whole.</param>
/// <param name="LeftBytes">Bytes behind the last frame: the beginning of another, if anything.</param>
public sealed record Reading(string Framing, Dialect Dialect, int Frames, int Good, int LeftBytes);

/// <summary>Names the framing and the likely dialect of what one side of a link sent.</summary>
public static class Doctor
{
    private const int MessageBytesMax = 8_192;
    private const int FramesMax = 200;

    /// <summary>
    /// Readings, best first: those that cut the stream into frames to its end and decode most of them. Empty where no framing
    /// fits. Tries every framing it knows by name, and headers of 1 to 32 bytes where none of those does.
    /// </summary>
    public static IReadOnlyList<Reading> Examine(ReadOnlySpan<byte> stream, IReadOnlyList<Dialect> dialects)
    {
        var readings = new List<Reading>();
        foreach (var name in Framing.Framing.Names) Read(stream, name, dialects, readings);
        if (!readings.Exists(reading => reading.Good > 0))
        {
            foreach (var length in (string[])["be16", "ascii-len4", "bcd4", "be16-inclusive"])
            {
                for (var bytes = 1; bytes <= 32; bytes++) Read(stream, $"{length}+hdr{bytes}", dialects, readings);
            }
        }

        // Most messages first, then most of all; a shorter name explains with less.
        readings.Sort((one, other) =>
        {
            var byGood = other.Good.CompareTo(one.Good);
            if (byGood != 0) return byGood;
            var byShare = ((double)other.Good / other.Frames).CompareTo((double)one.Good / one.Frames);
            if (byShare != 0) return byShare;
            var byLength = one.Framing.Length.CompareTo(other.Framing.Length);
            return byLength != 0 ? byLength : string.CompareOrdinal(one.Framing, other.Framing);
        });
        return readings;
    }

    /// <summary>The messages of a stream; stops where it is cut wrong.</summary>
    public static IReadOnlyList<(int Start, int Bytes)> Cut(
        ReadOnlySpan<byte> stream, Framing.Framing framing, int most, out int leftBytes, out FrameStatus status)
    {
        var messages = new List<(int, int)>();
        var at = 0;
        for (status = FrameStatus.NeedMore; at < stream.Length && messages.Count < most;)
        {
            status = framing.TryTakeFrame(stream[at..], out var frame);
            if (status is not (FrameStatus.Complete or FrameStatus.KeepAlive)) break;
            if (status == FrameStatus.Complete) messages.Add((at + frame.MessageStart, frame.MessageBytes));
            at += frame.FrameBytes;
        }

        leftBytes = stream.Length - at;
        return messages;
    }

    private static void Read(ReadOnlySpan<byte> stream, string name, IReadOnlyList<Dialect> dialects, List<Reading> readings)
    {
        var framing = Framing.Framing.Of(name, MessageBytesMax);
        var messages = Cut(stream, framing, FramesMax, out var left, out var status);
        // A stream that is cut wrong ends in a refusal, or in a frame that never ends.
        if (messages.Count == 0 || status is FrameStatus.Malformed or FrameStatus.TooLong) return;
        foreach (var dialect in dialects)
        {
            var good = 0;
            foreach (var (start, bytes) in messages)
            {
                var table = default(FieldTable);
                if (DeepDecoder.Decode(dialect, stream.Slice(start, bytes), ref table).IsOk) good++;
            }

            readings.Add(new Reading(name, dialect, messages.Count, good, left));
        }
    }
}
