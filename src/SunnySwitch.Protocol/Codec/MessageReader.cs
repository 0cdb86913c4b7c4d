using System.Runtime.CompilerServices;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Codec;

/// <summary>
/// Reads values out of a decoded message, straight from its bytes. Fields must be present (Must.Hold).
/// </summary>
public readonly ref partial struct MessageReader
{
    private readonly Dialect _dialect;
    private readonly ReadOnlySpan<byte> _message;
    private readonly ref readonly FieldTable _table;

    /// <summary>A view of <paramref name="message"/>; the dialect, bytes and table are those of one decode.</summary>
    public MessageReader(Dialect dialect, ReadOnlySpan<byte> message, ref readonly FieldTable table)
    {
        _dialect = dialect;
        _message = message;
        _table = ref table;
    }

    /// <summary>Four BCD digits: 0x0100. 0 when it was not read.</summary>
    public ushort Mti => _table.Mti;

    /// <summary>Fields present.</summary>
    public FieldSet Present => _table.Present;

    /// <summary>True if the field, 1 to 192, is present.</summary>
    public bool Has(int field) => _table.Has(field);

    /// <summary>
    /// The field as on the wire, length prefix included: what <see cref="MessageWriter.CopyRaw"/> takes.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Raw(int field)
    {
        var entry = _table.Entry(field);
        ref readonly var plan = ref _dialect.Plans[field];
        return _message.Slice(entry.Start - plan.PrefixBytes, plan.PrefixBytes + plan.BytesOf(entry.Units));
    }

    /// <summary>
    /// The bytes from the start of one field to the end of another, everything between them included.
    /// </summary>
    public ReadOnlySpan<byte> RawRun(int first, int last)
    {
        var start = _table.Entry(first).Start - _dialect.Plans[first].PrefixBytes;
        var end = _table.Entry(last);
        return _message[start..(end.Start + _dialect.Plans[last].BytesOf(end.Units))];
    }

    /// <summary>The field as on the wire, without its length prefix.</summary>
    public ReadOnlySpan<byte> Content(int field)
    {
        var entry = _table.Entry(field);
        return _message.Slice(entry.Start, _dialect.Plans[field].BytesOf(entry.Units));
    }

    /// <summary>Offset of the content's first byte from the message's first.</summary>
    public int Offset(int field) => _table.Entry(field).Start;

    /// <summary>Digits, characters or bytes, by type.</summary>
    public int Units(int field) => _table.Entry(field).Units;

    /// <summary>True if the field, which must be present, splits into parts.</summary>
    public bool HasParts(int field)
    {
        Must.Hold(Has(field));
        return _dialect.HasParts(field);
    }

    /// <summary>
    /// The parts of a field that is present and has some (Must.Hold). <paramref name="scratch"/> takes the bytes where the
    /// field spells them in hex: half as many as its content has.
    /// </summary>
    public PartReader Open(int field, Span<byte> scratch)
    {
        var composition = _dialect.PartsOf(field);
        Must.Hold(composition is not null);
        return PartReader.Open(_dialect, composition, in _dialect.Plans[field], Content(field), Offset(field), 1, 1, scratch);
    }

    /// <summary>Value of an <c>n</c> field of up to 19 digits; 0 if it is empty.</summary>
    public ulong Number(int field)
    {
        var entry = _table.Entry(field);
        ref readonly var plan = ref _dialect.Plans[field];
        Must.Hold(plan.Type == FieldType.Digits && entry.Units <= Decimals.UInt64DigitsMax);
        var content = _message.Slice(entry.Start, plan.BytesOf(entry.Units));
        return plan.IsPacked ? Decimals.FromPacked(in plan, content, entry.Units) : Decimals.FromDigits(content);
    }

    /// <summary>
    /// Value of a text or <c>n</c> field; false if it is empty, over 19 long or not all digits (DE49 is text in 1987).
    /// </summary>
    public bool TryNumber(int field, out ulong value)
    {
        value = 0;
        var entry = _table.Entry(field);
        ref readonly var plan = ref _dialect.Plans[field];
        if (entry.Units is 0 or > Decimals.UInt64DigitsMax) return false;
        if (plan.Type is not (FieldType.Digits or FieldType.Text)) return false;
        var content = _message.Slice(entry.Start, plan.BytesOf(entry.Units));
        if (plan.IsPacked)
        {
            value = Decimals.FromPacked(in plan, content, entry.Units);
            return true;
        }

        var digits = plan.IsEbcdic ? new RangeClass(0xF0, 9) : RangeClass.Digits;
        if (!ByteClasses.All(content, digits)) return false;
        value = Decimals.FromDigits(content);
        return true;
    }

    /// <summary>
    /// An <c>n</c> field of any length as ASCII digits; returns their count. Must.Hold that the target has room.
    /// </summary>
    public int CopyDigits(int field, Span<byte> target)
    {
        Must.Hold(_dialect.Plans[field].Type == FieldType.Digits);
        return CopyText(field, target);
    }

    /// <summary>
    /// Any field as ASCII text: bytes as upper-case hex, track data with <c>=</c> in every encoding. Returns the
    /// characters written, at most twice the units. Must.Hold that the target has room.
    /// </summary>
    public int CopyText(int field, Span<byte> target)
    {
        var entry = _table.Entry(field);
        ref readonly var plan = ref _dialect.Plans[field];
        var content = _message.Slice(entry.Start, plan.BytesOf(entry.Units));
        var characters = FieldContent.CopyCharacters(in plan, content, entry.Units, target);
        if (plan.Type == FieldType.Track && !plan.IsPacked) target[..characters].Replace((byte)'D', (byte)'=');
        return characters;
    }

    /// <summary>
    /// Value of an <c>x</c> field (C positive, D negative) or an overpunched <c>s</c> field of up to 18 digits; 0 if it
    /// is empty.
    /// </summary>
    public long SignedNumber(int field)
    {
        var entry = _table.Entry(field);
        ref readonly var plan = ref _dialect.Plans[field];
        Must.Hold(plan.Type is FieldType.Signed or FieldType.Overpunch && entry.Units <= Decimals.UInt64DigitsMax);
        Span<byte> text = stackalloc byte[Decimals.UInt64DigitsMax];
        return Decimals.FromSigned(text[..CopyText(field, text)]);
    }
}
