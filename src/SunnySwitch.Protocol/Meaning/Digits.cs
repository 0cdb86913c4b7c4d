using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Protocol.Meaning;

/// <summary>Text of digits or hex to numbers. Never throws: what is not such is -1 or false.</summary>
internal static class Digits
{
    private const int NumberDigitsMax = 9;

    /// <summary>True if there is a character and every one is 0 to 9.</summary>
    public static bool Are(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExceptInRange('0', '9');

    /// <summary>The number, one to nine digits; else -1.</summary>
    public static int Value(ReadOnlySpan<char> text)
    {
        if (!Are(text) || text.Length > NumberDigitsMax) return -1;
        var value = 0;
        foreach (var digit in text) value = value * 10 + digit - '0';
        return value;
    }

    /// <summary>Bytes of hex text into <paramref name="target"/>; false if it is odd, too long, or not hex.</summary>
    public static bool TryBytes(ReadOnlySpan<char> hex, Span<byte> target, out int count)
    {
        count = hex.Length / 2;
        if (hex.Length % 2 != 0 || count > target.Length) return false;
        for (var index = 0; index < count; index++)
        {
            int high = Hex.Value(hex[2 * index]), low = Hex.Value(hex[2 * index + 1]);
            if (high < 0 || low < 0) return false;
            target[index] = (byte)((high << 4) | low);
        }

        return true;
    }
}
