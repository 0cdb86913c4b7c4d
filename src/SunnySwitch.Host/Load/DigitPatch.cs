using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SunnySwitch.Host.Load;

/// <summary>An even number of digits at a fixed place of a frame, as ASCII or packed two to a byte.</summary>
internal readonly struct DigitPatch
{
    // Two digits a step: half the divisions of a digit a step, and it is a whole byte when packed.
    private static readonly byte[] PackedPairs = MakePackedPairs();
    private static readonly ushort[] AsciiPairs = MakeAsciiPairs();

    private readonly int _offset;
    private readonly int _pairs;
    private readonly bool _packed;

    /// <summary>Digits <paramref name="first"/> to <paramref name="first"/> + <paramref name="digits"/> of a field
    /// whose first digit is at byte <paramref name="offset"/>. Both counts even.</summary>
    public DigitPatch(int offset, int first, int digits, bool packed)
    {
        Must.Hold((first & 1) == 0 && (digits & 1) == 0 && digits is >= 2 and <= 18);
        _offset = packed ? offset + first / 2 : offset + first;
        _pairs = digits / 2;
        _packed = packed;
    }

    /// <summary>Writes <paramref name="value"/> zero padded; what does not fit is cut off on the left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Write(Span<byte> frame, ulong value)
    {
        if (_packed)
        {
            var bytes = frame.Slice(_offset, _pairs);
            for (var index = bytes.Length - 1; index >= 0; index--, value /= 100)
                bytes[index] = PackedPairs[value % 100];
            return;
        }

        var pairs = MemoryMarshal.Cast<byte, ushort>(frame.Slice(_offset, _pairs * 2));
        for (var index = pairs.Length - 1; index >= 0; index--, value /= 100) pairs[index] = AsciiPairs[value % 100];
    }

    /// <summary>The number that stands there; digits are not checked.</summary>
    public ulong Read(ReadOnlySpan<byte> frame)
    {
        ulong value = 0;
        foreach (var one in frame.Slice(_offset, _packed ? _pairs : _pairs * 2))
            value = _packed ? value * 100 + (ulong)((one >> 4) * 10 + (one & 15)) : value * 10 + (ulong)(one - '0');
        return value;
    }

    private static byte[] MakePackedPairs()
    {
        var pairs = new byte[100];
        for (var value = 0; value < 100; value++) pairs[value] = (byte)(value / 10 << 4 | value % 10);
        return pairs;
    }

    private static ushort[] MakeAsciiPairs()
    {
        var pairs = new ushort[100];
        var bytes = MemoryMarshal.AsBytes(pairs.AsSpan());
        for (var value = 0; value < 100; value++)
        {
            bytes[value * 2] = (byte)('0' + value / 10);
            bytes[value * 2 + 1] = (byte)('0' + value % 10);
        }

        return pairs;
    }
}
