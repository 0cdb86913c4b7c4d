using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Meaning;

namespace SunnySwitch.Protocol.Tests;

public sealed class EmvTagsTests
{
    [Fact]
    public void Tags_are_in_order_and_none_is_there_twice()
    {
        var tags = EmvTags.All.ToArray().Select(each => each.Tag).ToArray();
        Assert.Equal(tags.Distinct().Order(), tags);
        Assert.True(tags.Length >= 130, $"{tags.Length} tags");
    }

    [Fact]
    public void Every_tag_is_found_and_named()
    {
        foreach (var each in EmvTags.All)
        {
            Assert.True(EmvTags.TryFind(each.Tag, out var found));
            Assert.Equal(each, found);
            Assert.True(found.Name.Length is > 3 and < 100, found.Name);
        }
    }

    [Fact]
    public void Names_are_not_given_to_two_tags()
    {
        var names = EmvTags.All.ToArray().Select(each => each.Name).ToArray();
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    [Fact]
    public void Every_tag_is_written_as_BER_wants_it()
    {
        // ISO/IEC 8825-1: the low five bits of the first byte are ones if another byte follows, and only then.
        foreach (var each in EmvTags.All)
        {
            if (each.Tag <= 0xFF) Assert.NotEqual(0x1Fu, each.Tag & 0x1F);
            else Assert.True(each.Tag <= 0xFFFF && (each.Tag >> 8 & 0x1F) == 0x1F && (each.Tag & 0x80) == 0, $"{each.Tag:X}");
        }
    }

    [Theory]
    [InlineData(0x61)]
    [InlineData(0x6F)]
    [InlineData(0x70)]
    [InlineData(0x71)]
    [InlineData(0x72)]
    [InlineData(0x73)]
    [InlineData(0x77)]
    [InlineData(0xA5)]
    [InlineData(0xBF0C)]
    [InlineData(0xDF8129 | 0x20_0000)]
    public void Templates_are_constructed(uint tag) => Assert.True(EmvTags.IsConstructed(tag));

    [Theory, InlineData(0x5A), InlineData(0x82), InlineData(0x9F26), InlineData(0x5F34), InlineData(0xDF8129)]
    public void Values_are_not_constructed(uint tag) => Assert.False(EmvTags.IsConstructed(tag));

    [Fact]
    public void A_constructed_value_that_cannot_be_taken_apart_is_hidden()
    {
        var open = EmvTags.All.ToArray().Where(each => each.IsConstructed && each.Mask != MaskRule.Hide);
        Assert.Empty(open);
    }

    [Fact]
    public void What_holds_a_card_number_is_marked_so()
    {
        Assert.Equal(MaskRule.Pan, MaskOf(0x5A));
        Assert.Equal(MaskRule.Track2, MaskOf(0x57));
        Assert.Equal(MaskRule.Track2, MaskOf(0x9F6B));
    }

    [Theory]
    [InlineData(0x56)]      // Track 1.
    [InlineData(0x9F1F)]    // Track 1, discretionary data.
    [InlineData(0x9F20)]    // Track 2, discretionary data.
    [InlineData(0x5F20)]    // Cardholder name.
    [InlineData(0x9F0B)]    // The same, longer.
    [InlineData(0x99)]      // PIN data.
    [InlineData(0x86)]      // Script command: a PIN change.
    [InlineData(0x9F05)]    // Discretionary data.
    [InlineData(0x53)]
    [InlineData(0x83)]      // Command template: what the card asked for.
    [InlineData(0x9F60)]    // Verification codes.
    [InlineData(0x9F61)]
    [InlineData(0x5F53)]    // Account number.
    [InlineData(0x9F5E)]    // Made of the PAN.
    [InlineData(0x9F46)]    // A certificate over the PAN, with the message recovered.
    [InlineData(0x9F2D)]
    [InlineData(0x9F48)]
    [InlineData(0x9F7C)]
    [InlineData(0x9F74)]
    public void What_can_carry_secrets_is_hidden(uint tag)
    {
        Assert.True(EmvTags.TryFind(tag, out _));
        Assert.Equal(MaskRule.Hide, MaskOf(tag));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(0xDFu)]
    [InlineData(0xDF01u)]
    [InlineData(0x9F7Fu)]
    [InlineData(0xDF8129u)]
    [InlineData(uint.MaxValue)]
    public void A_tag_outside_the_table_is_hidden(uint tag)
    {
        Assert.False(EmvTags.TryFind(tag, out var found));
        Assert.Equal(MaskRule.Hide, found.Mask);
        Assert.Equal("Unknown tag", found.Name);
        Assert.Equal(tag, found.Tag);
    }

    [Fact]
    public void No_tag_leaves_its_mask_unsaid() =>
        Assert.DoesNotContain(EmvTags.All.ToArray(), each => each.Mask == MaskRule.Unsaid);

    [Fact]
    public void Finding_a_tag_allocates_nothing()
    {
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var tag = 0u; tag < 0x10000; tag += 7) EmvTags.TryFind(tag, out _);
        }));
    }

    private static MaskRule MaskOf(uint tag)
    {
        EmvTags.TryFind(tag, out var found);
        return found.Mask;
    }
}
