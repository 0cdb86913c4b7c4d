using System.Runtime.CompilerServices;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Codec;

/// <summary>
/// Walks the parts of a field, or of a part, in the order of the wire, and judges each as the decoder judges a field:
/// <code>
/// var parts = reader.Open(55, scratch);
/// while (parts.MoveNext()) Use(parts.Key, parts.Content);
/// if (!parts.IsOk) Refuse(parts.Error, parts.Offset);
/// </code>
/// Nothing is allocated, and no input makes it throw.
/// </summary>
public ref struct PartReader
{
    private readonly Dialect _dialect;
    private readonly Composition _composition;
    private readonly ReadOnlySpan<byte> _content;
    private readonly int _origin;
    private readonly int _scale;
    private readonly int _depth;
    private readonly bool _isPlainTlv;
    private ref readonly FieldPlan _plan;
    private FieldSet _left;
    private int _cursor;
    private int _index;
    private int _rawStart;
    private int _start;
    private int _units;
    private int _entry;

    internal PartReader(Dialect dialect, Composition composition, ReadOnlySpan<byte> content, int origin, int scale, int depth)
    {
        _dialect = dialect;
        _composition = composition;
        _content = content;
        _origin = origin;
        _scale = scale;
        _depth = depth;
        _plan = ref composition.UnknownPlan;
        _entry = -1;
        _isPlainTlv = composition.IsPlainTlv;
    }

    /// <summary>Bit, place or tag of the part under the cursor; tags are big-endian numbers of their bytes.</summary>
    public uint Key { get; private set; }

    /// <summary>Why the walk ended; <see cref="DecodeError.None"/> while it goes on and when all is good.</summary>
    public DecodeError Error { get; private set; }

    /// <summary>Offset of the first byte at fault, counted from the message's first.</summary>
    public int ErrorOffset { get; private set; }

    /// <summary>False once something was refused.</summary>
    public readonly bool IsOk => Error == DecodeError.None;

    /// <summary>How the parts are told apart.</summary>
    public readonly CompositionKind Kind => _composition.Kind;

    /// <summary>True if the dialect lists this part; a tag that it does not list is kept as it is.</summary>
    public readonly bool IsListed => _entry >= 0;

    /// <summary>Type of the part.</summary>
    public readonly FieldType Type => _plan.Type;

    /// <summary>Digits, characters or bytes, by type.</summary>
    public readonly int Units => _units;

    /// <summary>The part as on the wire, without tag and length.</summary>
    public readonly ReadOnlySpan<byte> Content => _content.Slice(_start, _plan.BytesOf(_units));

    /// <summary>The part as on the wire, tag and length included.</summary>
    public readonly ReadOnlySpan<byte> Raw => _content[_rawStart..(_start + _plan.BytesOf(_units))];

    /// <summary>Offset of the content's first byte from the message's first.</summary>
    public readonly int Offset => _origin + _start * _scale;

    /// <summary>True if <see cref="Key"/> is that of the part under the cursor, or at fault.</summary>
    internal bool HasKey { get; private set; }

    internal readonly Composition Composition => _composition;

    internal readonly ref readonly FieldPlan Plan => ref _plan;

    internal readonly string? Name => _entry < 0 ? null : _composition.Parts[_entry].Name;

    internal readonly Composition? Inner => _dialect.PartsOf(_composition, Key);

    /// <summary>True if the part has parts again.</summary>
    public readonly bool HasParts => _depth + 1 < FieldPath.StepsMax && Inner is not null;

    /// <summary>Goes to the next part; false at the end or at the first fault.</summary>
    public bool MoveNext()
    {
        if (_isPlainTlv && MoveInPlainTlv()) return true;
        if (Error != DecodeError.None) return false;
        HasKey = false;
        return _composition.Kind switch
        {
            CompositionKind.BerTlv => MoveInTlv(),
            CompositionKind.Tagged => MoveInTagged(),
            CompositionKind.Bitmap => MoveInBitmap(),
            _ => MoveInPlace(),
        };
    }

    /// <summary>Goes on to the part of that key; false if there is none from here to the end.</summary>
    public bool MoveTo(uint key)
    {
        while (MoveNext())
        {
            if (Key == key) return true;
        }

        return false;
    }

    /// <summary>
    /// The parts of the part under the cursor, which must have some (Must.Hold). <paramref name="scratch"/> takes the bytes
    /// where the content spells them in hex: half as many as the content has.
    /// </summary>
    public readonly PartReader Open(Span<byte> scratch)
    {
        Must.Hold(HasParts);
        return Open(_dialect, Inner!, in _plan, Content, Offset, _scale, _depth + 1, scratch);
    }

    /// <summary>
    /// The part as ASCII text: bytes as upper-case hex, track data with <c>=</c> if packed. Returns the characters written,
    /// at most twice the units. Must.Hold that the target has room.
    /// </summary>
    public readonly int CopyText(Span<byte> target) => FieldContent.CopyCharacters(in _plan, Content, _units, target);

    internal static PartReader Open(
        Dialect dialect, Composition composition, in FieldPlan plan, ReadOnlySpan<byte> content, int origin, int scale, int depth,
        Span<byte> scratch)
    {
        if (!composition.IsHexText && plan.NibblesPerUnit != 4) return new PartReader(dialect, composition, content, origin, scale, depth);
        Must.Hold(scratch.Length >= content.Length / 2);
        var bad = plan.Encoding == FieldEncoding.Ascii ? Hex.ParseBlocks(content, scratch) : 0;
        for (; bad < content.Length; bad++)
        {
            var character = Ebcdic.Character(plan.Encoding, content[bad]);
            if (!default(HexClass).Holds(character) && !(plan.Has(FieldTraits.LowerHex) && Hex.Value(character) >= 0)) break;
            if ((bad & 1) == 0 && bad + 1 == content.Length) break;
            ref var place = ref scratch[bad >> 1];
            place = (byte)((place << 4) | Hex.Value(character));
        }

        var bytes = scratch[..(bad / 2)];
        var reader = new PartReader(dialect, composition, bytes, origin, scale * 2, depth);
        if (bad == content.Length) return reader;
        reader.Error = composition.Kind == CompositionKind.BerTlv ? DecodeError.BadTlv : DecodeError.BadDigit;
        reader.ErrorOffset = origin + bad * scale;
        return reader;
    }

    /// <summary>True for a character that may be in a text tag; a dot would be read as a step of a path.</summary>
    internal static bool IsTagCharacter(byte character) => character is > (byte)' ' and <= (byte)'~' and not ((byte)'.' or (byte)'#');

    private bool Fail(DecodeError error, int at)
    {
        (Error, ErrorOffset) = (error, _origin + at * _scale);
        return false;
    }

    // Nearly every element of nearly every DE55: a tag of one or two bytes, a length of one, nothing listed. False, and
    // nothing moved, for all that is not so plain.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool MoveInPlainTlv()
    {
        var content = _content;
        var at = _cursor;
        if (content.Length - at < 2) return false;
        uint tag = content[at];
        int length = content[at + 1];
        var start = at + 2;
        if ((tag & 0x1F) == 0x1F)
        {
            if (length is >= 0x80 or 0 || (uint)start >= (uint)content.Length) return false;
            tag = (tag << 8) | (uint)length;
            length = content[start++];
        }

        if (tag == 0 || length >= 0x80 || length > content.Length - start || Error != DecodeError.None) return false;
        (_rawStart, Key, HasKey, _start, _units, _cursor) = (at, tag, true, start, length, start + length);
        return true;
    }

    private bool MoveInTlv()
    {
        var content = _content;
        var at = _cursor;
        while (_composition.SkipsPadding && at < content.Length && content[at] == 0) at++;
        if ((uint)at >= (uint)content.Length) return false;
        if (!Tlv.TryReadTag(content, at, out var tag, out var end, out var bad)) return Fail(DecodeError.BadTlv, bad);
        if (!Tlv.TryReadLength(content, end, out var length, out end, out bad)) return Fail(DecodeError.BadTlv, bad);
        if (length > content.Length - end) return Fail(DecodeError.BadTlv, content.Length);
        (_rawStart, Key, HasKey) = (at, tag, true);
        return TakeTagged(end, length);
    }

    private bool MoveInTagged()
    {
        if (_cursor >= _content.Length) return false;
        var composition = _composition;
        var rest = _content[_cursor..];
        if (rest.Length < composition.TagBytes) return Fail(DecodeError.Truncated, _content.Length);
        uint key = 0;
        for (var index = 0; index < composition.TagBytes; index++)
        {
            var value = Ebcdic.Character(composition.TagEncoding, rest[index]);
            var good = composition.HasTextTags ? IsTagCharacter(value)
                : composition.TagEncoding == FieldEncoding.Raw || default(BcdClass).Holds(value);
            if (!good) return Fail(DecodeError.BadDigit, _cursor + index);
            key = (key << 8) | value;
        }

        (_rawStart, Key, HasKey) = (_cursor, key, true);
        var at = _cursor + composition.TagBytes;
        var lengthPlan = composition.Length;
        var length = FieldContent.ReadPrefix(in lengthPlan, _content[at..]);
        if (length < 0) return FailAtPrefix(in lengthPlan, at, length);
        at += lengthPlan.PrefixBytes;
        return length > _content.Length - at ? Fail(DecodeError.Truncated, _content.Length) : TakeTagged(at, length);
    }

    // A value whose bytes are counted by its tag's length.
    private bool TakeTagged(int at, int bytes)
    {
        _entry = _composition.IndexOf(Key);
        if (_entry < 0 && _composition.RefusesUnknown) return Fail(DecodeError.UndefinedField, _rawStart);
        if (_entry >= 0) _plan = ref _composition.Parts[_entry].Plan;
        else _plan = ref _composition.UnknownPlan;
        var content = _content.Slice(at, bytes);
        _units = _plan.UnitsOf(content);
        (_start, _cursor) = (at, at + bytes);
        if (_plan.Check == ContentCheck.None && _units <= _plan.UnitsMax && !_plan.IsFixed) return true;
        if (_plan.BytesOf(_units) != bytes) return Fail(DecodeError.BadDigit, at + bytes);   // Half a byte of hex text.
        if (_units > _plan.UnitsMax) return Fail(DecodeError.LengthOverMax, _rawStart);
        if (_plan.IsFixed && _units < _plan.UnitsMax) return Fail(DecodeError.Truncated, at + bytes);
        return FieldContent.IsGood(in _plan, _units, content) || FailAtContent(content, at);
    }

    private bool MoveInBitmap()
    {
        if (_index == 0 && !ReadBitmaps()) return false;
        var bit = _left.Lowest;
        if (bit == 0)
        {
            if (_cursor < _content.Length) Fail(DecodeError.TrailingBytes, _cursor);
            return false;
        }

        _left.Remove(bit);
        _entry = _composition.IndexOf((uint)bit);
        (Key, HasKey) = ((uint)bit, true);
        return _entry < 0 ? Fail(DecodeError.UndefinedField, BitOffset(bit)) : TakePart();
    }

    private bool ReadBitmaps()
    {
        var composition = _composition;
        for (var more = true; more; _index++)
        {
            var first = _index * composition.BitmapBits;
            if (first + composition.BitmapBits > FieldSet.FieldMax) return Fail(DecodeError.BadBitmap, _cursor - composition.BitmapBytes);
            if (_content.Length - _cursor < composition.BitmapBytes) return Fail(DecodeError.Truncated, _content.Length);
            for (var bit = 1; bit <= composition.BitmapBits; bit++)
            {
                var value = BitmapUnit(composition, bit, out var width);
                if (value < 0) return Fail(DecodeError.BadBitmap, BitOffset(first + bit));
                if (((value >> (width - 1 - (bit - 1) % width)) & 1) != 0) _left.Add(first + bit);
            }

            _cursor += composition.BitmapBytes;
            more = composition.IsChained && _left.Has(first + 1);
            if (more) _left.Remove(first + 1);
        }

        return true;
    }

    // The byte or hex digit that holds a bit; -1 if it is no hex digit.
    private readonly int BitmapUnit(Composition composition, int bit, out int width)
    {
        width = composition.BitmapForm == BitmapForm.Raw ? 8 : 4;
        var value = _content[_cursor + (bit - 1) / width];
        if (width == 8) return value;
        var character = composition.BitmapForm == BitmapForm.Hex ? value : Ebcdic.Character(FieldEncoding.Ebcdic1047, value);
        return default(HexClass).Holds(character) ? Hex.Value(character) : -1;
    }

    private readonly int BitOffset(int bit) => (bit - 1) / (_composition.BitmapForm == BitmapForm.Raw ? 8 : 4);

    private bool MoveInPlace()
    {
        if (_index == _composition.Parts.Length)
        {
            if (_cursor < _content.Length) Fail(DecodeError.TrailingBytes, _cursor);
            return false;
        }

        if (_composition.MayEndEarly && _cursor == _content.Length) return false;
        _entry = _index++;
        (Key, HasKey) = (_composition.Parts[_entry].First, true);
        return TakePart();
    }

    // A part that says its own length: as a field of a message.
    private bool TakePart()
    {
        _rawStart = _cursor;
        _plan = ref _composition.Parts[_entry].Plan;
        int units = _plan.UnitsMax;
        var at = _cursor;
        if (_plan.Prefix != PrefixForm.None)
        {
            units = FieldContent.ReadPrefix(in _plan, _content[at..]);
            if ((uint)units > _plan.UnitsMax) return FailAtPrefix(in _plan, at, units);
            at += _plan.PrefixBytes;
        }

        var bytes = _plan.BytesOf(units);
        if (_content.Length - at < bytes) return Fail(DecodeError.Truncated, _content.Length);
        (_units, _start, _cursor) = (units, at, at + bytes);
        var content = _content.Slice(at, bytes);
        return FieldContent.IsGood(in _plan, units, content) || FailAtContent(content, at);
    }

    private bool FailAtPrefix(in FieldPlan plan, int at, int units)
    {
        var fault = FieldContent.PrefixFault(in plan, _content, 0, at, units);
        return Fail(fault.Error, fault.Offset);
    }

    private bool FailAtContent(ReadOnlySpan<byte> content, int at)
    {
        var fault = FieldContent.ContentFault(in _plan, _units, content, 0, at);
        return Fail(fault.Error, fault.Offset);
    }
}
