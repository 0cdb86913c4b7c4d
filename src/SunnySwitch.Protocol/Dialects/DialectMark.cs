using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Protocol.Dialects;

/// <summary>What a message can say beside its type and processing code, where the standard has no place for it.</summary>
public enum MarkKind
{
    /// <summary>The amount of an authorization is an estimate.</summary>
    PreAuthorization,
    /// <summary>An authorization adds to an earlier one.</summary>
    Increment,
    /// <summary>A financial message captures an earlier authorization.</summary>
    Completion,
    /// <summary>It captures a part; others follow.</summary>
    MoreFollow,
    /// <summary>The terminal can go on with less than it asks for.</summary>
    PartialApproval,
    /// <summary>A payment of a standing order: nobody was there.</summary>
    StandingOrder,
}

/// <summary>A mark that one of some texts at a place of a field makes: dialect data, from the counterparty's manual.</summary>
public sealed class DialectMark
{
    private const int ContentMax = 128;
    private readonly byte[][] _values;

    internal DialectMark(MarkKind kind, int field, int at, IReadOnlyList<string> values)
    {
        (Kind, Field, At, Values) = (kind, field, at, values);
        _values = [.. values.Select(System.Text.Encoding.ASCII.GetBytes)];
    }

    /// <summary>What it says.</summary>
    public MarkKind Kind { get; }

    /// <summary>The field that it is in.</summary>
    public int Field { get; }

    /// <summary>Position of its first character, from 1; 0: the whole field.</summary>
    public int At { get; }

    /// <summary>The texts that make it.</summary>
    public IReadOnlyList<string> Values { get; }

    /// <summary>True if a message has it.</summary>
    public bool IsIn(in MessageReader message, Dialect dialect)
    {
        if (!message.Has(Field) || message.Units(Field) > ContentMax) return false;
        Span<byte> content = stackalloc byte[ContentMax];
        var isDigits = dialect.TypeOf(Field) == FieldType.Digits;
        content = content[..(isDigits ? message.CopyDigits(Field, content) : message.CopyText(Field, content))];
        if (At > content.Length) return false;
        foreach (var value in _values)
        {
            if (At == 0 ? content.SequenceEqual(value) : content[(At - 1)..].StartsWith(value)) return true;
        }

        return false;
    }
}
