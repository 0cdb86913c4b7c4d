using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Protocol.Dialects;

/// <summary>A place inside of a field of digits or text.</summary>
/// <param name="Field">The field.</param>
/// <param name="At">Position of its first character, from 1.</param>
/// <param name="Length">Characters; fewer where the field ends before.</param>
public sealed record DialectPlace(int Field, int At, int Length)
{
    private const int ContentMax = 512;

    /// <summary>Copies what a message has there; returns how many characters, 0 for nothing.</summary>
    public int Copy(in MessageReader message, Dialect dialect, Span<byte> target)
    {
        if (!message.Has(Field) || message.Units(Field) > ContentMax) return 0;
        Span<byte> content = stackalloc byte[ContentMax];
        var isDigits = dialect.TypeOf(Field) == FieldType.Digits;
        content = content[..(isDigits ? message.CopyDigits(Field, content) : message.CopyText(Field, content))];
        if (At > content.Length) return 0;
        var found = content[(At - 1)..];
        found = found[..Math.Min(Math.Min(found.Length, Length), target.Length)];
        found.CopyTo(target);
        content.Clear();
        return found.Length;
    }
}

/// <summary>
/// Where a request has the cardholder's address, and where the answer says how it compared: dialect data, from the counterparty's manual.
/// </summary>
/// <param name="Postal">Postal code; null: not sent.</param>
/// <param name="Street">Street and number, or the number; null: not sent.</param>
/// <param name="Result">One letter in the answer: Y both, A the number, Z the postal code, N neither, U not known here; null: not told.</param>
public sealed record DialectAddress(DialectPlace? Postal, DialectPlace? Street, DialectPlace? Result);
