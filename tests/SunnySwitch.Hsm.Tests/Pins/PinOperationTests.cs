using FsCheck;
using FsCheck.Xunit;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Pins;

namespace SunnySwitch.Hsm.Tests.Pins;

/// <summary>Translation and verification through the module: PCI PIN 3-3 cell by cell, and no more than yes or no about a PIN.</summary>
public sealed class PinOperationTests : IDisposable
{
    private readonly Rig _rig = new();

    /// <summary>PCI PIN v3.1 requirement 3-3: 0, 3 and 4 into each other, 1 into all but 2, nothing else.</summary>
    public static TheoryData<int, int, bool> Cells => new()
    {
        { 0, 0, true }, { 0, 1, false }, { 0, 2, false }, { 0, 3, true }, { 0, 4, true },
        { 1, 0, true }, { 1, 1, true }, { 1, 2, false }, { 1, 3, true }, { 1, 4, true },
        { 2, 0, false }, { 2, 1, false }, { 2, 2, false }, { 2, 3, false }, { 2, 4, false },
        { 3, 0, true }, { 3, 1, false }, { 3, 2, false }, { 3, 3, true }, { 3, 4, true },
        { 4, 0, true }, { 4, 1, false }, { 4, 2, false }, { 4, 3, true }, { 4, 4, true },
    };

    [Theory, MemberData(nameof(Cells))]
    public void Each_cell_of_requirement_3_3_is_as_the_table_says(int from, int to, bool isAllowed)
    {
        var target = new byte[16];
        Array.Fill(target, (byte)0x77);
        var block = from == 2 ? _rig.Encipher(0x241234FFFFFFFFFF) : _rig.Block("1234", format: (PinFormat)from);
        var result = _rig.Hsm.TranslatePin(_rig.Side((PinFormat)from), block, _rig.Side((PinFormat)to), Rig.PanDigits, target, out var bytes);
        Assert.Equal(isAllowed ? HsmResult.Done : HsmResult.ForbiddenTranslation, result);
        if (!isAllowed) Assert.Equal((0, true), (bytes, target.All(each => each == 0x77)));
        // Never another PAN, except for a block that had none.
        var change = PinTranslations.Check((PinFormat)from, (PinFormat)to, isSamePan: false);
        Assert.Equal(!isAllowed ? HsmResult.ForbiddenTranslation : from == 1 ? HsmResult.Done : HsmResult.PanChange, change);
    }

    [Fact]
    public void Formats_that_are_not_ISOs_are_never_translated()
    {
        for (var other = 5; other < 256; other++)
        {
            Assert.Equal(HsmResult.ForbiddenTranslation, PinTranslations.Check((PinFormat)other, PinFormat.Iso0));
            Assert.Equal(HsmResult.ForbiddenTranslation, PinTranslations.Check(PinFormat.Iso0, (PinFormat)other));
        }
    }

    [Property(MaxTest = 300)]
    public void A_translation_there_and_back_gives_the_block_again(DoNotSize<ulong> seedOf, byte lengthSeed, byte formatSeed)
    {
        var seed = seedOf.Item;
        var pin = (seed % 1_000_000_000_000).ToString("D12", null)[..(4 + lengthSeed % 9)];
        var format = (PinFormat)((int[])[0, 3, 4])[formatSeed % 3];
        byte[] block = _rig.Block(pin), there = new byte[16], back = new byte[8];
        Assert.Equal(HsmResult.Done, _rig.Hsm.TranslatePin(_rig.Side(), block, _rig.Side(format), Rig.PanDigits, there, out var bytes));
        Assert.Equal(HsmResult.Done, _rig.Hsm.TranslatePin(_rig.Side(format), there.AsSpan(0, bytes), _rig.Side(), Rig.PanDigits, back, out _));
        Assert.Equal(block, back);
    }

    [Theory, InlineData(0, 8), InlineData(3, 8), InlineData(4, 16)]
    public void Another_PAN_is_refused(int number, int bytes)
    {
        var format = (PinFormat)number;
        var block = _rig.Block("123456", format: format);
        Assert.Equal(bytes, block.Length);
        var result = _rig.Hsm.TranslatePin(_rig.Side(format), block, _rig.Side(), Rig.Ascii(Rig.OtherPan), new byte[8], out _);
        Assert.True(result is HsmResult.PinBlockPan or HsmResult.PinBlockFormat, result.Text());
        // The PAN of formats 0 and 3 covers the fill of a short PIN; format 4 scrambles all of it.
        if (format != PinFormat.Iso4) Assert.Equal(HsmResult.PinBlockPan, result);
    }

    [Fact]
    public void A_block_under_another_key_is_refused_but_for_a_few_in_a_million()
    {
        var taken = 0;
        for (var round = 0; round < 300; round++)
        {
            var other = new PinSide(_rig.New(KeyUsage.PinEncryption, KeyMode.Both), PinFormat.Iso0);
            var result = _rig.Hsm.TranslatePin(in other, _rig.Block("1234"), _rig.Side(), Rig.PanDigits, new byte[8], out _);
            if (result == HsmResult.Done) taken++;
            else Assert.True(result is HsmResult.PinBlockFormat or HsmResult.PinBlockPan);
        }

        Assert.Equal(0, taken);
    }

    [Fact]
    public void A_PVV_says_yes_to_its_PIN_and_no_to_every_other_in_the_same_way()
    {
        var pvk = _rig.Enter(KeyUsage.PinVerificationPvv, "0123456789ABCDEFFEDCBA9876543210");
        var pvv = new byte[4];
        Assert.Equal(HsmResult.Done, _rig.Hsm.GeneratePvv(_rig.Side(), _rig.Block("1234"), Rig.PanDigits, pvk, 1, pvv));
        var right = 0;
        for (var pin = 0; pin < 10_000; pin += 7)
        {
            var result = _rig.Hsm.VerifyPvv(_rig.Side(), _rig.Block($"{pin:D4}"), Rig.PanDigits, pvk, 1, pvv);
            Assert.True(result is HsmResult.Done or HsmResult.WrongPin);
            if (result == HsmResult.Done) right++;
        }

        Assert.Equal(HsmResult.Done, _rig.Hsm.VerifyPvv(_rig.Side(), _rig.Block("1234"), Rig.PanDigits, pvk, 1, pvv));
        Assert.InRange(right, 0, 5);                         // Other PINs share a PVV, one in ten thousand.
        Assert.Equal(HsmResult.WrongPin, _rig.Hsm.VerifyPvv(_rig.Side(), _rig.Block("1234"), Rig.PanDigits, pvk, 2, pvv));
        Assert.Equal(HsmResult.WrongPin, _rig.Hsm.VerifyPvv(_rig.Side(), _rig.Block("1234"), Rig.PanDigits, pvk, 1, pvv.AsSpan(0, 3)));
        Assert.Equal(HsmResult.BadInput, _rig.Hsm.VerifyPvv(_rig.Side(), _rig.Block("1234"), Rig.PanDigits, pvk, 10, pvv));
    }

    [Property(MaxTest = 200)]
    public void An_IBM_offset_says_yes_to_its_PIN_and_no_to_others(DoNotSize<ulong> seedOf, byte lengthSeed, byte placeSeed)
    {
        var seed = seedOf.Item;
        var pin = (seed % 1_000_000_000_000).ToString("D12", null)[..(4 + lengthSeed % 9)];
        var pvk = _rig.Key(KeyUsage.PinVerificationIbm3624);
        var (table, validation, offset) = ("0123456789012345"u8.ToArray(), "4761739001010119"u8.ToArray(), new byte[12]);
        var terms = new Ibm3624Terms(table, validation);
        Assert.Equal(HsmResult.Done, _rig.Hsm.GenerateIbmOffset(_rig.Side(), _rig.Block(pin), Rig.PanDigits, pvk, in terms, offset, out var digits));
        Assert.Equal(pin.Length, digits);
        offset = offset[..digits];
        Assert.Equal(HsmResult.Done, _rig.Hsm.VerifyIbmPin(_rig.Side(), _rig.Block(pin), Rig.PanDigits, pvk, in terms, offset));
        var block = new byte[8];
        Assert.Equal(HsmResult.Done, _rig.Hsm.GenerateIbmPin(pvk, in terms, offset, _rig.Side(), Rig.PanDigits, block, out _));
        Assert.Equal(_rig.Block(pin), block);
        var place = placeSeed % digits;
        offset[place] = (byte)('0' + (offset[place] - '0' + 1) % 10);
        Assert.Equal(HsmResult.WrongPin, _rig.Hsm.VerifyIbmPin(_rig.Side(), _rig.Block(pin), Rig.PanDigits, pvk, in terms, offset));
        Assert.Equal(HsmResult.WrongPin, _rig.Hsm.VerifyIbmPin(_rig.Side(), _rig.Block(pin), Rig.PanDigits, pvk, in terms, offset.AsSpan(1)));
    }

    [Theory]
    [InlineData("0000000000000000")]
    [InlineData("0000000000000001")]
    [InlineData("0123456012345600")]
    [InlineData("012345678901234")]
    [InlineData("01234567890123456")]
    [InlineData("012345678901234A")]
    [InlineData("0000012345678901")]
    public void Decimalisation_tables_that_tell_digits_apart_are_refused(string table)
    {
        var terms = new Ibm3624Terms(Rig.Ascii(table), "4761739001010119"u8);
        var pvk = _rig.Key(KeyUsage.PinVerificationIbm3624);
        Assert.Equal(HsmResult.BadInput, _rig.Hsm.VerifyIbmPin(_rig.Side(), _rig.Block("1234"), Rig.PanDigits, pvk, in terms, "0000"u8));
    }

    [Fact]
    public void A_block_of_format_1_needs_no_PAN_until_it_gets_one()
    {
        byte[] block = _rig.Block("1234", format: PinFormat.Iso1), target = new byte[16];
        Assert.Equal(HsmResult.Done, _rig.Hsm.TranslatePin(_rig.Side(PinFormat.Iso1), block, _rig.Side(PinFormat.Iso1), default, target, out _));
        Assert.Equal(HsmResult.BadInput, _rig.Hsm.TranslatePin(_rig.Side(PinFormat.Iso1), block, _rig.Side(), default, target, out _));
        Assert.Equal(HsmResult.BadInput, _rig.Hsm.TranslatePin(_rig.Side(PinFormat.Iso1), block, _rig.Side(PinFormat.Iso4), default, target, out _));
        var pvk = _rig.Key(KeyUsage.PinVerificationPvv);
        Assert.Equal(HsmResult.BadInput, _rig.Hsm.VerifyPvv(_rig.Side(PinFormat.Iso1), block, default, pvk, 1, "1234"u8));
        Assert.Equal(HsmResult.Done, _rig.Hsm.TranslatePin(_rig.Side(PinFormat.Iso1), block, _rig.Side(), Rig.PanDigits, target, out _));
        Assert.Equal(_rig.Block("1234"), target[..8]);
    }

    [Fact]
    public void Arguments_out_of_range_are_refused_and_nothing_is_written()
    {
        byte[] block = _rig.Block("1234"), target = new byte[16];
        foreach (var pan in (string[])["", "1234567", "12345678901234567890", "47617390010101A9", "4761 39001010119"])
        {
            Assert.Equal(HsmResult.BadInput, _rig.Hsm.TranslatePin(_rig.Side(), block, _rig.Side(), Rig.Ascii(pan), target, out _));
        }

        foreach (var length in (int[])[0, 7, 9, 16])
        {
            Assert.Equal(HsmResult.BadInput, _rig.Hsm.TranslatePin(_rig.Side(), new byte[length], _rig.Side(), Rig.PanDigits, target, out _));
        }

        Assert.Equal(HsmResult.TargetTooShort, _rig.Hsm.TranslatePin(_rig.Side(), block, _rig.Side(), Rig.PanDigits, target.AsSpan(0, 7), out _));
        Assert.Equal(HsmResult.BadInput, _rig.Hsm.GeneratePin(_rig.Side(), Rig.PanDigits, 3, target, out _));
        Assert.Equal(HsmResult.BadInput, _rig.Hsm.GeneratePin(_rig.Side(), Rig.PanDigits, 13, target, out _));
        var wrongCipher = new PinSide(_rig.Key(KeyUsage.PinEncryption), PinFormat.Iso4);
        Assert.Equal(HsmResult.KeyAlgorithm, _rig.Hsm.TranslatePin(_rig.Side(), block, in wrongCipher, Rig.PanDigits, target, out _));
        Assert.All(target, each => Assert.Equal(0, each));
    }

    public void Dispose() => _rig.Dispose();
}
