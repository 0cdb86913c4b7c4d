using System.Numerics;
using System.Runtime.InteropServices;

namespace SunnySwitch.Journal.Frames;

/// <summary>CRC-32C of whole frames, by words of 8 bytes, with the frame's CRC field taken as zero.</summary>
internal static class FrameChecksum
{
    private const int CrcWord = 7;                     // The field is the upper half of the header's last word.
    private const ulong WithoutCrc = 0xFFFF_FFFF;

    /// <summary>The CRC that a frame (header, payload, padding) must carry.</summary>
    internal static uint Of(ReadOnlySpan<byte> frame)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(frame);
        var crc = uint.MaxValue;
        for (var index = 0; index < words.Length; index++)
            crc = BitOperations.Crc32C(crc, index == CrcWord ? words[index] & WithoutCrc : words[index]);
        return ~crc;
    }

    /// <summary>Writes the CRC of every frame in <paramref name="frames"/>, whose CRC fields must be zero.</summary>
    /// <remarks>
    /// The CRC instruction takes 3 cycles and one can start in each, so one frame after the other leaves two thirds
    /// of it
    /// idle: four frames go side by side. That is why Append leaves the CRC to the end of the batch.
    /// </remarks>
    internal static void Seal(Span<byte> frames)
    {
        Span<int> starts = stackalloc int[5];
        var offset = 0;
        while (offset < frames.Length)
        {
            var count = 0;
            while (count < 4 && offset < frames.Length)
            {
                starts[count++] = offset;
                offset += FrameFormat.FrameBytes((int)MemoryMarshal.Read<FrameHeader>(frames[offset..]).PayloadBytes);
            }
            starts[count] = offset;
            if (count == 4)
            {
                SealFour(frames, starts);
                continue;
            }
            for (var index = 0; index < count; index++)
                SealOne(frames[starts[index]..starts[index + 1]], 0, uint.MaxValue);
        }
    }

    private static void SealFour(Span<byte> frames, ReadOnlySpan<int> starts)
    {
        var a = MemoryMarshal.Cast<byte, ulong>(frames[starts[0]..starts[1]]);
        var b = MemoryMarshal.Cast<byte, ulong>(frames[starts[1]..starts[2]]);
        var c = MemoryMarshal.Cast<byte, ulong>(frames[starts[2]..starts[3]]);
        var d = MemoryMarshal.Cast<byte, ulong>(frames[starts[3]..starts[4]]);
        var common = Math.Min(Math.Min(a.Length, b.Length), Math.Min(c.Length, d.Length));
        uint crcA = uint.MaxValue, crcB = uint.MaxValue, crcC = uint.MaxValue, crcD = uint.MaxValue;
        for (var index = 0; index < common; index++)
        {
            crcA = BitOperations.Crc32C(crcA, a[index]);
            crcB = BitOperations.Crc32C(crcB, b[index]);
            crcC = BitOperations.Crc32C(crcC, c[index]);
            crcD = BitOperations.Crc32C(crcD, d[index]);
        }
        SealOne(frames[starts[0]..starts[1]], common, crcA);
        SealOne(frames[starts[1]..starts[2]], common, crcB);
        SealOne(frames[starts[2]..starts[3]], common, crcC);
        SealOne(frames[starts[3]..starts[4]], common, crcD);
    }

    private static void SealOne(Span<byte> frame, int fromWord, uint crc)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(frame);
        for (var index = fromWord; index < words.Length; index++) crc = BitOperations.Crc32C(crc, words[index]);
        words[CrcWord] |= (ulong)~crc << 32;
    }
}
