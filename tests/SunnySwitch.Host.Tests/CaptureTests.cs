using System.Buffers.Binary;
using SunnySwitch.Host.Captures;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Text;
using Xunit;

namespace SunnySwitch.Host.Tests;

/// <summary>Captured packets to streams: whatever the file is, nothing throws, and what is missing is said.</summary>
public sealed class CaptureTests
{
    private static readonly byte[] _stream = [.. Enumerable.Range(0, 600).Select(index => (byte)(index * 7))];

    [Fact]
    public void A_real_capture_gives_both_sides_of_both_sessions()
    {
        var read = Read(File.ReadAllBytes(Golden()));
        Assert.Empty(read.Problems);
        Assert.Equal([2121, 1173, 1315, 723], read.Streams.Select(stream => stream.Bytes));
        var expected = new[] { "iso87-ascii", "iso87-ascii", "iso87-bcd", "iso87-bcd" };
        var dialects = expected.Distinct().Select(name => Dialect.BuiltIn(name)!).ToList();
        foreach (var (stream, name) in read.Streams.Zip(expected))
        {
            Assert.True(stream.HasStart);
            var best = Doctor.Examine(stream.Segments.Single().ToArray(), dialects)[0];
            Assert.Equal(("be16", name, 9, 9), (best.Framing, best.Dialect.Name, best.Frames, best.Good));
        }
    }

    [Theory]
    [InlineData(1, "")]
    [InlineData(1, "81000005")]
    [InlineData(1, "88A80005" + "81000006")]
    [InlineData(113, "")]
    [InlineData(276, "")]
    [InlineData(0, "")]
    [InlineData(101, "")]
    public void Every_link_type_and_file_form_gives_the_same_stream(int linkType, string tags)
    {
        foreach (var isIp6 in (bool[])[false, true])
        {
            var packets = Segments(_stream, 100, 0xFFFFFF00).Select(segment => Packet(linkType, tags, isIp6, segment)).ToList();
            foreach (var form in Enum.GetValues<Form>())
            {
                var read = Read(Write(form, linkType, packets));
                Assert.Empty(read.Problems);
                Assert.Equal(_stream, read.Streams.Single().Segments.Single());
            }
        }
    }

    [Fact]
    public void Order_repeats_and_overlaps_do_not_matter()
    {
        var random = new Random(3);
        for (var round = 0; round < 200; round++)
        {
            var segments = Segments(_stream, random.Next(1, 200), (uint)random.Next()).ToList();
            var start = segments[0];
            var rest = segments.Skip(1).Concat(segments.Skip(1).Where(_ => random.Next(3) == 0)).OrderBy(_ => random.Next()).Prepend(start);
            var read = Read(Write(Form.Pcap, 101, [.. rest.Select(segment => Packet(101, "", false, segment))]));
            Assert.Empty(read.Problems);
            Assert.Equal(_stream, read.Streams.Single().Segments.Single());
        }
    }

    [Fact]
    public void A_hole_is_told_and_what_follows_stands_alone()
    {
        var segments = Segments(_stream, 100, 77).ToList();
        segments.RemoveAt(3);   // The first is the SYN: bytes 200 to 299 are missing.
        var read = Read(Write(Form.Pcap, 101, [.. segments.Select(segment => Packet(101, "", false, segment))]));
        Assert.Equal(["10.0.0.1:4000 to 10.0.0.2:8583: 100 bytes are missing after 200"], read.Problems);
        Assert.Equal([_stream[..200], _stream[300..]], read.Streams.Single().Segments.Select(segment => segment.ToArray()));
    }

    [Fact]
    public void A_file_cut_or_damaged_anywhere_never_throws()
    {
        var good = File.ReadAllBytes(Golden());
        for (var length = 0; length < good.Length; length += 13) Read(good[..length]);
        var packets = Segments(_stream, 100, 9).Select(segment => Packet(1, "", false, segment)).ToList();
        var random = new Random(11);
        foreach (var form in Enum.GetValues<Form>())
        {
            var file = Write(form, 1, packets);
            for (var round = 0; round < 2_000; round++)
            {
                var damaged = file[..random.Next(file.Length + 1)];
                for (var flips = random.Next(1, 20); flips > 0 && damaged.Length > 4; flips--) damaged[random.Next(4, damaged.Length)] = (byte)random.Next(256);
                Read(damaged);
            }
        }
    }

    [Fact]
    public void What_is_no_capture_is_raw_bytes_or_hex_text()
    {
        var file = Path.GetTempFileName();
        var problems = new List<string>();
        File.WriteAllText(file, "0024 3038\n30 30");
        Assert.Equal("0024303830" + "30", Convert.ToHexString(CapturedInput.Read(file, problems).Single().Bytes));
        File.WriteAllBytes(file, [0, 3, 0xFF, 1, 2]);
        Assert.Equal("0003FF0102", Convert.ToHexString(CapturedInput.Read(file, problems).Single().Bytes));
        File.Delete(file);
        Assert.Empty(problems);
        Assert.Empty(CapturedInput.Read(file, problems));
        Assert.Single(problems);
    }

    private enum Form
    {
        Pcap,
        PcapBig,
        PcapNano,
        PcapNg,
        PcapNgBig,
        PcapNgSimple,
    }

    private static CapturedStreams Read(byte[] file) => CapturedStreams.Read(new MemoryStream(file));

    private static string Golden()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "SunnySwitch.sln"))) folder = Path.GetDirectoryName(folder)!;
        return Path.Combine(folder, "tests", "golden", "captures", "session.pcap");
    }

    // The SYN and then the data, sequence numbers wrapping where they do.
    private static IEnumerable<byte[]> Segments(byte[] stream, int size, uint initial)
    {
        yield return Tcp(initial, 0x02, []);
        for (var at = 0; at < stream.Length; at += size)
        {
            yield return Tcp(initial + 1 + (uint)at, 0x18, stream[at..Math.Min(at + size, stream.Length)]);
        }
    }

    private static byte[] Tcp(uint sequence, byte flags, byte[] data)
    {
        var tcp = new byte[24 + data.Length];
        BinaryPrimitives.WriteUInt16BigEndian(tcp, 4000);
        BinaryPrimitives.WriteUInt16BigEndian(tcp.AsSpan(2), 8583);
        BinaryPrimitives.WriteUInt32BigEndian(tcp.AsSpan(4), sequence);
        (tcp[12], tcp[13]) = (6 << 4, flags);   // Four bytes of options.
        data.CopyTo(tcp, 24);
        return tcp;
    }

    private static byte[] Packet(int linkType, string tags, bool isIp6, byte[] tcp)
    {
        byte[] ip;
        if (isIp6)
        {
            var length = tcp.Length + 8;   // An extension header before it.
            byte[] ends = [.. new byte[15], 1, .. new byte[15], 2];
            ip = [0x60, 0, 0, 0, (byte)(length >> 8), (byte)length, 0, 64, .. ends, 6, 0, .. new byte[6], .. tcp];
        }
        else
        {
            var total = 20 + tcp.Length;
            ip = [0x45, 0, (byte)(total >> 8), (byte)total, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, .. tcp];
        }

        byte[] type = isIp6 ? [0x86, 0xDD] : [0x08, 0x00];
        byte[] tagBytes = Convert.FromHexString(tags);
        return linkType switch
        {
            1 => [.. new byte[12], .. tagBytes, .. type, .. ip, .. new byte[6]],   // Padded, as short frames are.
            113 => [.. new byte[14], .. type, .. ip],
            276 => [.. type, .. new byte[18], .. ip],
            0 => [2, 0, 0, 0, .. ip],
            _ => ip,
        };
    }

    private static byte[] Write(Form form, int linkType, IReadOnlyList<byte[]> packets)
    {
        var isBig = form is Form.PcapBig or Form.PcapNgBig;
        byte[] Word(uint value)
        {
            var bytes = new byte[4];
            if (isBig) BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
            else BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
            return bytes;
        }

        byte[] Half(ushort value) => isBig ? [(byte)(value >> 8), (byte)value] : [(byte)value, (byte)(value >> 8)];
        if (form is Form.Pcap or Form.PcapBig or Form.PcapNano)
        {
            var magic = form == Form.PcapNano ? 0xA1B23C4D : 0xA1B2C3D4;
            byte[] file = [.. Word(magic), .. Half(2), .. Half(4), .. Word(0), .. Word(0), .. Word(65_535), .. Word((uint)linkType)];
            byte[] Record(byte[] packet) => [.. Word(1), .. Word(2), .. Word((uint)packet.Length), .. Word((uint)packet.Length), .. packet];
            return [.. file, .. packets.SelectMany(Record)];
        }

        byte[] Block(uint type, byte[] body)
        {
            var padded = body.Length + (4 - body.Length % 4) % 4;
            return [.. Word(type), .. Word((uint)padded + 12), .. body, .. new byte[padded - body.Length], .. Word((uint)padded + 12)];
        }

        byte[] Captured(byte[] packet) => form == Form.PcapNgSimple
            ? Block(3, [.. Word((uint)packet.Length), .. packet])
            : Block(6, [.. Word(0), .. Word(0), .. Word(0), .. Word((uint)packet.Length), .. Word((uint)packet.Length), .. packet]);
        byte[] section = Block(0x0A0D0D0A, [.. Word(0x1A2B3C4D), .. Half(1), .. Half(0), .. Word(uint.MaxValue), .. Word(uint.MaxValue)]);
        byte[] head = [.. section, .. Block(1, [.. Half((ushort)linkType), .. Half(0), .. Word(0)]), .. Block(5, new byte[8])];
        return [.. head, .. packets.SelectMany(Captured)];
    }
}
