using System.Text;
using SunnySwitch.Protocol.Meaning;

namespace SunnySwitch.Protocol.Tests;

/// <summary>Whatever comes in, nothing throws and no digits of a PAN's length come out.</summary>
public sealed class MeaningsPropertyTests
{
    private const int Rounds = 200;
    private const int PanDigitsMin = 13;
    private static readonly int[] _years = [1987, 1993, 2003, 0, -1];
    private static readonly string[] _alphabets = ["0123456789", "0123456789ABCDEF", "0123456789=D^CX B", "ABC xyz\0\u00e9\ud83d"];
    private static readonly string[] _currencies = ["", "840", "392", "USD", "0978", "??", "999"];

    [Fact]
    public void Random_values_are_never_repeated()
    {
        var random = new Random(20260912);
        for (var round = 0; round < Rounds; round++)
        {
            for (var field = -1; field <= 193; field++)
            {
                var value = Text(random, random.Next(0, 60));
                var currency = _currencies[random.Next(_currencies.Length)];
                foreach (var year in _years) AssertCareful(value, Meanings.OfField(year, field, value, currency));
            }
        }
    }

    [Fact]
    public void Random_values_of_tags_are_never_repeated()
    {
        var random = new Random(42);
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var each in EmvTags.All)
            {
                var value = Text(random, random.Next(0, 40));
                var currency = _currencies[random.Next(_currencies.Length)];
                foreach (var line in Meanings.OfTag(each.Tag, value, currency)) AssertCareful(value, line);
            }
        }
    }

    [Fact]
    public void Values_of_the_right_shape_are_never_repeated()
    {
        // Digits alone pass most of the checks of form: every length that a field has, full of a card number.
        const string Pan = "4761739001010119";
        var digits = string.Concat(Enumerable.Repeat(Pan, 63));
        for (var length = 0; length <= 1000; length += length < 64 ? 1 : 13)
        {
            var value = digits.Substring(0, length);
            for (var field = 0; field <= 192; field++)
            {
                foreach (var year in _years)
                {
                    AssertCareful(value, Meanings.OfField(year, field, value, "840"));
                    AssertCareful(value, Meanings.OfField(year, field, "C" + value, "392"));
                }
            }
        }

        for (var length = 0; length <= 520; length++)
        {
            foreach (var each in EmvTags.All)
            {
                foreach (var line in Meanings.OfTag(each.Tag, digits.AsSpan(0, length), "392")) AssertCareful(digits, line);
            }
        }
    }

    [Theory]
    [InlineData(10_000, '0')]
    [InlineData(10_000, '9')]
    [InlineData(10_000, 'A')]
    [InlineData(9_999, 'F')]
    [InlineData(10_000, '=')]
    [InlineData(10_000, '\uffff')]
    [InlineData(10_000, '^')]
    public void Of_a_very_long_value_nothing_is_told(int length, char letter)
    {
        var value = new string(letter, length);
        for (var field = -1; field <= 193; field++)
        {
            foreach (var year in _years) Assert.Null(Meanings.OfField(year, field, value, value));
        }

        foreach (var each in EmvTags.All) Assert.Empty(Meanings.OfTag(each.Tag, value, value));
        Assert.Null(Meanings.OfMti(value));
    }

    [Fact]
    public void Of_an_empty_value_nothing_is_told()
    {
        for (var field = -1; field <= 193; field++)
        {
            foreach (var year in _years) Assert.Null(Meanings.OfField(year, field, "", "840"));
        }

        foreach (var each in EmvTags.All) Assert.Empty(Meanings.OfTag(each.Tag, "", "840"));
    }

    private static string Text(Random random, int length)
    {
        var alphabet = _alphabets[random.Next(_alphabets.Length)];
        var text = new StringBuilder(length);
        for (var index = 0; index < length; index++) text.Append(alphabet[random.Next(alphabet.Length)]);
        return text.ToString();
    }

    // Stronger than "no run of the input": an answer has no such run at all.
    private static void AssertCareful(string value, string? meaning)
    {
        if (meaning is null) return;
        Assert.NotEqual("", meaning);
        var run = 0;
        foreach (var letter in meaning)
        {
            run = char.IsAsciiDigit(letter) ? run + 1 : 0;
            Assert.True(run < PanDigitsMin, $"{value}: {meaning}");
        }
    }
}
