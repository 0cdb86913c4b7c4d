using System.Text;
using FsCheck.Xunit;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using static SunnySwitch.Core.Tests.Bench;

namespace SunnySwitch.Core.Tests.State;

public sealed class CardTests
{
    private readonly Bench _bench = new();

    [Fact]
    public void Generated_cards_have_a_BIN_an_index_and_a_Luhn_digit()
    {
        Assert.True(_bench.Desk.TryGenerate(400000, 6, 30, 3012, Dollars, 5_000, 0, out var payload, out _));
        _bench.Write(JournalKind.CardsGenerated, payload);
        var body = Encoding.ASCII.GetBytes("400000000000017");
        var pan = Encoding.ASCII.GetString(body) + (char)GeneratedCards.LuhnDigit(body);
        Assert.Equal("400000******" + pan[^4..], _bench.View(pan).Pan.ToString());
        Assert.Equal(5_000, _bench.View(pan).AvailableMinor);
        Assert.Equal(3012, _bench.View(pan).Expiry);
        Assert.Equal(32, _bench.State.Counts.Cards);
        Assert.Equal(_bench.State.HashFromScratch(), _bench.State.Hash);
        Assert.Equal(_bench.State.Hash, _bench.Fold().Hash);
        Assert.Equal("00", _bench.Code(Purchase(1, pan: pan)));
    }

    [Theory]
    [InlineData("7992739871", '3')]
    [InlineData("411111111111111", '1')]
    [InlineData("37828224631000", '5')]
    public void The_Luhn_digit_is_the_known_one(string body, char digit) =>
        Assert.Equal((byte)digit, GeneratedCards.LuhnDigit(Encoding.ASCII.GetBytes(body)));

    [Fact]
    public void A_known_card_is_refused_and_never_updated()
    {
        Assert.False(_bench.Desk.TryAdd(Terms(Card, 5), out _, out var refusal));
        Assert.Equal(CardRefusal.AlreadyKnown, refusal);
        _bench.Desk.TryGenerate(400000, 6, 5, 3012, Dollars, 1, 0, out var payload, out _);
        _bench.Write(JournalKind.CardsGenerated, payload);
        Assert.False(_bench.Desk.TryGenerate(400000, 6, 5, 3012, Dollars, 1, 0, out _, out refusal));
        Assert.Equal(CardRefusal.AlreadyKnown, refusal);
    }

    [Fact]
    public void Full_tables_unknown_cards_and_bad_terms_are_refused()
    {
        Assert.False(_bench.Desk.TryGenerate(400000, 6, 63, 3012, Dollars, 1, 0, out _, out var refusal));
        Assert.Equal(CardRefusal.TableFull, refusal);
        var unknown = new CardChanged { Pan = PlainTokens.Of("4000000000000002"), Status = CardStatus.Active };
        Assert.False(_bench.Desk.TryChange(in unknown, out _, out refusal));
        Assert.Equal(CardRefusal.Unknown, refusal);
        Assert.False(_bench.Desk.TryChange(new CardChanged { Pan = PlainTokens.Of(Card), Status = (CardStatus)9, Hot = HotReason.None }, out _, out refusal));
        Assert.Equal(CardRefusal.BadTerms, refusal);
        Assert.False(_bench.Desk.TryAdd(Terms("4000000000000002", 5, expiry: 1399), out _, out refusal));
        Assert.Equal(CardRefusal.BadTerms, refusal);
        Assert.False(_bench.Desk.TryAdd(Terms("4000000000000002", long.MaxValue), out _, out refusal));
        Assert.Equal(CardRefusal.BadTerms, refusal);
    }

    [Fact]
    public void A_card_view_prints_no_more_than_ten_digits() => Assert.DoesNotContain(Card, _bench.View().ToString());

    [Property(MaxTest = 50)]
    public void Every_card_is_found_in_a_full_table(ushort salt)
    {
        var table = new CardTable(500, touch: true);
        for (var number = 0; number < 500; number++) table.Add(CardOf(salt, number));
        for (var number = 0; number < 500; number++) Assert.Equal(number, table[table.Find(CardOf(salt, number).Pan)].Number);
        Assert.Equal(-1, table.Find(CardOf(salt, 500).Pan));
        Assert.Throws<StopToProtectDataException>(() => table.Add(CardOf(salt, 500)));
    }

    private static CardEntry CardOf(ushort salt, int number) =>
        new() { Pan = new PanToken(salt, (ulong)number * 64 + 1), Number = number, Status = CardStatus.Active };
}
