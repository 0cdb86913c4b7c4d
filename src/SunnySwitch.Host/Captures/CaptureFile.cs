using System.Buffers.Binary;

namespace SunnySwitch.Host.Captures;

/// <summary>
/// Packets of a capture file: pcap in both byte orders and resolutions, and pcapng (section, interface, enhanced and simple
/// packet blocks). Bytes of strangers: nothing throws, what cannot be read is said in words with its offset in the file, and
/// what was read before it counts.
/// </summary>
internal sealed class CaptureFile(Stream file, List<string> problems)
{
    private const int PacketBytesMax = 256 * 1024;
    private const uint Pcap = 0xA1B2C3D4;
    private const uint PcapNano = 0xA1B23C4D;
    private const uint Section = 0x0A0D0D0A;
    private const uint ByteOrder = 0x1A2B3C4D;
    private readonly byte[] _buffer = new byte[PacketBytesMax];
    private readonly List<int> _linkTypes = [];
    private long _offset;
    private bool _isBig;

    /// <summary>Takes a packet and the type of its link (the registry of pcap link types).</summary>
    public delegate void PacketAction(int linkType, ReadOnlySpan<byte> packet);

    /// <summary>True if a file that starts like this is a capture.</summary>
    public static bool IsCapture(ReadOnlySpan<byte> start)
    {
        if (start.Length < 4) return false;
        var (little, big) = (BinaryPrimitives.ReadUInt32LittleEndian(start), BinaryPrimitives.ReadUInt32BigEndian(start));
        return little is Pcap or PcapNano or Section || big is Pcap or PcapNano;
    }

    /// <summary>Reads every packet.</summary>
    public void Read(PacketAction action)
    {
        if (!TryFill(4)) return;
        if (BinaryPrimitives.ReadUInt32BigEndian(_buffer) == Section) ReadBlocks(action);
        else ReadRecords(action);
    }

    private void ReadRecords(PacketAction action)
    {
        _isBig = BinaryPrimitives.ReadUInt32BigEndian(_buffer) is Pcap or PcapNano;
        if (!TryFill(20)) return;
        var linkType = (int)(Word(16) & 0xFFFF);
        while (TryFill(16, mayEnd: true))
        {
            var length = Word(8);
            if (length > PacketBytesMax)
            {
                problems.Add($"offset {_offset - 16}: a packet of {length} bytes, more than {PacketBytesMax}: the rest of the file is not read");
                return;
            }

            if (!TryFill((int)length)) return;
            action(linkType, _buffer.AsSpan(0, (int)length));
        }
    }

    // Each block: type 4, length 4, body, length 4. The byte order comes with each section.
    private void ReadBlocks(PacketAction action)
    {
        var type = Section;
        do
        {
            var at = _offset - 4;
            if (!TryFill(type == Section ? 8 : 4)) return;
            if (type == Section)
            {
                _isBig = BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(4)) == ByteOrder;
                _linkTypes.Clear();
            }

            var length = Word(0);
            var head = type == Section ? 12 : 8;
            if (length < head + 4 || length % 4 != 0 || length - head > PacketBytesMax)
            {
                problems.Add($"offset {at}: a block of {length} bytes, which none has: the rest of the file is not read");
                return;
            }

            if (!TryFill((int)length - head)) return;
            TakeBlock(type, _buffer.AsSpan(0, (int)length - head - 4), action);
            if (!TryFill(4, mayEnd: true)) return;
            type = BinaryPrimitives.ReadUInt32BigEndian(_buffer) == Section ? Section : Word(0);
        }
        while (true);
    }

    private void TakeBlock(uint type, ReadOnlySpan<byte> body, PacketAction action)
    {
        switch (type)
        {
            case 1 when body.Length >= 8:
                _linkTypes.Add((int)(_isBig ? Word(0) >> 16 : Word(0) & 0xFFFF));
                break;
            case 3 when body.Length >= 4 && _linkTypes.Count > 0:
                action(_linkTypes[0], body.Slice(4, (int)Math.Min(Word(0), (uint)body.Length - 4)));
                break;
            case 6 when body.Length >= 20 && Word(0) < _linkTypes.Count:
                action(_linkTypes[(int)Word(0)], body.Slice(20, (int)Math.Min(Word(12), (uint)body.Length - 20)));
                break;
        }
    }

    private uint Word(int at) => _isBig
        ? BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(at)) : BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(at));

    private bool TryFill(int bytes, bool mayEnd = false)
    {
        var read = file.ReadAtLeast(_buffer.AsSpan(0, bytes), bytes, throwOnEndOfStream: false);
        _offset += read;
        if (read == bytes) return true;
        if (!mayEnd || read > 0) problems.Add($"offset {_offset}: the file ends inside a packet");
        return false;
    }
}
