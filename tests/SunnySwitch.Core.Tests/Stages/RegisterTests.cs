using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using static SunnySwitch.Core.Tests.Bench;

namespace SunnySwitch.Core.Tests.Stages;

/// <summary>Merchants and terminals that have to be known, standing orders that were stopped, addresses, and hot lists by region.</summary>
public sealed class RegisterTests
{
    private const string Merchant = "MERCHANT0000001";
    private readonly Bench _bench = new();
    private uint _stan;

    [Fact]
    public void Without_a_rule_any_merchant_will_do() => Assert.Equal("00", Buy());

    [Fact]
    public void Only_active_merchants_of_the_register_take_payments_where_the_rules_say_so()
    {
        Activate(RuleFlags.MerchantsAreRegistered);
        Assert.Equal(("03", InternalResult.MerchantUnknown), Result(Buy()));
        Register();
        Assert.Equal("00", Buy());
        Assert.Equal("00", Buy(terminal: "ANYOTHER"));
        Register(status: AcceptorStatus.Suspended);
        Assert.Equal(("03", InternalResult.AcceptorNotActive), Result(Buy()));
        Register();
        Assert.Equal("00", Buy());
        Assert.Equal("03", Buy(change: (ref Request request) => request.Acquirer = InstitutionId.Of(400002, 6)));
        AssertIsSound();
    }

    [Fact]
    public void A_terminal_belongs_to_its_merchant()
    {
        Activate(RuleFlags.TerminalsAreRegistered);
        Register();
        Register("MERCHANT0000002");
        Register(terminal: "TERM0001");
        Assert.Equal("00", Buy());
        Assert.Equal(("58", InternalResult.TerminalUnknown), Result(Buy(terminal: "TERM0002")));
        Assert.Equal(("58", InternalResult.TerminalUnknown), Result(Buy(merchant: "MERCHANT0000002")));
        Register(terminal: "TERM0001", status: AcceptorStatus.Closed);
        Assert.Equal(("03", InternalResult.AcceptorNotActive), Result(Buy()));
        AssertIsSound();
    }

    [Fact]
    public void Blanks_behind_an_identifier_are_no_part_of_it()
    {
        Activate(RuleFlags.TerminalsAreRegistered);
        Register("SHOP");
        Register("SHOP", "T1");
        Assert.Equal("00", Buy(merchant: "SHOP           ", terminal: "T1      "));
    }

    [Theory]
    [InlineData(0, "00")]
    [InlineData(5411, "00")]
    [InlineData(7995, "58")]
    public void A_merchant_keeps_to_its_category(int category, string code)
    {
        Activate(RuleFlags.MerchantsAreRegistered);
        Register(category: 5411);
        Assert.Equal(code, Buy(change: (ref Request request) => request.MerchantCategory = (ushort)category));
    }

    [Fact]
    public void What_makes_no_sense_of_an_acceptor_is_refused()
    {
        var desk = new RegisterDesk(_bench.State);
        Assert.Equal(CardRefusal.Unknown, desk.Judge(Acceptor(terminal: "TERM0001")));
        Assert.Equal(CardRefusal.BadTerms, desk.Judge(Acceptor(merchant: "")));
        Assert.Equal(CardRefusal.BadTerms, desk.Judge(Acceptor() with { Acquirer = 0 }));
        Assert.Equal(CardRefusal.BadTerms, desk.Judge(Acceptor(status: AcceptorStatus.None)));
        Assert.Equal(CardRefusal.BadTerms, desk.Judge(Acceptor(status: (AcceptorStatus)9)));
    }

    [Fact]
    public void A_full_register_refuses_what_is_new_and_takes_what_is_known()
    {
        var bench = new Bench(new StateOptions(64, 64, 1000, 1000, 100, 8) { AcceptorsMax = 1, StopsMax = 1 });
        var desk = new RegisterDesk(bench.State);
        bench.Write(JournalKind.AcceptorSet, Acceptor());
        Assert.Equal(CardRefusal.TableFull, desk.Judge(Acceptor(merchant: "ANOTHER")));
        Assert.Equal(CardRefusal.None, desk.Judge(Acceptor(status: AcceptorStatus.Closed)));
        bench.Write(JournalKind.PaymentStopped, Order(StopKind.Order, Merchant));
        Assert.Equal(CardRefusal.TableFull, desk.Judge(Order(StopKind.Order, "ANOTHER")));
        Assert.Equal(CardRefusal.None, desk.Judge(Order(StopKind.None, Merchant)));
    }

    [Theory]
    [InlineData(StopKind.Payment, Merchant, 400001, "R0")]
    [InlineData(StopKind.Order, Merchant, 400001, "R1")]
    [InlineData(StopKind.Order, Merchant, 0, "R1")]
    [InlineData(StopKind.AllOrders, "", 0, "R3")]
    [InlineData(StopKind.Order, "MERCHANT0000002", 0, "00")]
    [InlineData(StopKind.Order, Merchant, 400002, "00")]
    public void A_stopped_standing_order_is_not_paid(StopKind kind, string merchant, ulong acquirer, string code)
    {
        Stop(kind, merchant, acquirer);
        Assert.Equal(code, BuyByOrder());
        Assert.Equal("00", Buy());                                        // The cardholder at the counter.
        Assert.Equal("00", BuyByOrder(OtherCard));
        AssertIsSound();
        Stop(StopKind.None, merchant, acquirer);
        Assert.Equal("00", BuyByOrder());
    }

    [Fact]
    public void An_order_is_stopped_from_one_business_date_to_another()
    {
        _bench.Write(JournalKind.PaymentStopped, Order(StopKind.Order, Merchant) with { From = FirstDay + 1, To = FirstDay + 2 });
        Assert.Equal("00", BuyByOrder());
        _bench.OpenDay(FirstDay + 2);
        Assert.Equal("R1", BuyByOrder());
        _bench.OpenDay(FirstDay + 3);
        Assert.Equal("00", BuyByOrder());
    }

    [Fact]
    public void What_makes_no_sense_of_an_order_is_refused()
    {
        var desk = new RegisterDesk(_bench.State);
        Assert.Equal(CardRefusal.BadTerms, desk.Judge(Order(StopKind.Order, "")));
        Assert.Equal(CardRefusal.BadTerms, desk.Judge(Order(StopKind.AllOrders, Merchant)));
        Assert.Equal(CardRefusal.BadTerms, desk.Judge(Order(StopKind.AllOrders, "", 400001)));
        Assert.Equal(CardRefusal.BadTerms, desk.Judge(Order((StopKind)7, Merchant)));
        Assert.Equal(CardRefusal.BadTerms, desk.Judge(Order(StopKind.Order, Merchant) with { From = 9, To = 8 }));
        Assert.Equal(CardRefusal.Unknown, desk.Judge(Order(StopKind.None, Merchant)));
        Assert.Equal(CardRefusal.Unknown, desk.Judge(Order(StopKind.Order, Merchant) with { Pan = PlainTokens.Of("4000000000000002") }));
        Assert.Equal(CardRefusal.Unknown, desk.Judge(new CardAddressed { Pan = PlainTokens.Of("4000000000000002") }));
    }

    [Theory]
    [InlineData(PinMethod.Pvv, 4, 0, CardRefusal.None)]
    [InlineData(PinMethod.Pvv, 4, 9, CardRefusal.None)]
    [InlineData(PinMethod.Pvv, 4, 10, CardRefusal.BadTerms)]
    [InlineData(PinMethod.Pvv, 5, 1, CardRefusal.BadTerms)]
    [InlineData(PinMethod.Pvv, 3, 1, CardRefusal.BadTerms)]
    [InlineData(PinMethod.Pvv, 0, 1, CardRefusal.BadTerms)]
    [InlineData(PinMethod.Ibm3624, 3, 0, CardRefusal.BadTerms)]
    [InlineData(PinMethod.Ibm3624, 4, 0, CardRefusal.None)]
    [InlineData(PinMethod.Ibm3624, 12, 0, CardRefusal.None)]
    [InlineData(PinMethod.Ibm3624, 13, 0, CardRefusal.BadTerms)]
    [InlineData(PinMethod.OfProduct, 0, 0, CardRefusal.None)]
    [InlineData(PinMethod.OfProduct, 4, 0, CardRefusal.BadTerms)]
    [InlineData((PinMethod)3, 4, 0, CardRefusal.BadTerms)]
    public void How_a_PIN_is_known_has_so_many_digits_and_a_key_index_of_one(PinMethod method, int digits, int index, CardRefusal refusal)
    {
        var desk = new RegisterDesk(_bench.State);
        var set = new CardPinSet { Pan = PlainTokens.Of(Card), Method = method, KeyIndex = (byte)index, Value = (ulong)digits << 56 };
        Assert.Equal(refusal, desk.Judge(in set));
        var unknown = set with { Pan = PlainTokens.Of("4000000000000002") };
        Assert.Equal(refusal == CardRefusal.None ? CardRefusal.Unknown : refusal, desk.Judge(in unknown));
    }

    [Theory]
    [InlineData("90210", "17 Elm Street", AddressMatch.Both)]
    [InlineData("90 210", "17", AddressMatch.Both)]
    [InlineData("90210", "18 Elm Street", AddressMatch.Postal)]
    [InlineData("90210", "", AddressMatch.Postal)]
    [InlineData("10001", "17 Elm Street", AddressMatch.Street)]
    [InlineData("10001", "18 Elm Street", AddressMatch.Neither)]
    [InlineData("", "Elm Street", AddressMatch.NotAsked)]
    public void An_address_is_compared_and_declines_nothing_by_itself(string postal, string street, AddressMatch match)
    {
        Live("90210", "Elm St. 17");
        Assert.Equal("00", Buy(address: (postal, street)));
        Assert.Equal(match, _bench.Transaction.Decided.Request.Address);
        AssertIsSound();
    }

    [Fact]
    public void An_address_that_we_do_not_know_is_not_available()
    {
        Assert.Equal("00", Buy(address: ("90210", "17")));
        Assert.Equal(AddressMatch.Unavailable, _bench.Transaction.Decided.Request.Address);
    }

    [Fact]
    public void A_repeat_is_told_the_same_of_the_address_whatever_has_changed()
    {
        Live("90210", "17");
        var asked = Addressed(Purchase(1), "90210", "18");
        Assert.Equal("00", _bench.Code(asked));
        Live("10001", "99");
        Assert.Equal(Verdict.Repeat, _bench.Send(ref asked));
        Assert.Equal(AddressMatch.Postal, _bench.Transaction.Decided.Request.Address);
    }

    [Fact]
    public void A_product_can_refuse_an_address_that_is_not_the_cardholders()
    {
        Live("90210", "17");
        Activate(RuleFlags.None, (ref RuleSet rules) =>
        {
            rules.ProductCount = 1;
            rules.Products[0] = new ProductTerms { BinFrom = 476173, BinTo = 476173, Operations = uint.MaxValue };
            rules.AddressNeeded = 1;
        });
        Assert.Equal(("05", InternalResult.AddressMismatch), Result(Buy(address: ("10001", "18"))));
        Assert.Equal("00", Buy(address: ("90210", "18")));
        Assert.Equal("00", Buy());
        AssertIsSound();
    }

    [Fact]
    public void Two_cards_of_one_house_have_other_checks()
    {
        var (one, other) = (Checks(PlainTokens.Of(Card), "90210", "17"), Checks(PlainTokens.Of(OtherCard), "90210", "17"));
        Assert.NotEqual(one.Postal, other.Postal);
        Assert.NotEqual(one.Street, other.Street);
        Assert.NotEqual(one.Postal, one.Street);
    }

    [Theory]
    [InlineData(150, 56, "43")]
    [InlineData(155, 56, "43")]
    [InlineData(56, 56, "43")]
    [InlineData(150, 840, "00")]
    [InlineData(19, 840, "43")]
    [InlineData(419, 840, "00")]
    [InlineData(419, 76, "43")]
    [InlineData(150, 0, "43")]
    public void A_card_can_be_hot_in_a_country_or_region_only(int region, int country, string code)
    {
        var wanted = new CardChanged { Pan = PlainTokens.Of(Card), Status = CardStatus.Active, Hot = HotReason.Stolen, HotRegion = (ushort)region };
        Assert.True(_bench.Desk.TryChange(in wanted, out var change, out _));
        _bench.Write(JournalKind.CardChanged, change);
        Assert.Equal(code, Buy(change: (ref Request request) => request.AcquirerCountry = (ushort)country));
        Assert.Equal(region, _bench.View().HotRegion);
        AssertIsSound();
    }

    [Theory]
    [InlineData(56, "62")]
    [InlineData(840, "00")]
    public void A_BIN_can_be_hot_in_a_region_only(int country, string code)
    {
        Activate(RuleFlags.None, (ref RuleSet rules) =>
        {
            rules.HotCount = 1;
            rules.Hot[0] = new HotTerms { Subject = HotSubject.Bin, Reason = HotReason.Restricted, BinFrom = 476173, BinTo = 476173, Region = 150 };
        });
        Assert.Equal(code, Buy(change: (ref Request request) => request.AcquirerCountry = (ushort)country));
    }

    [Fact]
    public void A_region_that_nobody_knows_is_refused() => Assert.False(_bench.Desk.TryChange(
        new CardChanged { Pan = PlainTokens.Of(Card), Status = CardStatus.Active, Hot = HotReason.Lost, HotRegion = 999 }, out _, out _));

    [Fact]
    public void A_change_of_a_card_as_it_was_written_before_is_read_for_ever()
    {
        var change = new CardChanged { Pan = PlainTokens.Of(Card), Status = CardStatus.Active, Hot = HotReason.Lost };
        var payload = System.Runtime.InteropServices.MemoryMarshal.AsBytes([change])[..CardChanged.BytesV1].ToArray();
        _bench.State.Apply(JournalKind.CardChanged, PayloadVersion.One, _bench.NextSequence, _bench.Now, payload);
        Assert.Equal(HotReason.Lost, _bench.View().Hot);
        Assert.Throws<StopToProtectDataException>(
            () => _bench.State.Apply(JournalKind.CardChanged, PayloadVersion.Two, _bench.NextSequence + 1, _bench.Now, payload));
    }

    private delegate void Change(ref Request request);

    private delegate void ChangeRules(ref RuleSet rules);

    private void AssertIsSound()
    {
        Assert.Equal(_bench.State.Hash, _bench.State.HashFromScratch());
        Assert.Equal(_bench.State.Hash, _bench.Fold().Hash);
        Assert.Empty(_bench.Redecided());
        var hash = _bench.State.Hash;
        _bench.RestartFromImage();
        Assert.Equal(hash, _bench.State.Hash);
    }

    private void Activate(RuleFlags flags, ChangeRules? change = null)
    {
        var rules = LimitTests.Rules([]);
        rules.Flags = flags;
        change?.Invoke(ref rules);
        Assert.True(new RulesDesk(_bench.State).TryActivate(in rules, out var payload, out _));
        _bench.Write(JournalKind.RulesActivated, payload);
    }

    private void Register(string merchant = Merchant, string terminal = "", ushort category = 0, AcceptorStatus status = AcceptorStatus.Active)
    {
        var said = Acceptor(merchant, terminal, category, status);
        Assert.Equal(CardRefusal.None, new RegisterDesk(_bench.State).Judge(in said));
        _bench.Write(JournalKind.AcceptorSet, said);
    }

    private void Stop(StopKind kind, string merchant, ulong acquirer)
    {
        var order = Order(kind, merchant, acquirer);
        Assert.Equal(CardRefusal.None, new RegisterDesk(_bench.State).Judge(in order));
        _bench.Write(JournalKind.PaymentStopped, order);
    }

    private static AcceptorSet Acceptor(
        string merchant = Merchant, string terminal = "", ushort category = 0, AcceptorStatus status = AcceptorStatus.Active)
    {
        var said = new AcceptorSet { Acquirer = Acquirer.Value, Category = category, Status = status };
        Encoding.ASCII.GetBytes(merchant, said.Merchant);
        Encoding.ASCII.GetBytes(terminal, said.Terminal);
        return said;
    }

    private static PaymentStopped Order(StopKind kind, string merchant, ulong acquirer = 0)
    {
        var order = new PaymentStopped { Pan = PlainTokens.Of(Card), Kind = kind, Acquirer = acquirer };
        Encoding.ASCII.GetBytes(merchant, order.Merchant);
        return order;
    }

    private void Live(string postal, string street) => _bench.Write(
        JournalKind.CardAddressed, new CardAddressed { Pan = PlainTokens.Of(Card), Address = Checks(PlainTokens.Of(Card), postal, street) });

    private static AddressChecks Checks(PanToken card, string postal, string street)
    {
        var (blocks, tokens) = (new byte[AddressText.Blocks * PanBlock.Bytes], new byte[AddressText.Blocks * PanBlock.Bytes]);
        AddressText.Write(Encoding.ASCII.GetBytes(postal), Encoding.ASCII.GetBytes(street), card, blocks, out var has);
        new PlainTokens().Tokenise(blocks, AddressText.Blocks, tokens);
        return AddressText.Read(tokens, has);
    }

    private static Transaction Addressed(Transaction transaction, string postal, string street)
    {
        transaction.Address = Checks(transaction.Request.Pan, postal, street);
        return transaction;
    }

    private (string Code, InternalResult Result) Result(string code) => (code, _bench.Transaction.Decided.Result);

    private string BuyByOrder(string pan = Card) => Buy(pan: pan, change: (ref Request request) => request.Has |= RequestHas.StandingOrder);

    private string Buy(
        string merchant = Merchant, string terminal = "TERM0001", string pan = Card, Change? change = null, (string Postal, string Street)? address = null)
    {
        var purchase = Purchase(++_stan, pan: pan, terminal: terminal);
        purchase.Request.CardAcceptor = default;
        Encoding.ASCII.GetBytes(merchant, purchase.Request.CardAcceptor);
        change?.Invoke(ref purchase.Request);
        Seal(ref purchase);
        return _bench.Code(address is { } given ? Addressed(purchase, given.Postal, given.Street) : purchase);
    }
}
