using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Protocol.Dialects;

/// <summary>
/// Where a value stands: a field, a part of it, a part of that. People write <c>127.3</c> (a bit or place), <c>48.01</c> (a
/// text tag), <c>55.9F26</c> (a tag in hex), and <c>55.9F26#2</c> for the second of that tag.
/// </summary>
public readonly struct FieldPath : IEquatable<FieldPath>
{
    /// <summary>Most steps of a path, the field included: how deep parts within parts may go.</summary>
    public const int StepsMax = 8;

    private readonly Steps _steps;

    [InlineArray(StepsMax)]
    private struct Steps
    {
        private ulong _first;
    }

    /// <summary>A field of the message; 0 the MTI, 1 a bitmap.</summary>
    public FieldPath(int field)
    {
        _steps[0] = (uint)field;
        Count = 1;
    }

    private FieldPath(in FieldPath parent, ulong step)
    {
        Must.Hold(parent.Count is > 0 and < StepsMax);
        _steps = parent._steps;
        _steps[parent.Count] = step;
        Count = parent.Count + 1;
    }

    /// <summary>Steps, 1 to <see cref="StepsMax"/>; 0 if there is no path.</summary>
    public int Count { get; }

    /// <summary>The field it begins with; -1 if there is no path.</summary>
    public int Field => Count == 0 ? -1 : (int)(uint)_steps[0];

    /// <summary>Key of a step after the first: bit, place or tag.</summary>
    public uint Key(int step) => (uint)_steps[step];

    /// <summary>How many parts of the same key stand before it; 0 for the first.</summary>
    public int Earlier(int step) => (int)(_steps[step] >> 32);

    /// <summary>The path of a part of this.</summary>
    public FieldPath Then(uint key, int earlier = 0) => new(in this, key | ((ulong)(uint)earlier << 32));

    /// <summary>The first steps of it.</summary>
    public FieldPath Head(int count)
    {
        Must.Hold(count > 0 && count <= Count);
        var head = new FieldPath(Field);
        for (var step = 1; step < count; step++) head = new FieldPath(in head, _steps[step]);
        return head;
    }

    /// <summary>True if the path goes through, or ends at, <paramref name="head"/>.</summary>
    public bool StartsWith(in FieldPath head)
    {
        if (head.Count > Count) return false;
        for (var step = 0; step < head.Count; step++)
        {
            if (_steps[step] != head._steps[step]) return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public bool Equals(FieldPath other) => Count == other.Count && StartsWith(in other);

    /// <summary>True if both are the same place.</summary>
    public static bool operator ==(FieldPath one, FieldPath other) => one.Equals(other);

    /// <summary>True if they are not the same place.</summary>
    public static bool operator !=(FieldPath one, FieldPath other) => !one.Equals(other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FieldPath other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)((_steps[0] * 397) ^ (Count > 1 ? _steps[1] : 0));

    /// <summary>The path as people write it, in the words of the dialect.</summary>
    public string Text(Dialect dialect)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Field}");
        var composition = dialect.PartsOf(Field);
        for (var step = 1; step < Count; step++)
        {
            text.Append('.');
            text.Append(composition?.KeyText(Key(step)) ?? "?");
            if (Earlier(step) > 0) text.Append(CultureInfo.InvariantCulture, $"#{Earlier(step) + 1}");
            composition = dialect.PartsOf(composition, Key(step));
        }

        return text.ToString();
    }

    /// <summary>Reads a path as people write it; false if the dialect has no such place.</summary>
    public static bool TryParse(Dialect dialect, ReadOnlySpan<char> text, out FieldPath path)
    {
        path = default;
        var end = text.IndexOf('.');
        var isNumber = TryNumber(end < 0 ? text : text[..end], out var field);
        if (!isNumber || field is < 2 or > Dialect.FieldMax || dialect.TypeOf((int)field) == FieldType.Undefined) return false;
        var found = new FieldPath((int)field);
        var composition = dialect.PartsOf((int)field);
        while (end >= 0)
        {
            text = text[(end + 1)..];
            end = text.IndexOf('.');
            if (composition is null || found.Count == StepsMax) return false;
            if (!TryStep(composition, end < 0 ? text : text[..end], out var key, out var earlier)) return false;
            found = found.Then(key, earlier);
            composition = dialect.PartsOf(composition, key);
        }

        path = found;
        return true;
    }

    private static bool TryStep(Composition composition, ReadOnlySpan<char> text, out uint key, out int earlier)
    {
        (key, earlier) = (0, 0);
        var mark = text.LastIndexOf('#');
        if (mark > 0)
        {
            if (!TryNumber(text[(mark + 1)..], out var number) || number is < 2 or > 9_999) return false;
            earlier = (int)number - 1;
            text = text[..mark];
        }

        var hasTags = composition.Kind is CompositionKind.Tagged or CompositionKind.BerTlv;
        var good = hasTags ? TryTag(composition, text, out key) : TryNumber(text, out key) && earlier == 0;
        if (!good) return false;
        return composition.IndexOf(key) >= 0 || (hasTags && !composition.RefusesUnknown);
    }

    private static bool TryTag(Composition composition, ReadOnlySpan<char> text, out uint key)
    {
        key = 0;
        if (composition.HasTextTags)
        {
            if (text.Length != composition.TagBytes) return false;
            foreach (var letter in text)
            {
                if (!PartReader.IsTagCharacter((byte)letter) || letter > '~') return false;
                key = (key << 8) | letter;
            }

            return true;
        }

        if (text.Length is 0 or > 8 || !uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out key)) return false;
        foreach (var letter in text)
        {
            if (letter is >= 'a' and <= 'f') return false;
        }

        if (composition.Kind == CompositionKind.Tagged) return text.Length == composition.TagBytes * 2;
        return (text.Length & 1) == 0 && Tlv.IsTag(key, text.Length / 2);
    }

    // Decimal, no sign, no leading zero: one way to write a place.
    private static bool TryNumber(ReadOnlySpan<char> text, out uint number)
    {
        number = 0;
        return text.Length > 0 && text[0] != '0'
            && uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
