using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Codec;

/// <summary>
/// Writes the parts of one field, or of a part, into the caller's span; <see cref="MessageWriter.Parts"/> takes the result.
/// Places and bits go in ascending order, tags in any. A span that is too small is no error until <see cref="End"/> says -1;
/// a part that the dialect does not have, or a value outside its set, is a mistake in the program (Must.Hold).
/// </summary>
public ref struct PartWriter
{
    private readonly Dialect _dialect;
    private readonly Composition _composition;
    private readonly Span<byte> _target;
    private FieldSet _left;
    private int _cursor;
    private int _place;
    private bool _begun;
    private bool _tooSmall;

    /// <summary>A writer for the parts of that field or part, which must have some (Must.Hold).</summary>
    public PartWriter(Dialect dialect, in FieldPath path, Span<byte> target)
        : this(dialect, dialect.PartsOf(in path), target)
    {
    }

    internal PartWriter(Dialect dialect, Composition? composition, Span<byte> target)
    {
        Must.Hold(composition is not null);
        _dialect = dialect;
        _composition = composition;
        _target = target;
        _begun = composition.Kind != CompositionKind.Bitmap;
    }

    /// <summary>Writes the bitmaps that announce these parts. Only a bitmap composition has them, and needs them.</summary>
    public void Begin(FieldSet parts)
    {
        Must.Hold(!_begun);
        _begun = true;
        _left = parts;
        var bits = _composition.BitmapBits;
        var maps = 1;
        foreach (var part in parts)
        {
            Must.Hold(_composition.IndexOf((uint)part) >= 0);
            if (_composition.IsChained) maps = (part + bits - 1) / bits;
        }

        for (var map = 0; map < maps; map++)
        {
            var more = map + 1 < maps;
            if (more) parts.Add(map * bits + 1);
            WriteBitmap(parts, map * bits);
        }
    }

    /// <summary>Copies a part as it was on the wire, tag and length included.</summary>
    public void CopyRaw(uint key, scoped ReadOnlySpan<byte> raw)
    {
        Take(key);
        var room = Reserve(raw.Length);
        if (!_tooSmall) raw.CopyTo(room);
    }

    /// <summary>A part from ASCII text, of any type but <c>b</c>; a fixed one takes exactly its width.</summary>
    public void Text(uint key, scoped ReadOnlySpan<byte> ascii)
    {
        ref readonly var plan = ref Take(key);
        Must.Hold(plan.Type != FieldType.Binary && FieldRules.FirstOutside(in plan, ascii) == ascii.Length);
        var room = ReserveContent(key, in plan, ascii.Length);
        if (!_tooSmall) FieldContent.WriteText(in plan, ascii, room);
    }

    /// <summary>A <c>b</c> part; a fixed one takes exactly its width.</summary>
    public void Binary(uint key, scoped ReadOnlySpan<byte> bytes)
    {
        ref readonly var plan = ref Take(key);
        Must.Hold(plan.Type == FieldType.Binary);
        var room = ReserveContent(key, in plan, bytes.Length);
        if (!_tooSmall) FieldContent.WriteBytes(in plan, bytes, room);
    }

    /// <summary>A part that has parts, from what another writer wrote.</summary>
    public void Parts(uint key, scoped ReadOnlySpan<byte> composed)
    {
        ref readonly var plan = ref Take(key);
        var inner = _dialect.PartsOf(_composition, key);
        Must.Hold(inner is not null);
        var units = FieldContent.UnitsOfComposed(in plan, inner, composed.Length);
        var room = ReserveContent(key, in plan, units);
        if (!_tooSmall) FieldContent.WriteComposed(in plan, inner, composed, room);
    }

    /// <summary>Bytes written; -1 if the span was too small. Must.Hold that every announced part was written.</summary>
    public readonly int End()
    {
        Must.Hold(_begun && _left.IsEmpty);
        var isWhole = _composition.Kind != CompositionKind.Positional || _composition.MayEndEarly || _place == _composition.Parts.Length;
        Must.Hold(isWhole);
        return _tooSmall ? -1 : _cursor;
    }

    // Checks the order, and finds what the part holds.
    private ref readonly FieldPlan Take(uint key)
    {
        Must.Hold(_begun);
        var entry = _composition.IndexOf(key);
        switch (_composition.Kind)
        {
            case CompositionKind.Positional:
                Must.Hold(entry == _place);
                _place++;
                break;
            case CompositionKind.Bitmap:
                Must.Hold(entry >= 0 && _left.TryTakeLowest((int)key));
                break;
            default:
                Must.Hold(entry >= 0 || !_composition.RefusesUnknown);
                break;
        }

        if (entry < 0) return ref _composition.UnknownPlan;
        return ref _composition.Parts[entry].Plan;
    }

    private Span<byte> ReserveContent(uint key, in FieldPlan plan, int units)
    {
        Must.Hold(plan.IsFixed ? units == plan.UnitsMax : units <= plan.UnitsMax);
        var bytes = plan.BytesOf(units);
        if (_composition.Kind is CompositionKind.Tagged or CompositionKind.BerTlv)
        {
            WriteTag(key, bytes);
            return Reserve(bytes);
        }

        var room = Reserve(plan.PrefixBytes + bytes);
        if (_tooSmall || plan.IsFixed) return room;
        FieldContent.WritePrefix(in plan, units, room[..plan.PrefixBytes]);
        return room[plan.PrefixBytes..];
    }

    private void WriteTag(uint key, int bytes)
    {
        if (_composition.Kind == CompositionKind.BerTlv)
        {
            var header = Reserve(Tlv.TagBytes(key) + Tlv.LengthBytes(bytes));
            if (!_tooSmall) Tlv.Write(key, bytes, header);
            return;
        }

        var length = _composition.Length;
        Must.Hold(bytes <= FieldContent.PrefixMax(in length));
        var room = Reserve(_composition.TagBytes + length.PrefixBytes);
        if (_tooSmall) return;
        for (var index = _composition.TagBytes - 1; index >= 0; index--, key >>= 8)
        {
            room[index] = _composition.HasTextTags ? Ebcdic.Byte(_composition.TagEncoding, (byte)key) : (byte)key;
        }

        FieldContent.WritePrefix(in length, bytes, room[_composition.TagBytes..]);
    }

    private void WriteBitmap(FieldSet parts, int before)
    {
        var room = Reserve(_composition.BitmapBytes);
        if (_tooSmall) return;
        Span<byte> bytes = stackalloc byte[FieldSet.FieldMax / 8];
        bytes = bytes[..(_composition.BitmapBits / 8)];
        bytes.Clear();
        for (var bit = 0; bit < _composition.BitmapBits; bit++)
        {
            if (parts.Has(before + bit + 1)) bytes[bit >> 3] |= (byte)(0x80 >> (bit & 7));
        }

        if (_composition.BitmapForm == BitmapForm.Raw)
        {
            bytes.CopyTo(room);
            return;
        }

        Hex.Write(bytes, room);
        if (_composition.BitmapForm == BitmapForm.HexEbcdic) Ebcdic.ToBytes(FieldEncoding.Ebcdic1047, room, room);
    }

    private Span<byte> Reserve(int bytes)
    {
        if (_tooSmall || _target.Length - _cursor < bytes)
        {
            _tooSmall = true;
            return default;
        }

        var room = _target.Slice(_cursor, bytes);
        _cursor += bytes;
        return room;
    }
}
