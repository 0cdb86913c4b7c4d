using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using SunnySwitch.Core.Tests.Stages;
using static SunnySwitch.Core.Tests.Bench;

namespace SunnySwitch.Core.Tests;

/// <summary>What journals on disk rely on. A test that fails here means: add a new version or kind, change no old one.</summary>
public sealed class GoldenTests
{
    [Theory]
    [InlineData(typeof(DecidedV1), 208,
        "Pan 0 TruncatedPan 16 AmountMinor 24 Acquirer 32 Forwarder 40 KeyPrimary 48 KeyRest 56 Fingerprint "
        + "64 TransmissionTime 72 Stan 76 ProcessingCode 80 LocalTime 84 LocalDate 88 Expiry 90 SettlementDate "
        + "92 MerchantCategory 94 AcquirerCountry 96 EntryMode 98 Mti 100 ConditionCode 102 Currency 104 "
        + "ServiceCode 106 Has 108 Rrn 112 Verdicts 124 Terminal 128 CardAcceptor 136 Result 152 Code 154 "
        + "ApprovalCode 156 Effect 160 Origin 161 DialectVersion 164 Card 168 Account 172 Hold 176 Link 180 "
        + "HeldDelta 184 LedgerDelta 192 OriginalKey 200")]
    [InlineData(typeof(OriginalDataV1), 48,
        "KeyPrimary 0 TransmissionTime 8 Stan 12 Mti 16 Acquirer 24 Forwarder 32 ReplacementMinor 40")]
    [InlineData(typeof(Request), 176,
        "Pan 0 TruncatedPan 16 AmountMinor 24 Acquirer 32 Forwarder 40 KeyPrimary 48 KeyRest 56 Fingerprint "
        + "64 Stan 72 TraceTime 80 ProcessingCode 84 LocalTime 88 LocalDate 92 Expiry 94 SettlementDate "
        + "96 MerchantCategory 98 AcquirerCountry 100 EntryMode 102 Mti 104 FunctionCode 106 ReasonCode 108 Currency 110 "
        + "ServiceCode 112 CardSequence 114 CashMinor 116 Has 120 Rrn 128 Verdicts 140 Terminal 144 CardAcceptor 160")]
    [InlineData(typeof(OriginalData), 56,
        "KeyPrimary 0 Stan 8 Acquirer 16 Forwarder 24 ReplacementMinor 32 TraceTime 40 Mti 44 ApprovalCode 48 FeeStaysMinor 52")]
    [InlineData(typeof(Proof), 32, "SeenBelow 0 Counter 8 Highest 10 HighestBefore 12 Flags 14 Kind 15 Terminal 16 Chip 24")]
    [InlineData(typeof(SharedCounts), 200, "Source 0 Count 1 Limits 8")]
    [InlineData(typeof(SharedCount), 24, "Limit 0 Count 8 AmountMinor 16")]
    [InlineData(typeof(ChipCounterEntry), 16, "SeenBelow 0 Card 8 Highest 12 Sequence 14 Used 15")]
    [InlineData(typeof(Serial), 24, "Device 0 Zone 8 Counter 12 HighestBefore 16 Flags 20")]
    [InlineData(typeof(DeviceSerialEntry), 16, "Device 0 Zone 8 Highest 12")]
    [InlineData(typeof(Decided), 352,
        "Request 0 Result 176 Code 178 ApprovalCode 180 Effect 184 Origin 185 HoldDays 186 DialectVersion 188 Card 192 "
        + "Account 196 Hold 200 Link 204 HeldDelta 208 LedgerDelta 216 OriginalKey 224 Explanation 232 Proof 296 Serial 328")]
    [InlineData(typeof(Explanation), 64,
        "Checks 0 WaitedNanos 4 AvailableMinor 8 LedgerMinor 16 DecidedBy 24 Operation 25 Currency 26 RulesVersion 28 Counted 32 Breached 40 "
        + "Reached 48 BreachedId 56")]
    [InlineData(typeof(LimitTerms), 48, "CountMax 0 AmountMaxMinor 8 Minutes 16 Currency 20 Operations 22 Id 24 Subject 25 Kind 26 Shared 27 Since 28 Name 32")]
    [InlineData(typeof(RuleSet), 5888,
        "Version 0 EffectiveDay 4 Count 8 CategoryCount 12 ProductCount 13 CountryCount 14 HotCount 15 Name 16 Operator 32 Reason 48 HoldDays 96 "
        + "PreAuthorizationDays 98 Flags 100 AddressNeeded 102 PinForCash 104 PinAlways 106 CryptogramNeeded 108 CardCodeNeeded 110 "
        + "PinTriesMax 112 AuthenticationClaimed 114 AuthenticationAlways 116 CounterJumps 120 Limits 128 Categories 3200 Products 3712 Countries 4224 "
        + "Hot 4352 Chips 5632")]
    [InlineData(typeof(ChipTerms), 16, "Terminal 0 ChipAt 5 Chip 6")]
    [InlineData(typeof(HotTerms), 40, "Subject 0 Reason 1 From 2 To 4 Region 6 BinFrom 8 BinTo 12 Acquirer 16 Id 24")]
    [InlineData(typeof(CategoryTerms), 16, "From 0 To 2 HoldDays 4 PreAuthorizationDays 6 TolerancePermille 8 Flags 10")]
    [InlineData(typeof(ProductTerms), 32, "BinFrom 0 BinTo 4 Operations 8 HomeCountry 12 PartialApproval 14 RefuseFallback 15 Name 16")]
    [InlineData(typeof(ExpiredHold), 24, "Hold 0 Account 4 Key 8 AmountMinor 16")]
    [InlineData(typeof(HoldsExpired), 320, "Count 0 Items 8")]
    [InlineData(typeof(CardAdded), 64,
        "Pan 0 TruncatedPan 16 LedgerMinor 24 CreditLineMinor 32 Expiry 40 Currency 42 Status 44 Hot 45 Card "
        + "48 Account 52")]
    [InlineData(typeof(CardsGenerated), 48,
        "Bin 0 BinDigits 8 Count 12 LedgerMinor 16 CreditLineMinor 24 Expiry 32 Currency 34 FirstCard 36 "
        + "FirstAccount 40")]
    [InlineData(typeof(SessionChanged), 16, "Connection 0 Generation 4 Link 8 State 12")]
    [InlineData(typeof(BusinessDateOpened), 8, "DayNumber 0")]
    [InlineData(typeof(CardChanged), 40, "Pan 0 Status 16 Hot 17 HotFrom 18 HotTo 20 HotRegion 22 Operator 24")]
    [InlineData(typeof(AcceptorSet), 64, "Acquirer 0 Merchant 8 Terminal 24 Category 40 Status 42 Operator 48")]
    [InlineData(typeof(PaymentStopped), 64, "Pan 0 Acquirer 16 Merchant 24 From 40 To 42 Kind 44 Operator 48")]
    [InlineData(typeof(CardAddressed), 40, "Pan 0 Address 16 Operator 24")]
    [InlineData(typeof(CardPinSet), 48, "Pan 0 Value 16 Method 24 KeyIndex 25 Operator 32")]
    [InlineData(typeof(KeyNoted), 96,
        "Label 0 Version 16 Replaced 20 CheckValue 24 Operator 32 SecondOperator 48 ThirdOperator 64 Usage 80 Bits 82 Expires 84 Algorithm 86 Mode 87 "
        + "Exportability 88 State 89 Act 90")]
    [InlineData(typeof(KeyNoteEntry), 96,
        "Label 0 CheckValue 16 Version 24 Usage 28 Bits 30 Algorithm 32 Mode 33 Exportability 34 State 35 Made 36 Since 38 Expires 40 First 48 "
        + "Second 64 Third 80")]
    [InlineData(typeof(CardEntry), 64,
        "Pan 0 Number 16 Account 20 Expiry 24 Status 26 Hot 27 HotFrom 28 HotTo 30 TruncatedPan 32 Address 40 HotRegion 48 PinMethod 50 PinKeyIndex 51 "
        + "PinTries 52 PinValue 56")]
    [InlineData(typeof(AcceptorEntry), 48, "Acquirer 0 Merchant 8 Terminal 24 Category 40 Status 42")]
    [InlineData(typeof(StopEntry), 48, "Pan 0 Acquirer 16 Merchant 24 From 40 To 42 Kind 44")]
    [InlineData(typeof(AddressChecks), 8, "Postal 0 Street 4")]
    [InlineData(typeof(EpochStarted), 24, "Epoch 0 TokenKeyCheck 8")]
    [InlineData(typeof(SealedPan), 48, "DataKey 0 Epoch 4 Sequence 8")]
    [InlineData(typeof(PanSealed), 64, "Pan 0 Sealed 16")]
    [InlineData(typeof(StateImage), 256,
        "Version 0 TokenKeyCheck 4 Sequence 8 Epoch 16 Day 24 PreviousDay 28 Cards 32 Accounts 36 Holds 40 HoldSlotsUsed 44 "
        + "HoldFreeHead 48 TombstoneLinks 52 Sessions 56 Stops 60 LatestMinute 208 HasContra 212 ContraAccounts 216 Acceptors 220 KeyNotes 244 "
        + "ChipCounters 248 Devices 252")]
    [InlineData(typeof(Charges), 24, "SettledMinor 0 FeeMinor 8 Rate 16 Currency 20")]
    [InlineData(typeof(RateTerms), 8, "From 0 To 2 Rate 4")]
    [InlineData(typeof(RateSet), 2144, "Version 0 EffectiveDay 4 Count 8 Name 16 Operator 32 Reason 48 Rates 96")]
    public void Durable_layouts_are_frozen(Type type, int bytes, string offsets)
    {
        Assert.Equal(bytes, Marshal.SizeOf(type));
        var fields = type.GetFields(System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Instance)
            .Select(field => (field.Name, Offset: (int)Marshal.OffsetOf(type, field.Name))).OrderBy(field => field.Offset);
        Assert.Equal(offsets, string.Join(' ', fields.Select(field => $"{field.Name} {field.Offset}")));
    }

    [Fact]
    public void Sizes_in_memory_are_the_sizes_on_disk_and_the_budget()
    {
        Assert.Equal((176, 56, 352), (Unsafe.SizeOf<Request>(), Unsafe.SizeOf<OriginalData>(), Unsafe.SizeOf<Decided>()));
        Assert.Equal((64, 48, 16), (Unsafe.SizeOf<CardAdded>(), Unsafe.SizeOf<CardsGenerated>(), Unsafe.SizeOf<SessionChanged>()));
        Assert.Equal((8, 40, 24), (Unsafe.SizeOf<BusinessDateOpened>(), Unsafe.SizeOf<CardChanged>(), Unsafe.SizeOf<EpochStarted>()));
        Assert.Equal((48, 72, 24), (Unsafe.SizeOf<KeyEntry>(), Unsafe.SizeOf<HoldEntry>(), Unsafe.SizeOf<TombstoneEntry>()));
        Assert.Equal((64, 32, 32), (Unsafe.SizeOf<CardEntry>(), Unsafe.SizeOf<AccountEntry>(), Unsafe.SizeOf<BalanceEntry>()));
        Assert.Equal((32, 48), (Unsafe.SizeOf<HoldEntryV1>(), Unsafe.SizeOf<StepEntry>()));
        Assert.Equal((40, 32), (Unsafe.SizeOf<ChargeEntry>(), Unsafe.SizeOf<ContraEntry>()));
        Assert.Equal((48, 48), (Unsafe.SizeOf<AcceptorEntry>(), Unsafe.SizeOf<StopEntry>()));
        Assert.Equal((32, 16), (Unsafe.SizeOf<Proof>(), Unsafe.SizeOf<ChipCounterEntry>()));
        Assert.Equal((24, 16), (Unsafe.SizeOf<Serial>(), Unsafe.SizeOf<DeviceSerialEntry>()));
        Assert.Equal((96, 96), (Unsafe.SizeOf<KeyNoted>(), Unsafe.SizeOf<KeyNoteEntry>()));
        Assert.Equal((24, 112, 72), (Unsafe.SizeOf<DayCounter>(), Unsafe.SizeOf<SlidingCounter>(), Unsafe.SizeOf<Receipt>()));
    }

    [Theory]
    [InlineData(typeof(JournalKind),
        "None=0 EpochStarted=1 Decided=2 CardAdded=3 CardsGenerated=4 HashAt=5 BatchChain=6 SessionChanged=7 "
        + "BusinessDateOpened=8 CardChanged=9 Truncated=10 PanSealed=11 RulesActivated=12 HoldsExpired=13 RatesActivated=14 "
        + "AcceptorSet=15 PaymentStopped=16 CardAddressed=17 CardPinSet=18 KeyNoted=19")]
    [InlineData(typeof(EffectKind),
        "None=0 HoldOpened=1 Posted=2 Reversed=3 TombstoneSet=4 Credited=5 BalancesTold=6 Increased=7 Completed=8 Refunded=9 Released=10")]
    [InlineData(typeof(Operation), "None=0 Purchase=1 Cash=2 CashBack=3 Refund=4 Inquiry=5 Verification=6 Reversal=7 PreAuthorization=8 Increment=9 "
        + "Completion=10 ForcePost=11 Void=12")]
    [InlineData(typeof(Check),
        "None=0 Format=1 Mac=2 Sender=3 CutOver=4 Duplicate=5 Function=6 Amount=7 Place=8 Pan=9 Product=10 Entry=11 Expiry=12 HotList=13 CardStatus=14 "
        + "StandingOrder=15 Cryptogram=16 CardCode=17 Authentication=18 Pin=19 Address=20 Limits=21 Account=23 Original=24 Capacity=26 Good=27")]
    [InlineData(typeof(SharedSource), "None=0 Told=1 Nobody=2 Full=3 Failed=4 Late=5")]
    [InlineData(typeof(DecisionOrigin), "Us=1 Issuer=2 StandInByUs=3 StandInByNetwork=4 Timeout=5")]
    [InlineData(typeof(CardStatus), "Active=1 NotActive=2 Closed=3 Blocked=4")]
    [InlineData(typeof(HotReason), "None=0 Lost=1 Stolen=2 PickUp=3 Restricted=4")]
    [InlineData(typeof(SessionState), "None=0 SignedOff=1 SignedOn=2")]
    [InlineData(typeof(KeyStatus), "Approved=1 Declined=2 Reversed=3 PartlyReversed=4")]
    [InlineData(typeof(StateTable),
        "Cards=1 Accounts=2 Holds=3 DuplicateKeys=4 Tombstones=5 Sessions=6 BusinessDate=7 Epoch=8 SealedPans=9 Balances=10 "
        + "Rules=11 DayCounters=12 SlidingCounters=13 Receipts=14 Steps=15 ContraAccounts=16 Rates=17 Charges=18 "
        + "MonthCounters=19 LifeCounters=20 Acceptors=21 Stops=22 KeyNotes=23 ChipCounters=24 DeviceSerials=25")]
    [InlineData(typeof(ProofFlags), "None=0 Counter=1 Moves=2 WasKnown=4")]
    [InlineData(typeof(SerialFlags), "None=0 Counter=1 Moves=2 WasKnown=4")]
    [InlineData(typeof(ContraKind), "Funding=1 Settlement=2 Fees=3 Exchange=4")]
    [InlineData(typeof(HoldStatus), "Free=0 Open=1 Completed=2")]
    [InlineData(typeof(LimitCounts), "Approvals=0 Attempts=1 Declines=2 Cards=3 Ratio=4")]
    [InlineData(typeof(AcceptorStatus), "None=0 Active=1 Suspended=2 Closed=3")]
    [InlineData(typeof(KeyState), "None=0 Next=1 Current=2 Previous=3 Retired=4")]
    [InlineData(typeof(KeyAct), "None=0 Formed=1 Generated=2 Imported=3 Activated=4 Retired=5 Exported=6 Compromised=7")]
    [InlineData(typeof(StopKind), "None=0 Payment=1 Order=2 AllOrders=3")]
    [InlineData(typeof(AddressMatch), "NotAsked=0 Both=1 Street=2 Postal=3 Neither=4 Unavailable=5")]
    [InlineData(typeof(LimitSubject), "Card=1 Account=2 Merchant=3 Terminal=4 Bin=5")]
    [InlineData(typeof(InternalResult),
        "None=0 Approved=1 ApprovedInPart=2 AdviceTaken=3 AdviceOfDecline=4 AdviceAfterItsReversal=5 FormatError=10 "
        + "UnknownMti=11 NotSignedOn=12 AcquirerNotOfLink=13 "
        + "SameKeyOtherBody=14 AfterItsReversal=15 TableFull=16 UnknownNetworkCode=17 NoBusinessDate=18 FunctionNotSupported=19 "
        + "BadAmount=20 BadCurrency=21 BadPan=22 UnknownCard=23 Expired=24 HotLost=25 HotStolen=26 HotPickUp=27 "
        + "HotRestricted=28 CardNotActive=29 CardClosed=30 CardBlocked=31 InsufficientFunds=32 CashAboveAmount=33 "
        + "AmountLimit=50 CountLimit=51 AcceptorLimit=52 "
        + "OriginalUnknown=40 OriginalAmbiguous=41 OriginalOfOtherCard=42 ReplacementAboveOriginal=43 "
        + "AlreadyReversed=44 AuthorizationUnknown=45 AuthorizationExpired=46 AuthorizationCompleted=47 NotAnAuthorization=48 "
        + "CompletionAboveAuthorized=49 RefundAboveCaptured=53 CannotBeUndone=54 NotRefundable=55 CategoryRefused=56 CountryRefused=57 "
        + "RefundNotLinked=58 NotForProduct=59 NotAbroad=60 AcceptorHot=61 TrackMismatch=62 "
        + "FallbackRefused=63 MerchantUnknown=64 TerminalUnknown=65 AcceptorNotActive=66 CategoryNotOfMerchant=67 PaymentStopped=68 "
        + "OrderRevoked=69 AllOrdersRevoked=70 AddressMismatch=71 DeclineStorm=72 "
        + "MacWrong=73 CryptogramWrong=74 CryptogramFault=75 CardCodeWrong=76 PrintedCodeWrong=77 PinMissing=78 PinWrong=79 PinTriesExceeded=80 "
        + "PinNotVerifiable=81 PinFault=82 DeskFull=83 CounterSeen=84 CounterAhead=85 CutOverInProgress=86 AuthenticationWrong=87 AuthenticationMissing=88 "
        + "DeskFailed=89 DeskLate=90 PinReplayed=91 ChipDeclined=92 ChipRisk=93 NoIssuer=94")]
    [InlineData(typeof(SecurityVerdict), "NotChecked=0 Right=1 Wrong=2 Unable=3 Malformed=4 Fault=5 Replayed=6")]
    [InlineData(typeof(PinMethod), "OfProduct=0 Pvv=1 Ibm3624=2")]
    [InlineData(typeof(HotSubject), "Bin=1 Merchant=2 Terminal=3")]
    public void Durable_enums_only_grow(Type type, string values)
    {
        var now = Enum.GetValues(type).Cast<object>().ToDictionary(value => value.ToString()!, value => Convert.ToInt64(value, CultureInfo.InvariantCulture));
        foreach (var pair in values.Split(' ').Select(text => text.Split('=')))
        {
            Assert.Equal(long.Parse(pair[1], CultureInfo.InvariantCulture), now[pair[0]]);
        }
    }

    [Fact]
    public void The_mix_is_frozen()
    {
        var mix = new Mix(1);
        Assert.Equal("25854824CFA713D39C0E3206C4CDE00B", Hex(mix.Finish()));
        mix = new Mix(1);
        mix.Add(1, 2);
        mix.Add(ulong.MaxValue, 0);
        var copy = mix;
        Assert.Equal("E38C65E8796E8697BD68684D7116D245", Hex(mix.Finish()));
        Assert.Equal("5EE40DA5087854D2", copy.Finish64().ToString("X16"));
    }

    [Fact]
    public void Keys_and_fingerprints_are_frozen()
    {
        var purchase = Purchase(123456).Request;
        var reversal = Reversal(2, Purchase(123456), stays: 400);
        Assert.Equal("A9EF8354217796E1 F6243F9C5D57FA76 7C942059E91F66BC", $"{purchase.KeyPrimary:X16} {purchase.KeyRest:X16} {purchase.Fingerprint:X16}");
        Assert.Equal(
            "E4D40AA4018F1812 A9EF8354217796E1 2F9BD607F22F7817",
            $"{reversal.Request.KeyPrimary:X16} {reversal.Original.KeyPrimary:X16} {reversal.Request.Fingerprint:X16}");
        Assert.Equal(purchase.KeyPrimary, reversal.Original.KeyPrimary);
    }

    [Fact]
    public void The_state_hash_of_a_fixed_sequence_is_frozen()
    {
        var bench = new Bench();
        Assert.Equal("59E340FEE8EACD29D0B3EF429AED7541", Hex(bench.State.Hash));
        bench.Code(Network(1, link: 1));
        bench.Code(Purchase(1));
        bench.Code(Purchase(2, mti: 0x0200));
        bench.Code(Purchase(3, 1_000_000));
        bench.Code(Reversal(4, Purchase(1), stays: 300));
        bench.Code(Reversal(5, Purchase(77)));
        bench.OpenDay(FirstDay + 1);
        bench.Code(Reversal(6, Purchase(2, mti: 0x0200)));
        Assert.Equal("C1A9EBBA3C26394DF87E48CCFAAE1CD5", Hex(bench.State.Hash));
        Assert.Equal(bench.State.Hash, bench.State.HashFromScratch());
        Assert.Equal(bench.State.Hash, bench.Fold().Hash);
    }

    [Fact]
    public void The_share_of_keys_in_the_state_hash_is_frozen()
    {
        var bench = new Bench(empty: true);
        var noted = new KeyNoted
        {
            Version = 1,
            CheckValue = 0x0102030405,
            Usage = 0x5030,
            Bits = 256,
            Expires = 30_000,
            Algorithm = (byte)'A',
            Mode = (byte)'B',
            Exportability = (byte)'E',
            State = KeyState.Current,
            Act = KeyAct.Formed,
        };
        "zpk-acme"u8.CopyTo(noted.Label);
        "anna"u8.CopyTo(noted.Operator);
        "boris"u8.CopyTo(noted.SecondOperator);
        bench.Write(JournalKind.KeyNoted, noted);
        Assert.Equal("55AFA91C9454C0FAF33BE2CD05BE8B84", Hex(bench.State.Hash));
    }

    [Fact]
    public void The_share_of_chips_in_the_state_hash_is_frozen()
    {
        var bench = new Bench();
        Assert.Equal("00", bench.Code(WithChip(Purchase(1), 26)));
        Assert.Equal("00", bench.Code(WithChip(Purchase(2), 24)));
        Assert.Equal("00", bench.Code(WithChip(Purchase(3), 300, sequence: 2)));
        Assert.Equal("87CE28A1E3AF5D7178532A0A5E0D999C", Hex(bench.State.Hash));
        Assert.Equal(bench.State.Hash, bench.State.HashFromScratch());
    }

    [Fact]
    public void The_share_of_devices_in_the_state_hash_is_frozen()
    {
        var bench = new Bench();
        Assert.Equal("00", bench.Code(WithPin(Purchase(1), "FFFF9876543210E00007")));
        Assert.Equal("00", bench.Code(WithPin(Purchase(2), "FFFF9876543210E00009")));
        Assert.Equal("00", bench.Code(WithPin(Purchase(3), "123456789012345600000100")));
        Assert.Equal("4CAF99C88CFFD3235F56D3D933FFA591", Hex(bench.State.Hash));
        Assert.Equal(bench.State.Hash, bench.State.HashFromScratch());
    }

    [Fact]
    public void What_operators_say_of_cards_and_merchants_is_frozen()
    {
        var bench = new Bench();
        var card = PlainTokens.Of(Card);
        var acceptor = new AcceptorSet { Acquirer = Acquirer.Value, Category = 5411, Status = AcceptorStatus.Active };
        "MERCHANT0000001"u8.CopyTo(acceptor.Merchant);
        "TERM0001"u8.CopyTo(acceptor.Terminal);
        "anna"u8.CopyTo(acceptor.Operator);
        var stopped = new PaymentStopped { Pan = card, Acquirer = Acquirer.Value, From = FirstDay, To = FirstDay + 9, Kind = StopKind.Order };
        "MERCHANT0000001"u8.CopyTo(stopped.Merchant);
        "boris"u8.CopyTo(stopped.Operator);
        var addressed = new CardAddressed { Pan = card, Address = new AddressChecks { Postal = 0x01020304, Street = 0x05060708 } };
        "clara"u8.CopyTo(addressed.Operator);
        var pin = new CardPinSet { Pan = card, Method = PinMethod.Pvv, KeyIndex = 1, Value = (4UL << 56) | 0x1234 };
        "dora"u8.CopyTo(pin.Operator);
        string[] said =
        [
            Said(JournalKind.AcceptorSet, acceptor), Said(JournalKind.PaymentStopped, stopped), Said(JournalKind.CardAddressed, addressed),
            Said(JournalKind.CardPinSet, pin),
        ];
        Assert.Equal(
            ["26F967AC3F8721BBD873B39B239A013D", "1664FC8A60CFF48E303F4DCE5A7EE2AF",
                "F9E6ED64317DA9CF63394FA7AAA2CFE9", "BD288DE4B35A4416A67E43DEC06F1B57"],
            said);
        var rules = LimitTests.Rules(
        [
            LimitTests.Limit(1, LimitSubject.Card, count: 9, minutes: LimitTerms.Month),
            LimitTests.Limit(2, LimitSubject.Card, count: 9, minutes: LimitTerms.Life),
        ]);
        Assert.True(new RulesDesk(bench.State).TryActivate(in rules, out var activated, out _));
        bench.Write(JournalKind.RulesActivated, activated);
        Assert.Equal("00", bench.Code(Purchase(1)));
        Assert.Equal("55", bench.Code(Changed(Purchase(2), WithWrongPin)));
        var fills = bench.State.Fills.ToDictionary(fill => fill.Table, fill => fill.Used);
        Assert.Equal((1, 1, 1, 1), (fills["acceptors"], fills["stops"], fills["monthCounters"], fills["lifeCounters"]));
        Assert.Equal((PinMethod.Pvv, 1, true), (bench.View().PinMethod, bench.View().PinTries, bench.View().HasAddress));
        Assert.Equal("9CAF9568CE074347D26DDF1A3E326FA3", Hex(bench.State.Hash));
        Assert.Equal(bench.State.Hash, bench.State.HashFromScratch());
        Assert.Equal(bench.State.Hash, bench.Fold().Hash);
        Assert.Empty(bench.Redecided());
        var hash = bench.State.Hash;
        bench.RestartFromImage();
        Assert.Equal(hash, bench.State.Hash);

        string Said<T>(JournalKind kind, T payload) where T : unmanaged
        {
            bench.Write(kind, payload);
            return Hex(bench.State.Hash);
        }

        static Transaction WithWrongPin(Transaction transaction)
        {
            transaction.Request.Has |= RequestHas.PinBlock;
            transaction.Request.Security = SecurityVerdicts.Of(SecurityVerdict.Wrong, default, default, default);
            return transaction;
        }
    }

    [Fact]
    public void An_empty_state_hashes_to_zero() => Assert.Equal(UInt128.Zero, new Bench(empty: true).State.Hash);

    private static string Hex(UInt128 value) => value.ToString("X32", CultureInfo.InvariantCulture);
}
