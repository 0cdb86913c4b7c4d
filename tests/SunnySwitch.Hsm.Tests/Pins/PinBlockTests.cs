using FsCheck;
using FsCheck.Xunit;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Pins;

namespace SunnySwitch.Hsm.Tests.Pins;

/// <summary>Clear blocks: what is made is read, and whatever no format makes is refused, nibble by nibble.</summary>
public sealed class PinBlockTests
{
    private static readonly ulong _account = Nibble.Account(Rig.PanDigits);

    [Property(MaxTest = 500)]
    public void What_is_encoded_is_decoded(DoNotSize<ulong> seedOf, byte lengthSeed, byte formatSeed)
    {
        var seed = seedOf.Item;
        var format = (PinFormat)((int[])[0, 1, 3])[formatSeed % 3];
        var pin = Pin(seed, 4 + lengthSeed % 9);
        var block = PinBlocks.Encode(format, in pin, _account, PinBlocks.RandomFill(format));
        Assert.Equal(HsmResult.Done, PinBlocks.Decode(format, block, _account, out var again));
        Assert.True(again.IsSame(in pin));
    }

    [Property(MaxTest = 500)]
    public void Format_4_comes_back_for_every_length_of_PAN(DoNotSize<ulong> seedOf, byte lengthSeed, byte panSeed)
    {
        var seed = seedOf.Item;
        var pin = Pin(seed, 4 + lengthSeed % 9);
        var pan = Rig.Ascii("6799998900000200019")[..(8 + panSeed % 12)];
        var schedule = default(KeySchedule);
        schedule.LoadAes(Rig.Bytes("00112233445566778899AABBCCDDEEFF"));
        var block = new byte[16];
        PinBlocks.Encipher4(in schedule, in pin, pan, seed, block);
        Assert.Equal(HsmResult.Done, PinBlocks.Decipher4(in schedule, block, pan, out var again));
        Assert.True(again.IsSame(in pin));
        var taken = 0;
        for (var bit = 0; bit < 128; bit += 7)
        {
            block[bit / 8] ^= (byte)(1 << bit % 8);
            if (PinBlocks.Decipher4(in schedule, block, pan, out again) == HsmResult.Done)
            {
                taken++;
                Assert.False(again.IsSame(in pin));
            }

            block[bit / 8] ^= (byte)(1 << bit % 8);
        }

        // A changed block is noise, and of seventeen million such one is some PIN.
        Assert.InRange(taken, 0, 1);
    }

    [Theory, InlineData(0), InlineData(1), InlineData(3)]
    public void Every_nibble_that_no_block_of_the_format_has_is_refused(int number)
    {
        var format = (PinFormat)number;
        for (var length = ClearPin.DigitsMin; length <= ClearPin.DigitsMax; length++)
        {
            var pin = Pin(0x9876543210, length);
            var block = PinBlocks.Encode(format, in pin, 0, 0xABCDEFABCDEFABCD);
            for (var place = 0; place < 16; place++)
            {
                for (var value = 0; value < 16; value++)
                {
                    var shift = 60 - 4 * place;
                    var changed = block & ~(0xFUL << shift) | (ulong)value << shift;
                    var result = PinBlocks.Decode(format, changed, 0, out var read);
                    Assert.True(result == Expected(format, changed), $"{place} {value}: {result}");
                    if (result != HsmResult.Done) continue;
                    Assert.Equal(Rig.Hex(changed)[2..(2 + read.Length)], Rig.Hex(read.Nibbles)[..read.Length]);
                }
            }
        }
    }

    [Property(MaxTest = 2_000)]
    public void Random_blocks_are_read_exactly_as_the_standard_says(DoNotSize<ulong> blockOf, byte formatSeed, byte lengthSeed)
    {
        var block = blockOf.Item;
        var format = (PinFormat)((int[])[0, 1, 3])[formatSeed % 3];
        // Right in its first byte, so that the rest is looked at.
        block = block & ulong.MaxValue >> 8 | (ulong)format << 60 | (ulong)(lengthSeed % 16) << 56;
        Assert.Equal(Expected(format, block), PinBlocks.Decode(format, block, 0, out _));
    }

    [Fact]
    public void Fills_are_letters_in_format_3_and_differ()
    {
        var fills = Enumerable.Range(0, 200).Select(_ => PinBlocks.RandomFill(PinFormat.Iso3)).ToList();
        Assert.All(fills, fill => Assert.Matches("^[A-F]{16}$", Rig.Hex(fill)));
        Assert.Equal(200, fills.Distinct().Count());
        Assert.Equal(6, string.Concat(fills.Select(Rig.Hex)).Distinct().Count());
        Assert.Equal(16, string.Concat(Enumerable.Range(0, 200).Select(_ => Rig.Hex(PinBlocks.RandomFill(PinFormat.Iso1)))).Distinct().Count());
    }

    [Fact]
    public void Random_PINs_have_every_digit_as_often()
    {
        var counts = new int[10];
        for (var round = 0; round < 200_000; round++)
        {
            var pin = ClearPin.Random(12);
            for (var index = 0; index < 12; index++) counts[pin[index]]++;
        }

        // 240,000 expected each, standard deviation 465. A byte modulo ten would give 243,750 and 234,375.
        Assert.All(counts, count => Assert.InRange(count, 237_500, 242_500));
    }

    // The standard in words, over text: nothing of the decoder's arithmetic.
    private static HsmResult Expected(PinFormat format, ulong block)
    {
        var text = Rig.Hex(block);
        var length = Convert.ToInt32(text[1..2], 16);
        if (text[0] - '0' != (int)format || length is < 4 or > 12) return HsmResult.PinBlockFormat;
        var (digits, fill) = (text[2..(2 + length)], text[(2 + length)..]);
        var isGood = digits.All(char.IsAsciiDigit) && format switch
        {
            PinFormat.Iso0 => fill.All(each => each == 'F'),
            PinFormat.Iso3 => fill.All(each => each is >= 'A' and <= 'F'),
            _ => true,
        };
        return isGood ? HsmResult.Done : HsmResult.PinBlockPan;
    }

    private static ClearPin Pin(ulong seed, int length)
    {
        var digits = new byte[length];
        for (var index = 0; index < length; index++, seed = seed / 7 + seed * 3) digits[index] = (byte)('0' + seed % 10);
        Assert.True(ClearPin.TryTake(digits, out var pin));
        return pin;
    }
}
