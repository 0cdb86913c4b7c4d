using System.Buffers.Binary;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Ledger.Projection;

/// <summary>
/// Rows in PostgreSQL's binary COPY format, written straight from frames: the same bytes go to the server, and are compared with what it has.
/// Grows to the largest batch and is used again.
/// </summary>
internal sealed class CopyBuffer
{
    private const int EpochDays = 10_957;                    // PostgreSQL counts from 2000-01-01.
    private const long EpochMicros = EpochDays * 86_400_000_000L;
    private static readonly byte[] _head = [.. "PGCOPY\n"u8, 0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private byte[] _bytes = new byte[1 << 16];
    private int _used;

    public CopyBuffer() => Clear();

    /// <summary>Length of what precedes the first row.</summary>
    public static int HeadBytes => _head.Length;

    public int Rows { get; private set; }

    public int Bytes => _used;

    /// <summary>Rows so far, with the format's head.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _used);

    public void Clear()
    {
        _head.CopyTo(_bytes, 0);
        (_used, Rows) = (_head.Length, 0);
    }

    public void Row(short fields)
    {
        Rows++;
        BinaryPrimitives.WriteInt16BigEndian(Take(2), fields);
    }

    public void Null() => BinaryPrimitives.WriteInt32BigEndian(Take(4), -1);

    public void Int64(long value) => BinaryPrimitives.WriteInt64BigEndian(Field(8), value);

    public void Int32(int value) => BinaryPrimitives.WriteInt32BigEndian(Field(4), value);

    public void Int16(int value) => BinaryPrimitives.WriteInt16BigEndian(Field(2), checked((short)value));

    public void Bool(bool value) => Field(1)[0] = value ? (byte)1 : (byte)0;

    public void Int64(long value, bool isThere)
    {
        if (isThere) Int64(value);
        else Null();
    }

    public void Int32(int value, bool isThere)
    {
        if (isThere) Int32(value);
        else Null();
    }

    public void Int16(int value, bool isThere)
    {
        if (isThere) Int16(value);
        else Null();
    }

    /// <summary>Days since 1970-01-01; 0: null.</summary>
    public void Date(int day) => Int32(day - EpochDays, day != 0);

    public void Time(long unixNanos) => Int64(unixNanos / 1_000 - EpochMicros);

    /// <summary>As a uuid; null when there is none.</summary>
    public void Token(PanToken token)
    {
        if (token.IsNone)
        {
            Null();
            return;
        }

        var field = Field(16);
        BinaryPrimitives.WriteUInt64BigEndian(field, token.High);
        BinaryPrimitives.WriteUInt64BigEndian(field[8..], token.Low);
    }

    /// <summary>Latin-1 to UTF-8; padding off, and question marks for control characters, which come from the wire.</summary>
    public void Text(ReadOnlySpan<byte> latin1)
    {
        var start = _used;
        latin1 = latin1.TrimEnd((byte)0).TrimEnd((byte)' ');
        var target = Take(4 + 2 * latin1.Length)[4..];
        var length = 0;
        foreach (var character in latin1)
        {
            if (character >= 0x80)
            {
                target[length++] = (byte)(0xC0 | (character >> 6));
                target[length++] = (byte)(0x80 | (character & 0x3F));
            }
            else
            {
                target[length++] = character is < 0x20 or 0x7F ? (byte)'?' : character;
            }
        }

        _used = start + 4 + length;
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(start), length);
    }

    /// <summary>Digits with their leading zeros; null when there are none.</summary>
    public void Institution(InstitutionId id, bool isNullable)
    {
        if (id.Digits == 0 && isNullable) Null();
        else Digits(id.Value, id.Digits);
    }

    public void Code(ResponseCode code)
    {
        var field = Field(2);
        (field[0], field[1]) = ((byte)code.Packed, (byte)(code.Packed >> 8));
    }

    /// <summary>DE38 in six base-36 digits; null when there is none.</summary>
    public void Approval(uint code, bool isThere)
    {
        if (!isThere)
        {
            Null();
            return;
        }

        var field = Field(6);
        for (var index = field.Length - 1; index >= 0; index--, code /= 36) field[index] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"u8[(int)(code % 36)];
    }

    /// <summary>First six and last four digits, asterisks between.</summary>
    public void Pan(TruncatedPan pan)
    {
        var field = Field(pan.Length);
        field.Fill((byte)'*');
        if (pan.Length < 13) return;
        WriteDigits(field[..6], pan.Bin);
        WriteDigits(field[^4..], pan.Packed & 0xFFFF);
    }

    /// <summary>Ends the format: nothing follows.</summary>
    public void End() => BinaryPrimitives.WriteInt16BigEndian(Take(2), -1);

    private void Digits(ulong value, int digits) => WriteDigits(Field(digits), value);

    private static void WriteDigits(Span<byte> target, ulong value)
    {
        for (var index = target.Length - 1; index >= 0; index--, value /= 10) target[index] = (byte)('0' + value % 10);
    }

    private Span<byte> Field(int bytes)
    {
        var field = Take(4 + bytes);
        BinaryPrimitives.WriteInt32BigEndian(field, bytes);
        return field[4..];
    }

    private Span<byte> Take(int bytes)
    {
        if (_used + bytes > _bytes.Length) Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, _used + bytes));
        var taken = _bytes.AsSpan(_used, bytes);
        _used += bytes;
        return taken;
    }
}
