using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.Tests.Domain;

public sealed class CmacPanTokensTests
{
    // RFC 4493 section 4, SP 800-38B appendix D.
    private static readonly byte[] Key = Convert.FromHexString("2B7E151628AED2A6ABF7158809CF4F3C");

    [Fact]
    public void The_CMAC_of_one_block_is_the_standards()
    {
        using var tokens = new CmacPanTokens(Key);
        var token = new byte[16];
        tokens.Tokenise(Convert.FromHexString("6BC1BEE22E409F96E93D7E117393172A"), 1, token);
        Assert.Equal("070A16B46B4D4144F79BDD9DD04A287C", Convert.ToHexString(token));
        Assert.Equal("070A16B46B4D4144F79BDD9DD04A287C", PanBlock.ReadToken(token).ToString());
    }

    [Theory]
    [InlineData("603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4", "28A7023F452E8F82BD4BF28D8C37C35C", 0x028962F6u)]
    [InlineData("8E73B0F7DA0E6452C810F32B809079E562F8EAD2522C6B7B", "9E99A7BF31E710900662F65E617C5184", 0xD17DDF46u)]
    [InlineData("2B7E151628AED2A6ABF7158809CF4F3C", "070A16B46B4D4144F79BDD9DD04A287C", 0xBB1D6929u)]
    public void Other_key_lengths_and_the_check_value_are_the_standards(string key, string expected, uint check)
    {
        using var tokens = new CmacPanTokens(Convert.FromHexString(key));
        var token = new byte[16];
        tokens.Tokenise(Convert.FromHexString("6BC1BEE22E409F96E93D7E117393172A"), 1, token);
        Assert.Equal(expected, Convert.ToHexString(token));
        Assert.Equal(check, tokens.KeyCheck);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(256)]
    [InlineData(700)]
    public void A_batch_gives_what_single_calls_give_and_leaves_its_blocks(int count)
    {
        using var tokens = new CmacPanTokens(Key);
        var blocks = new byte[count * 16];
        new Random(1).NextBytes(blocks);
        var copy = blocks.ToArray();
        var batch = new byte[count * 16];
        tokens.Tokenise(blocks, count, batch);
        Assert.Equal(copy, blocks);
        var one = new byte[16];
        for (var index = 0; index < count; index++)
        {
            tokens.Tokenise(blocks[(index * 16)..(index * 16 + 16)], 1, one);
            Assert.Equal(one, batch[(index * 16)..(index * 16 + 16)]);
        }
    }

    [Fact]
    public void A_call_allocates_nothing()
    {
        using var tokens = new CmacPanTokens(Key);
        var blocks = new byte[64 * 16];
        var output = new byte[64 * 16];
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var count = 0; count < 100; count++) tokens.Tokenise(blocks, 64, output);
        }));
    }

    [Theory]
    [InlineData("4761739001010119", "10476173900101011900000000000000")]
    [InlineData("378282246310005", "0F378282246310005000000000000000")]
    [InlineData("", "00000000000000000000000000000000")]
    public void A_block_is_the_length_and_the_packed_digits(string digits, string expected)
    {
        var block = new byte[16];
        block.AsSpan().Fill(0xFF);
        PanBlock.Write(System.Text.Encoding.ASCII.GetBytes(digits), block);
        Assert.Equal(expected, Convert.ToHexString(block));
    }
}
