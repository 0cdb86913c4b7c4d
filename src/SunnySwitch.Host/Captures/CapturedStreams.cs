using System.Buffers.Binary;
using System.Net;

namespace SunnySwitch.Host.Captures;

/// <summary>What one side of a TCP connection sent, in order.</summary>
/// <param name="From">Address and port of the sender.</param>
/// <param name="To">Address and port of the receiver.</param>
internal sealed record CapturedStream(string From, string To)
{
    /// <summary>Stretches without a hole between; a capture that missed nothing has one.</summary>
    public List<List<byte>> Segments { get; } = [[]];

    /// <summary>True if the capture has the beginning of the connection.</summary>
    public bool HasStart { get; init; }

    /// <summary>Bytes captured.</summary>
    public int Bytes => Segments.Sum(segment => segment.Count);
}

/// <summary>
/// TCP streams of captured packets: retransmissions and overlaps dropped, order restored, holes told. The few header fields
/// needed are read here rather than by a library, because packets of strangers must never throw.
/// </summary>
internal sealed class CapturedStreams
{
    private const int StreamsMax = 10_000;
    private const int StreamBytesMax = 64 << 20;
    private const int HeldMax = 1_024;
    private readonly Dictionary<(string From, string To), Direction> _open = [];
    private readonly List<string> _problems = [];

    private sealed class Direction(CapturedStream stream)
    {
        public CapturedStream Stream => stream;
        public uint Next;
        public bool HasNext;
        public long Skipped;
        public readonly SortedDictionary<long, byte[]> Held = [];
    }

    /// <summary>Streams in the order of their first packet.</summary>
    public List<CapturedStream> Streams { get; } = [];

    /// <summary>What could not be read or is missing, in words.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Reads a capture file.</summary>
    public static CapturedStreams Read(Stream file)
    {
        var streams = new CapturedStreams();
        new CaptureFile(file, streams._problems).Read(streams.Take);
        foreach (var direction in streams._open.Values) streams.Release(direction, all: true);
        streams.Streams.RemoveAll(stream => stream.Bytes == 0);
        return streams;
    }

    private void Take(int linkType, ReadOnlySpan<byte> packet)
    {
        var ip = Inside(linkType, packet);
        if (ip.Length < 20) return;
        IPAddress from, to;
        ReadOnlySpan<byte> tcp;
        if (ip[0] >> 4 == 4)
        {
            var header = (ip[0] & 0x0F) * 4;
            var total = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(ip[2..]), ip.Length);
            var isFragment = (BinaryPrimitives.ReadUInt16BigEndian(ip[6..]) & 0x3FFF) != 0;
            if (ip[9] != 6 || header < 20 || total < header) return;
            if (isFragment)
            {
                Report("a fragmented IP packet was left out");
                return;
            }

            (from, to) = (new IPAddress(ip[12..16]), new IPAddress(ip[16..20]));
            tcp = ip[header..total];
        }
        else if (ip[0] >> 4 == 6 && ip.Length >= 40 && TrySkipExtensions(ip, out var at))
        {
            (from, to) = (new IPAddress(ip[8..24]), new IPAddress(ip[24..40]));
            tcp = ip[at..Math.Min(ip.Length, 40 + BinaryPrimitives.ReadUInt16BigEndian(ip[4..]))];
        }
        else
        {
            return;
        }

        if (tcp.Length >= 20) TakeSegment(from, to, tcp);
    }

    private static bool TrySkipExtensions(ReadOnlySpan<byte> ip, out int at)
    {
        at = 40;
        var next = ip[6];
        while (next is 0 or 43 or 60 && ip.Length >= at + 8)
        {
            next = ip[at];
            at += (ip[at + 1] + 1) * 8;
        }

        return next == 6 && at < ip.Length && at <= 40 + BinaryPrimitives.ReadUInt16BigEndian(ip[4..]);
    }

    // The IP packet inside a packet of the link; empty if there is none.
    private static ReadOnlySpan<byte> Inside(int linkType, ReadOnlySpan<byte> packet)
    {
        var (typeAt, header) = linkType switch
        {
            1 => (12, 14),       // Ethernet
            113 => (14, 16),     // Linux cooked
            276 => (0, 20),      // Linux cooked, version 2
            0 => (-1, 4),        // BSD loopback
            101 or 228 or 229 or 12 => (-1, 0),
            _ => (-1, int.MaxValue),
        };
        if (packet.Length < header) return default;
        if (typeAt < 0) return packet[header..];
        var type = BinaryPrimitives.ReadUInt16BigEndian(packet[typeAt..]);
        while (type is 0x8100 or 0x88A8 && packet.Length >= header + 4)
        {
            type = BinaryPrimitives.ReadUInt16BigEndian(packet[(header + 2)..]);
            header += 4;
        }

        return type is 0x0800 or 0x86DD ? packet[header..] : default;
    }

    private void TakeSegment(IPAddress source, IPAddress target, ReadOnlySpan<byte> tcp)
    {
        var header = (tcp[12] >> 4) * 4;
        if (header < 20 || header > tcp.Length) return;
        var from = new IPEndPoint(source, BinaryPrimitives.ReadUInt16BigEndian(tcp)).ToString();
        var to = new IPEndPoint(target, BinaryPrimitives.ReadUInt16BigEndian(tcp[2..])).ToString();
        var sequence = BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]);
        var isSyn = (tcp[13] & 0x02) != 0;
        var data = tcp[header..];
        if (!_open.TryGetValue((from, to), out var direction) || (isSyn && direction.HasNext && sequence + 1 != direction.Next && direction.Stream.Bytes > 0))
        {
            if (direction is not null) Release(direction, all: true);
            if (Streams.Count == StreamsMax)
            {
                Report($"more than {StreamsMax} connections: the others are left out");
                return;
            }

            direction = new Direction(new CapturedStream(from, to) { HasStart = isSyn });
            Streams.Add(direction.Stream);
            _open[(from, to)] = direction;
        }

        if (isSyn) sequence++;
        if (!direction.HasNext) (direction.Next, direction.HasNext) = (sequence, true);
        if (data.Length > 0) Hold(direction, sequence, data);
    }

    // Sequence numbers wrap: the distance to what is expected is what counts.
    private void Hold(Direction direction, uint sequence, ReadOnlySpan<byte> data)
    {
        var ahead = (int)(sequence - direction.Next);
        if (ahead + (long)data.Length <= 0) return;
        if (ahead < 0)
        {
            data = data[-ahead..];
            ahead = 0;
        }

        var place = direction.Stream.Bytes + direction.Skipped + ahead;
        if (!direction.Held.TryGetValue(place, out var known) || known.Length < data.Length) direction.Held[place] = data.ToArray();
        Release(direction, all: direction.Held.Count > HeldMax);
    }

    // Everything that follows without a hole; with all, over holes too, each told and begun afresh.
    private void Release(Direction direction, bool all)
    {
        var stream = direction.Stream;
        while (direction.Held.Count > 0)
        {
            var (place, data) = direction.Held.First();
            var missing = place - stream.Bytes - direction.Skipped;
            if (missing > 0 && !all) return;
            direction.Held.Remove(place);
            if (missing > 0)
            {
                Report($"{stream.From} to {stream.To}: {missing} bytes are missing after {stream.Bytes}");
                stream.Segments.Add([]);
                direction.Skipped += missing;
                direction.Next += (uint)missing;
            }

            var known = (int)Math.Min(-Math.Min(missing, 0), data.Length);
            if (stream.Bytes + data.Length > StreamBytesMax)
            {
                Report($"{stream.From} to {stream.To}: more than {StreamBytesMax >> 20} MiB: the rest is left out");
                return;
            }

            stream.Segments[^1].AddRange(data.AsSpan(known));
            direction.Next += (uint)(data.Length - known);
        }
    }

    private void Report(string problem)
    {
        if (_problems.Count < 100 && !_problems.Contains(problem)) _problems.Add(problem);
    }
}
