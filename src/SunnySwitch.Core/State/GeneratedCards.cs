using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>Walks a range of generated cards in batches of tokens: by apply to enter them, by the card desk to look first.</summary>
public sealed class GeneratedCards(IPanTokens tokens)
{
    /// <summary>Digits between BIN and Luhn digit.</summary>
    public const int IndexDigits = 9;
    private const int BatchCards = 1024;
    private readonly byte[] _blocks = new byte[BatchCards * PanBlock.Bytes];
    private readonly byte[] _tokens = new byte[BatchCards * PanBlock.Bytes];
    private readonly uint[] _lastFour = new uint[BatchCards];

    /// <summary>Calls back with token and truncated PAN, in order of the index; stops early when the callback says false.</summary>
    public bool ForEach<TVisitor>(in CardsGenerated range, ref TVisitor visitor) where TVisitor : struct, ICardVisitor
    {
        Span<byte> digits = stackalloc byte[PanBlock.DigitsMax];
        var length = range.BinDigits + IndexDigits + 1;
        WriteNumber(digits[..range.BinDigits], range.Bin);
        var firstSix = 0u;
        for (var first = 0; first < range.Count; first += BatchCards)
        {
            var count = Math.Min(BatchCards, range.Count - first);
            for (var index = 0; index < count; index++)
            {
                WriteNumber(digits.Slice(range.BinDigits, IndexDigits), (ulong)(first + index));
                digits[length - 1] = LuhnDigit(digits[..(length - 1)]);
                PanBlock.Write(digits[..length], _blocks.AsSpan(index * PanBlock.Bytes));
                firstSix = Number(digits[..6]);
                _lastFour[index] = Number(digits.Slice(length - 4, 4));
            }

            tokens.Tokenise(_blocks, count, _tokens);
            for (var index = 0; index < count; index++)
            {
                var token = PanBlock.ReadToken(_tokens.AsSpan(index * PanBlock.Bytes));
                if (!visitor.Visit(first + index, token, TruncatedPan.Of(firstSix, _lastFour[index], length))) return false;
            }
        }

        return true;
    }

    /// <summary>The check digit of ISO/IEC 7812-1, annex B, as an ASCII digit.</summary>
    public static byte LuhnDigit(ReadOnlySpan<byte> asciiDigits)
    {
        var sum = 0;
        var doubled = true;
        for (var index = asciiDigits.Length - 1; index >= 0; index--, doubled = !doubled)
        {
            var digit = asciiDigits[index] - '0';
            if (doubled) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
            sum += digit;
        }

        return (byte)('0' + (10 - sum % 10) % 10);
    }

    private static void WriteNumber(Span<byte> digits, ulong number)
    {
        for (var index = digits.Length - 1; index >= 0; index--, number /= 10) digits[index] = (byte)('0' + number % 10);
    }

    private static uint Number(ReadOnlySpan<byte> digits)
    {
        var number = 0u;
        foreach (var digit in digits) number = number * 10 + (uint)(digit - '0');
        return number;
    }
}

/// <summary>What is done with each generated card.</summary>
public interface ICardVisitor
{
    /// <summary>False to stop.</summary>
    bool Visit(int index, PanToken pan, TruncatedPan truncatedPan);
}
