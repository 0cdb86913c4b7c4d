using System.Globalization;
using System.Runtime.CompilerServices;

namespace SunnySwitch.Simulation;

/// <summary>What broke, in words that are made only if something did: millions of checks hold.</summary>
[InterpolatedStringHandler]
internal ref struct WhenBroken
{
    private DefaultInterpolatedStringHandler _words;

    public WhenBroken(int literalLength, int formattedCount, bool holds, out bool isNeeded)
    {
        isNeeded = !holds;
        _words = isNeeded ? new DefaultInterpolatedStringHandler(literalLength, formattedCount, CultureInfo.InvariantCulture) : default;
    }

    public void AppendLiteral(string words) => _words.AppendLiteral(words);

    public void AppendFormatted<T>(T value) => _words.AppendFormatted(value);

    public void AppendFormatted<T>(T value, string format) => _words.AppendFormatted(value, format);

    public string ToStringAndClear() => _words.ToStringAndClear();
}
