using System.Text;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Admin;

/// <summary>Card numbers as operators give them: checked, made into tokens, never kept. Thread-safe.</summary>
/// <param name="tokens">Makes tokens; used under a lock.</param>
public sealed class CardNumbers(IPanTokens tokens)
{
    private readonly Lock _lock = new();

    /// <summary>What is wrong with a number, in words.</summary>
    internal static IEnumerable<string> Problems(string? pan)
    {
        if (pan is null || pan.Length is < 13 or > 19 || !pan.All(char.IsAsciiDigit)) yield return "pan: 13 to 19 digits";
        else if (!PassesLuhn(pan)) yield return "pan: the check digit is wrong";
    }

    internal PanToken Token(string pan)
    {
        var block = Block(pan);
        var token = new byte[PanBlock.Bytes];
        lock (_lock) tokens.Tokenise(block, 1, token);
        Array.Clear(block);
        return PanBlock.ReadToken(token);
    }

    /// <summary>The checks of an address beside a card's token.</summary>
    internal AddressChecks Address(PanToken card, string? postal, string? street)
    {
        var blocks = new byte[AddressText.Blocks * PanBlock.Bytes];
        var made = new byte[blocks.Length];
        AddressText.Write(Encoding.ASCII.GetBytes(postal ?? ""), Encoding.ASCII.GetBytes(street ?? ""), card, blocks, out var has);
        lock (_lock) tokens.Tokenise(blocks, AddressText.Blocks, made);
        Array.Clear(blocks);
        return AddressText.Read(made, has);
    }

    internal static byte[] Block(string pan)
    {
        var block = new byte[PanBlock.Bytes];
        PanBlock.Write(Encoding.ASCII.GetBytes(pan), block);
        return block;
    }

    private static bool PassesLuhn(string pan)
    {
        var sum = 0;
        for (var index = 0; index < pan.Length; index++)
        {
            var digit = pan[pan.Length - 1 - index] - '0';
            if (index % 2 == 1) digit = digit > 4 ? (digit * 2) - 9 : digit * 2;
            sum += digit;
        }

        return sum % 10 == 0;
    }
}
