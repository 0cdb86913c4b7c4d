using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Host.Commands;
using Xunit;

namespace SunnySwitch.Host.Tests.Commands;

/// <summary>A scan that finds nothing proves something only if it finds what was planted.</summary>
public sealed class PanScanTests : IDisposable
{
    private static readonly string[] Pans = ["4761739001010119", "378282246310005", "4222222222222", "6304000000000000000"];
    private readonly CmacPanTokens _tokens = new(new byte[16]);
    private readonly List<ClearPan> _found = [];

    public static TheoryData<string, int> Everywhere()
    {
        var data = new TheoryData<string, int>();
        foreach (var pan in Pans)
        {
            foreach (var at in new[] { 0, 1, 4093, (1 << 20) - 7, (1 << 20) - 1 }) data.Add(pan, at);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public void A_planted_pan_is_found_in_every_encoding_wherever_it_lies(string pan, int at)
    {
        // The longest one ends with more zeros than a number may: those are left out on purpose.
        var isFound = !pan.EndsWith("00000000", StringComparison.Ordinal);
        var ascii = Encoding.ASCII.GetBytes(pan);
        Plant("ASCII", ascii);
        Plant("EBCDIC", [.. ascii.Select(each => (byte)(each + 0xC0))]);
        foreach (var lead in new[] { "", "F" })
        {
            var digits = lead + pan;
            Plant("BCD", Convert.FromHexString(digits.Length % 2 == 0 ? digits : digits + "F"));
        }

        void Plant(string encoding, byte[] secret)
        {
            var noise = new byte[(1 << 20) + 100];
            new Random(at).NextBytes(noise);
            secret.CopyTo(noise, at);
            Scan(noise, pan);
            if (!isFound) return;
            Assert.Contains(_found, each => each.Encoding == encoding && Math.Abs(each.Offset - at - secret.Length) <= 2);
            _found.Clear();
        }
    }

    [Fact]
    public void A_pan_among_other_digits_is_found()
    {
        Scan(Encoding.ASCII.GetBytes("00164761739001010119D2812201000099990"), Pans[0]);
        var found = Assert.Single(_found);
        Assert.Equal("476173******0119", found.Pan.ToString());
    }

    [Fact]
    public void Noise_unknown_cards_and_masked_pans_are_no_finds()
    {
        var noise = new byte[3 << 20];
        new Random(5).NextBytes(noise);
        Scan(noise, Pans[0]);
        Scan(Encoding.ASCII.GetBytes("5555555555554444 476173******0119 4761739001010118"), Pans[0]);
        Assert.Empty(_found);
    }

    public void Dispose() => _tokens.Dispose();

    private void Scan(byte[] bytes, string known)
    {
        var block = new byte[PanBlock.Bytes];
        var token = new byte[PanBlock.Bytes];
        PanBlock.Write(Encoding.ASCII.GetBytes(known), block);
        _tokens.Tokenise(block, 1, token);
        using var stream = new MemoryStream(bytes);
        new PanScan(new HashSet<PanToken> { PanBlock.ReadToken(token) }, _tokens, _found.Add).Run(stream);
    }
}
