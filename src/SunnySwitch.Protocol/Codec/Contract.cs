#pragma warning disable
using SunnySwitch.Protocol.Dialects;

// CONTRACT STUB: the Protocol room replaces this file with one file per type; the signatures stay.

namespace SunnySwitch.Protocol.Dialects
{
    /// A dialect compiled to tables. Immutable, shared by threads.
    public sealed class Dialect
    {
        public string Name => throw null!;
        public uint Version => throw null!;   // CRC-32C of the file's bytes: goes into each Decided frame
        /// Throws DialectException that lists every problem at once.
        public static Dialect Parse(ReadOnlySpan<byte> json) => throw null!;
    }
    public sealed class DialectException : Exception { public IReadOnlyList<string> Problems => throw null!; }
}

namespace SunnySwitch.Protocol.Codec
{
    public enum DecodeError : byte { None, Truncated, BadMti, BadBitmap, BadLengthDigits, LengthOverMax, UndefinedField, BadDigit, BadPadding, TrailingBytes, BadTlv }

    /// Field is -1 when no field is at fault. Offset in bytes from the message's first byte.
    public readonly record struct DecodeResult(DecodeError Error, int Field, int Offset) { public bool IsOk => Error == DecodeError.None; }

    /// Set of field numbers 1..128; bit 1 (secondary bitmap) is derived, never set by hand.
    public struct FieldSet
    {
        public ulong Low;   // fields 1..64, field 1 = most significant bit, as on the wire
        public ulong High;  // fields 65..128
        public readonly bool Has(int field) => throw null!;
        public void Add(int field) => throw null!;
    }

    /// Offset table of one decoded message: one small entry per field present (rank in the bitmap). No reference to the bytes, copyable.
    public struct FieldTable
    {
        public ushort Mti;            // four BCD digits: 0x0100. 0 when not read
        public FieldSet Present;      // fields decoded so far (all when the decode was ok)
        public readonly bool Has(int field) => throw null!;
        public void CopyTo(ref FieldTable target) => throw null!;   // copies only the entries in use
    }

    public static class Decoder
    {
        /// One pass, no allocation, never throws on any input. On an error the table holds what was decoded before it.
        public static DecodeResult Decode(Dialect dialect, ReadOnlySpan<byte> message, ref FieldTable table) => throw null!;
    }

    /// Reads values out of a decoded message. Fields must be present (Must.Hold).
    public readonly ref struct MessageReader
    {
        public MessageReader(Dialect dialect, ReadOnlySpan<byte> message, ref readonly FieldTable table) => throw null!;
        public bool Has(int field) => throw null!;
        public ReadOnlySpan<byte> Raw(int field) => throw null!;        // as on the wire, length prefix included
        public ReadOnlySpan<byte> Content(int field) => throw null!;    // as on the wire, without the length prefix
        public int Units(int field) => throw null!;                     // digits, characters or bytes by type
        public ulong Number(int field) => throw null!;                  // n fields of up to 19 digits
        public int CopyDigits(int field, Span<byte> target) => throw null!;  // n fields of any length as ASCII digits; returns count
        public int CopyText(int field, Span<byte> target) => throw null!;    // any type as ASCII text (b as upper-case hex, z with '=')
    }

    /// Writes a message into the caller's span, fields in ascending order. TryBegin says false when span is too small; others likewise, and the writer is then dead.
    public ref struct MessageWriter
    {
        public MessageWriter(Dialect dialect, Span<byte> target) => throw null!;
        public void Begin(ushort mti, FieldSet fields) => throw null!;  // fields that will follow; secondary bitmap is derived
        public void CopyRaw(int field, ReadOnlySpan<byte> raw) => throw null!;      // same dialect, prefix included
        public void Number(int field, ulong value) => throw null!;                  // n, zero padded to its fixed width
        public void Digits(int field, ReadOnlySpan<byte> asciiDigits) => throw null!;
        public void Text(int field, ReadOnlySpan<byte> ascii) => throw null!;       // an, x, z ('=' or 'D'), n as ASCII text
        public void Binary(int field, ReadOnlySpan<byte> bytes) => throw null!;
        /// Bytes written; -1 if the span was too small. Must.Hold that every announced field was written in order.
        public int End() => throw null!;
    }
}

namespace SunnySwitch.Protocol.Framing
{
    public enum FrameStatus : byte { Complete, NeedMore, TooLong, Malformed }
    public enum FramingKind : byte { Binary2 = 1, Ascii4 = 2, Bcd2 = 3 }
    public readonly struct Framing(FramingKind kind, int frameBytesMax)
    {
        public FramingKind Kind => kind;
        public int FrameBytesMax => frameBytesMax;
        public int HeaderBytes => throw null!;
        /// On Complete: headerBytes to skip, then messageBytes. Decided from the header alone: TooLong before the body is buffered. Zero length is Malformed.
        public FrameStatus TryTakeFrame(ReadOnlySpan<byte> received, out int headerBytes, out int messageBytes) => throw null!;
        /// Writes the header for a message of that length; returns header bytes.
        public int WriteHeader(Span<byte> target, int messageBytes) => throw null!;
    }
}
