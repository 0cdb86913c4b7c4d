using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Codec;

/// <summary>
/// Writes a message into the caller's span: <see cref="Begin"/>, every announced field in ascending order,
/// <see cref="End"/>. A span that is too small is no error until <see cref="End"/> says -1; a field out of order, over
/// its maximum or with a character outside its set is a mistake in the program (Must.Hold). Text that comes from
/// outside is asked about first with <see cref="FieldRules"/>.
/// </summary>
public ref struct MessageWriter
{
    private readonly Dialect _dialect;
    private readonly Span<byte> _target;
    private FieldSet _left;
    private int _cursor;
    private bool _begun;
    private bool _tooSmall;

    /// <summary>A writer at the start of <paramref name="target"/>.</summary>
    public MessageWriter(Dialect dialect, Span<byte> target)
    {
        _dialect = dialect;
        _target = target;
    }

    /// <summary>
    /// Writes MTI (four BCD digits, 0x0110) and bitmaps; further bitmaps are derived from the fields that will
    /// follow.
    /// </summary>
    public void Begin(ushort mti, FieldSet fields)
    {
        const ulong next = 1UL << 63;
        Must.Hold(!_begun);
        _begun = true;
        fields.Low &= ~next;
        if (_dialect.HasThirdBitmap) fields.High &= ~next;
        Must.Hold(fields.Without(_dialect.Defined).IsEmpty);
        _left = fields;
        WriteMti(mti);
        var bits = fields.High | fields.Third;
        WriteBitmap(bits == 0 ? fields.Low : fields.Low | next);
        if (bits == 0) return;
        WriteBitmap(fields.Third == 0 ? fields.High : fields.High | next);
        if (fields.Third != 0) WriteBitmap(fields.Third);
    }

    /// <summary>
    /// Copies a field of a message of the same dialect as it was on the wire, length prefix included.
    /// </summary>
    public void CopyRaw(int field, scoped ReadOnlySpan<byte> raw)
    {
        ref readonly var plan = ref Take(field);
        Must.Hold((uint)(raw.Length - plan.RawBytesMin) <= plan.RawBytesSpread);
        var room = Reserve(raw.Length);
        if (!_tooSmall) raw.CopyTo(room);
    }

    /// <summary>
    /// Copies fields that are neighbours in a message of the same dialect, as one stretch of bytes:
    /// <see cref="MessageReader.RawRun"/>. They have to be the next ones announced.
    /// </summary>
    public void CopyRun(FieldSet fields, scoped ReadOnlySpan<byte> raw)
    {
        Must.Hold(!fields.IsEmpty && fields.Without(_left).IsEmpty && fields.Lowest == _left.Lowest);
        _left = _left.Without(fields);
        var room = Reserve(raw.Length);
        if (!_tooSmall) raw.CopyTo(room);
    }

    /// <summary>
    /// An <c>n</c> field from a number: zero padded to a fixed width, without leading zeros in a variable one.
    /// </summary>
    public void Number(int field, ulong value)
    {
        ref readonly var plan = ref Take(field);
        Must.Hold(plan.Type == FieldType.Digits);
        var units = plan.IsFixed ? plan.UnitsMax : Decimals.Count(value);
        var room = ReserveContent(in plan, units, plan.BytesOf(units));
        if (_tooSmall) return;
        Must.Hold(FieldContent.WriteNumber(in plan, value, units, room));
    }

    /// <summary>An <c>n</c> field from ASCII digits; a fixed field takes exactly its width.</summary>
    public void Digits(int field, scoped ReadOnlySpan<byte> asciiDigits)
    {
        Must.Hold(_dialect.TypeOf(field) == FieldType.Digits);
        Text(field, asciiDigits);
    }

    /// <summary>
    /// An <c>an</c>, <c>x</c>, <c>s</c>, <c>z</c> (separator = or D) or <c>n</c> field from ASCII text; a fixed field takes
    /// exactly its width. In text encodings a separator is written as given, packed ones hold nibble D.
    /// </summary>
    public void Text(int field, scoped ReadOnlySpan<byte> ascii)
    {
        ref readonly var plan = ref Take(field);
        // The two forms of the two busiest dialects are checked and written in one go.
        if (plan.Check == ContentCheck.Range)
        {
            var set = new RangeClass(plan.RangeLow, plan.RangeWidth);
            var room = ReserveContent(in plan, ascii.Length, ascii.Length);
            Must.Hold(_tooSmall ? ByteClasses.All(ascii, set) : ByteClasses.TryCopy(ascii, room, set));
        }
        else if (plan.Check == ContentCheck.Bcd)
        {
            WritePacked(in plan, ascii);
        }
        else if (plan.Check == ContentCheck.BcdTrack)
        {
            WritePackedTrack(in plan, ascii);
        }
        else
        {
            Must.Hold(plan.Type != FieldType.Binary && FieldRules.FirstOutside(in plan, ascii) == ascii.Length);
            var room = ReserveContent(in plan, ascii.Length, plan.BytesOf(ascii.Length));
            if (!_tooSmall) FieldContent.WriteText(in plan, ascii, room);
        }
    }

    /// <summary>A <c>b</c> field; a fixed field takes exactly its width.</summary>
    public void Binary(int field, scoped ReadOnlySpan<byte> bytes)
    {
        ref readonly var plan = ref Take(field);
        Must.Hold(plan.Type == FieldType.Binary);
        var room = ReserveContent(in plan, bytes.Length, plan.BytesOf(bytes.Length));
        if (_tooSmall) return;
        FieldContent.WriteBytes(in plan, bytes, room);
    }

    /// <summary>A field that has parts, from what a <see cref="PartWriter"/> wrote.</summary>
    public void Parts(int field, scoped ReadOnlySpan<byte> composed)
    {
        ref readonly var plan = ref Take(field);
        var composition = _dialect.PartsOf(field);
        Must.Hold(composition is not null);
        var units = FieldContent.UnitsOfComposed(in plan, composition, composed.Length);
        var room = ReserveContent(in plan, units, plan.BytesOf(units));
        if (!_tooSmall) FieldContent.WriteComposed(in plan, composition, composed, room);
    }

    /// <summary>Bytes written so far: where the next field begins.</summary>
    public readonly int Written => _cursor;

    /// <summary>
    /// Bytes written; -1 if the span was too small. Must.Hold that every announced field was written.
    /// </summary>
    public readonly int End()
    {
        Must.Hold(_begun && _left.IsEmpty);
        return _tooSmall ? -1 : _cursor;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WritePacked(in FieldPlan plan, scoped ReadOnlySpan<byte> ascii)
    {
        var room = ReserveContent(in plan, ascii.Length, (ascii.Length + 1) >> 1);
        Must.Hold(_tooSmall ? ByteClasses.All(ascii, RangeClass.Digits) : Decimals.TryPack(ascii, room));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WritePackedTrack(in FieldPlan plan, scoped ReadOnlySpan<byte> ascii)
    {
        Must.Hold(ByteClasses.All(ascii, default(TrackClass)));
        var room = ReserveContent(in plan, ascii.Length, (ascii.Length + 1) >> 1);
        if (!_tooSmall) Decimals.Pack(ascii, room);
    }

    private void WriteMti(ushort mti)
    {
        Must.Hold(default(BcdClass).Holds((byte)(mti >> 8)) && default(BcdClass).Holds((byte)mti));
        var room = Reserve(_dialect.MtiBytes);
        if (_tooSmall) return;
        if (_dialect.MtiForm == MtiForm.Bcd)
        {
            BinaryPrimitives.WriteUInt16BigEndian(room, mti);
            return;
        }

        var zero = _dialect.MtiForm == MtiForm.Ascii ? '0' : 0xF0;
        for (var index = 3; index >= 0; index--, mti >>= 4) room[index] = (byte)(zero | (mti & 0x0F));
    }

    private void WriteBitmap(ulong bits)
    {
        var room = Reserve(_dialect.BitmapBytes);
        if (_tooSmall) return;
        if (_dialect.BitmapForm == BitmapForm.Raw)
        {
            BinaryPrimitives.WriteUInt64BigEndian(room, bits);
            return;
        }

        Hex.Write(bits, room);
        if (_dialect.BitmapForm == BitmapForm.HexEbcdic) Ebcdic.ToBytes(FieldEncoding.Ebcdic1047, room, room);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref readonly FieldPlan Take(int field)
    {
        Must.Hold(_left.TryTakeLowest(field));   // Not begun: nothing is left to take, so this holds no field.
        return ref _dialect.Plans[field];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> ReserveContent(in FieldPlan plan, int units, int bytes)
    {
        Must.Hold(plan.IsFixed ? units == plan.UnitsMax : units <= plan.UnitsMax);
        var room = Reserve(plan.PrefixBytes + bytes);
        if (plan.IsFixed || _tooSmall) return room;
        FieldContent.WritePrefix(in plan, units, room[..plan.PrefixBytes]);
        return room[plan.PrefixBytes..];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Reserve(int bytes)
    {
        var cursor = _cursor;
        if (_target.Length - cursor < bytes)
        {
            // Whatever follows finds no room either.
            _tooSmall = true;
            _cursor = _target.Length;
            return default;
        }

        _cursor = cursor + bytes;
        return _target.Slice(cursor, bytes);
    }
}
