using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Domain;

/// <summary>What holds for all categories, countries and products. Durable.</summary>
[Flags]
public enum RuleFlags : ushort
{
#pragma warning disable CS1591
    None = 0,
#pragma warning restore CS1591
    /// <summary>The countries listed are the only good ones; else those listed are refused.</summary>
    CountriesAreAllowed = 1,
    /// <summary>A refund has to name what it refunds.</summary>
    NoUnlinkedRefunds = 2,
    /// <summary>Merchants have to be in the register.</summary>
    MerchantsAreRegistered = 4,
    /// <summary>Merchants and their terminals have to be.</summary>
    TerminalsAreRegistered = 8,
}

/// <summary>What holds for merchant categories. Durable.</summary>
[Flags]
public enum CategoryFlags : ushort
{
#pragma warning disable CS1591
    None = 0,
#pragma warning restore CS1591
    /// <summary>Nothing is approved there.</summary>
    Refused = 1,
    /// <summary>A refund there may go without naming what it refunds, whatever holds for all.</summary>
    UnlinkedRefunds = 2,
}

/// <summary>
/// Merchant categories (ISO 18245) from one to another, and what holds there. Little-endian, frozen.
/// <code>
/// 0 from 2 | 2 to 2 | 4 hold days 2 | 6 hold days of an estimate 2 | 8 tolerance per mille 2 | 10 flags 2 | 12 unused 4 | 16
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct CategoryTerms
{
    /// <summary>Size of the layout.</summary>
    public const int Bytes = 16;
#pragma warning disable CS1591
    [FieldOffset(0)] public ushort From;
    [FieldOffset(2)] public ushort To;
    /// <summary>Days; 0: as for all.</summary>
    [FieldOffset(4)] public ushort HoldDays;
    [FieldOffset(6)] public ushort PreAuthorizationDays;
    /// <summary>How much more than what was authorized a completion may capture.</summary>
    [FieldOffset(8)] public ushort TolerancePermille;
    [FieldOffset(10)] public CategoryFlags Flags;
#pragma warning restore CS1591
}

/// <summary>
/// What cards whose first six digits are in a range may do. Little-endian, frozen.
/// <code>
/// 0 from 4 | 4 to 4 | 8 operations 4 | 12 home country 2 | 14 parts are approved 1 | 15 no fallback 1 | 16 name 16 | 32
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct ProductTerms
{
    /// <summary>Size of the layout.</summary>
    public const int Bytes = 32;
#pragma warning disable CS1591
    [FieldOffset(0)] public uint BinFrom;
    [FieldOffset(4)] public uint BinTo;
    /// <summary>Bit n: <see cref="Operation"/> n.</summary>
    [FieldOffset(8)] public uint Operations;
    /// <summary>ISO 3166 number: good only there (DE19); 0: everywhere.</summary>
    [FieldOffset(12)] public ushort HomeCountry;
    /// <summary>Not 0: a part is approved where the terminal takes it.</summary>
    [FieldOffset(14)] public byte PartialApproval;
    /// <summary>Not 0: a chip card that was read by its stripe is refused.</summary>
    [FieldOffset(15)] public byte RefuseFallback;
    [FieldOffset(16)] public Text16 Name;
#pragma warning restore CS1591

    /// <summary>True if its cards may do that.</summary>
    public readonly bool Allows(Operation operation) => (Operations >> (int)operation & 1) != 0;
}

/// <summary>
/// What of a chip's words with a right cryptogram refuses a payment, for cards of a product. Little-endian, frozen.
/// <code>
/// 0 terminal verification results, tag 95 5 | 5 where card verification results begin in tag 9F10, from 1; 0: not looked at 1 | 6 those 6 | 12 unused 4 | 16
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct ChipTerms
{
    /// <summary>Size of the layout.</summary>
    public const int Bytes = 16;

    /// <summary>Most bytes of card verification results.</summary>
    public const int ChipBytesMax = 6;
#pragma warning disable CS1591
    /// <summary>A bit that is set here and there refuses.</summary>
    [FieldOffset(0)] public Bytes5 Terminal;
    [FieldOffset(5)] public byte ChipAt;
    /// <summary>Likewise.</summary>
    [FieldOffset(6)] public Bytes6 Chip;
#pragma warning restore CS1591

    /// <summary>True if terminal or chip said something that refuses.</summary>
    public readonly bool Refuses(in Proof proof)
    {
        if (!proof.Has(ProofFlags.Words)) return false;
        var found = 0;
        for (var index = 0; index < Bytes5.Count; index++) found |= proof.Terminal[index] & Terminal[index];
        if (ChipAt == 0) return found != 0;
        for (var index = 0; index < ChipBytesMax && ChipAt - 1 + index < Bytes8.Count; index++) found |= proof.Chip[ChipAt - 1 + index] & Chip[index];
        return found != 0;
    }
}

/// <summary>What a hot-list entry of the rules is about. Durable.</summary>
public enum HotSubject : byte
{
#pragma warning disable CS1591
    Bin = 1, Merchant = 2, Terminal = 3,
#pragma warning restore CS1591
}

/// <summary>
/// A range of BINs, a merchant or a terminal on the hot list, from one business date to another. Little-endian, frozen.
/// <code>
/// 0 subject 1 | 1 reason 1 | 2 from 2 | 4 to 2 | 6 region 2 | 8 BIN from 4 | 12 BIN to 4 | 16 acquirer 8 | 24 DE42 or DE41 16 | 40
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct HotTerms
{
    /// <summary>Size of the layout.</summary>
    public const int Bytes = 40;
#pragma warning disable CS1591
    [FieldOffset(0)] public HotSubject Subject;
    /// <summary>Meant for BINs.</summary>
    [FieldOffset(1)] public HotReason Reason;
    /// <summary>Days since 1970-01-01; 0: since ever.</summary>
    [FieldOffset(2)] public ushort From;
    /// <summary>The last business date; 0: for ever.</summary>
    [FieldOffset(4)] public ushort To;
    /// <summary>UN M49: hot there only; 0: everywhere.</summary>
    [FieldOffset(6)] public ushort Region;
    [FieldOffset(8)] public uint BinFrom;
    [FieldOffset(12)] public uint BinTo;
    [FieldOffset(16)] public ulong Acquirer;
    [FieldOffset(24)] public Text16 Id;
#pragma warning restore CS1591

    /// <summary>True on a business date within.</summary>
    public static bool IsWithin(int day, ushort from, ushort to) => (from == 0 || day >= from) && (to == 0 || day <= to);

    /// <summary>True in a country within; where the country is not known, to be safe.</summary>
    public static bool IsWithin(ushort region, ushort country) => region == 0 || country == 0 || Regions.Has(region, country);

    private readonly bool IsIn(int day, ushort country) => IsWithin(day, From, To) && IsWithin(Region, country);

    /// <summary>True if it is about a card's first six digits.</summary>
    public readonly bool IsHot(uint bin, ushort country, int day) =>
        Subject == HotSubject.Bin && bin >= BinFrom && bin <= BinTo && IsIn(day, country);

    /// <summary>True if it is about the merchant or terminal of a request.</summary>
    public readonly bool IsHot(in Request request, int day)
    {
        if (Subject == HotSubject.Bin || Acquirer != request.Acquirer.Value || !IsIn(day, request.AcquirerCountry)) return false;
        return Subject == HotSubject.Merchant ? AreSame(request.CardAcceptor, Id) : AreSame(request.Terminal, Id);
    }

    private static bool AreSame(ReadOnlySpan<byte> padded, ReadOnlySpan<byte> id) => padded.TrimEnd(" \0"u8).SequenceEqual(id.TrimEnd((byte)0));
}

/// <summary>
/// A version of the rules as an operator gave it, and payload of <see cref="JournalKind.RulesActivated"/>. Little-endian, frozen.
/// <code>
///  0 version 4 | 4 effective business date 4 | 8 limits 4 | 12 categories 1 | 13 products 1 | 14 countries 1 | 15 hot 1 | 16 name 16
/// 32 operator 16 | 48 reason 48 | 96 hold days 2 | 98 hold days of an estimate 2 | 100 flags 2 | 102 products that need the address 2
/// 104 products that need a PIN for cash 2 | 106 always 2 | 108 the cryptogram of a chip 2 | 110 the code of a stripe 2 | 112 wrong PINs 1 | 113 unused 1
/// 114 products that need the proof of an authentication that is claimed 2 | 116 of every e-commerce payment 2 | 118 unused 2
/// 120 how far chips' counters may jump, four bits for each product 8 | 128 limits 64 x 48
/// 3200 categories 32 x 16 | 3712 products 16 x 32 | 4224 countries 64 x 2 | 4352 hot 32 x 40 | 5632 chips of products 16 x 16 | 5888
/// </code>
/// Before version 4 of the payload it ends before the chips.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct RuleSet : IVersioned
{
    /// <summary>Size of the layout; before version 4 of the payload.</summary>
    public const int Bytes = BytesV3 + (ProductsMax * ChipTerms.Bytes), BytesV3 = 5_632;

    /// <summary>Most limits; ids are 1 to this.</summary>
    public const int LimitsMax = 64;

    /// <summary>Most ranges of categories, of products, most countries, and most entries of the hot list.</summary>
    public const int CategoriesMax = 32, ProductsMax = 16, CountriesMax = 64, HotMax = 32;
#pragma warning disable CS1591
    /// <summary>Rises by one with each activation; 0: no rules.</summary>
    [FieldOffset(0)] public uint Version;
    /// <summary>Days since 1970-01-01: in force from this business date.</summary>
    [FieldOffset(4)] public int EffectiveDay;
    [FieldOffset(8)] public int Count;
    [FieldOffset(12)] public byte CategoryCount;
    [FieldOffset(13)] public byte ProductCount;
    [FieldOffset(14)] public byte CountryCount;
    [FieldOffset(15)] public byte HotCount;
    [FieldOffset(16)] public Text16 Name;
    [FieldOffset(32)] public Text16 Operator;
    [FieldOffset(48)] public Text48 Reason;
    /// <summary>Days that an authorization holds; 0: as usual.</summary>
    [FieldOffset(96)] public ushort HoldDays;
    [FieldOffset(98)] public ushort PreAuthorizationDays;
    [FieldOffset(100)] public RuleFlags Flags;
    /// <summary>Bit n: an address that is not the cardholder's is refused for the product at place n.</summary>
    [FieldOffset(102)] public ushort AddressNeeded;
    [FieldOffset(104)] public ushort PinForCash;
    [FieldOffset(106)] public ushort PinAlways;
    [FieldOffset(108)] public ushort CryptogramNeeded;
    [FieldOffset(110)] public ushort CardCodeNeeded;
    /// <summary>Wrong PINs after which none is looked at; 0: as usual.</summary>
    [FieldOffset(112)] public byte PinTriesMax;
    /// <summary>Bit n: who says that the cardholder was authenticated has to bring the proof of it.</summary>
    [FieldOffset(114)] public ushort AuthenticationClaimed;
    /// <summary>Bit n: every e-commerce payment has to.</summary>
    [FieldOffset(116)] public ushort AuthenticationAlways;
    /// <summary>Four bits for the product at place n, from bit 4n on: see <see cref="CounterJumpOf"/>.</summary>
    [FieldOffset(120)] public ulong CounterJumps;
    /// <summary>In the order of the file, the first <see cref="Count"/>.</summary>
    [FieldOffset(128)] public LimitList Limits;
    [FieldOffset(3200)] public CategoryList Categories;
    [FieldOffset(3712)] public ProductList Products;
    [FieldOffset(4224)] public CountryList Countries;
    [FieldOffset(4352)] public HotTermsList Hot;
    /// <summary>For the product at the same place.</summary>
    [FieldOffset(BytesV3)] public ChipTermsList Chips;
#pragma warning restore CS1591

    static int IVersioned.FirstBytes => BytesV3;

    /// <summary>Reads the payload of a frame in any version that was ever written; false for another version or length.</summary>
    public static bool TryRead(uint version, ReadOnlySpan<byte> payload, out RuleSet rules)
    {
        rules = default;
        if (version is 0 or > PayloadVersion.Four || payload.Length != (version < PayloadVersion.Four ? BytesV3 : Bytes)) return false;
        payload.CopyTo(MemoryMarshal.AsBytes(new Span<RuleSet>(ref rules)));
        return true;
    }

    uint IVersioned.Version { readonly get => Version; set => Version = value; }

    int IVersioned.EffectiveDay { readonly get => EffectiveDay; set => EffectiveDay = value; }

    Text16 IVersioned.Operator { readonly get => Operator; set => Operator = value; }

    Text48 IVersioned.Reason { readonly get => Reason; set => Reason = value; }

    /// <summary>How far a chip's counter may be ahead of the highest one seen, where the rules do not say.</summary>
    public const int CounterJumpUsual = 4_096;

    /// <summary>The furthest that can be said.</summary>
    public const int CounterJumpMax = 32_768;

    private const int CounterJumpBits = 4, CounterJumpUnchecked = 15;

    /// <summary>How far a chip's counter may be ahead, for the product at a place (-1: of none); 0: nothing is said of counters.</summary>
    public readonly int CounterJumpOf(int product)
    {
        var code = product < 0 ? 0 : (int)(CounterJumps >> (CounterJumpBits * product)) & 0xF;
        return code == 0 ? CounterJumpUsual : code == CounterJumpUnchecked ? 0 : 2 << code;
    }

    /// <summary>Says so: 0, or up to <see cref="CounterJumpMax"/>, rounded up to a power of two from 4 on.</summary>
    public void SetCounterJump(int product, int jump)
    {
        var code = CounterJumpUnchecked;
        if (jump > 0) for (code = 1; 2 << code < jump; code++) { }
        CounterJumps = (CounterJumps & ~(0xFUL << (CounterJumpBits * product))) | ((ulong)code << (CounterJumpBits * product));
    }

    /// <summary>The first range that a category is in; all zero when it is in none.</summary>
    public readonly CategoryTerms CategoryOf(ushort category)
    {
        foreach (ref readonly var terms in ((ReadOnlySpan<CategoryTerms>)Categories)[..CategoryCount])
        {
            if (category >= terms.From && category <= terms.To) return terms;
        }

        return default;
    }

    /// <summary>Place of the first product that a card is of, by its first six digits; -1: of none.</summary>
    public readonly int ProductOf(uint bin)
    {
        ReadOnlySpan<ProductTerms> products = Products;
        for (var index = 0; index < ProductCount; index++)
        {
            if (bin >= products[index].BinFrom && bin <= products[index].BinTo) return index;
        }

        return -1;
    }

    /// <summary>Why a card's first six digits are hot in a country on a business date; None when they are not.</summary>
    public readonly HotReason HotBin(uint bin, ushort country, int day)
    {
        foreach (ref readonly var hot in ((ReadOnlySpan<HotTerms>)Hot)[..HotCount])
        {
            if (hot.IsHot(bin, country, day)) return hot.Reason;
        }

        return HotReason.None;
    }

    /// <summary>True if a merchant or terminal of an acquirer is hot on a business date.</summary>
    public readonly bool IsHot(in Request request, int day)
    {
        foreach (ref readonly var hot in ((ReadOnlySpan<HotTerms>)Hot)[..HotCount])
        {
            if (hot.IsHot(in request, day)) return true;
        }

        return false;
    }

    /// <summary>True if nothing is approved in a country (ISO 3166 number; 0 when not known).</summary>
    public readonly bool RefusesCountry(ushort country) =>
        CountryCount > 0 && country != 0
        && ((ReadOnlySpan<ushort>)Countries)[..CountryCount].Contains(country) != ((Flags & RuleFlags.CountriesAreAllowed) != 0);
}

#pragma warning disable CS1591
/// <summary>Up to 64 limits.</summary>
[InlineArray(RuleSet.LimitsMax)]
public struct LimitList
{
    private LimitTerms _first;
}

/// <summary>Up to 32 ranges of categories.</summary>
[InlineArray(RuleSet.CategoriesMax)]
public struct CategoryList
{
    private CategoryTerms _first;
}

/// <summary>Up to 16 products.</summary>
[InlineArray(RuleSet.ProductsMax)]
public struct ProductList
{
    private ProductTerms _first;
}

/// <summary>Of up to 16 products.</summary>
[InlineArray(RuleSet.ProductsMax)]
public struct ChipTermsList
{
    private ChipTerms _first;
}

/// <summary>Up to 64 countries.</summary>
[InlineArray(RuleSet.CountriesMax)]
public struct CountryList
{
    private ushort _first;
}

/// <summary>Up to 32 entries of the hot list.</summary>
[InlineArray(RuleSet.HotMax)]
public struct HotTermsList
{
    private HotTerms _first;
}

/// <summary>Up to 48 characters of text.</summary>
[InlineArray(48)]
public struct Text48
{
    private byte _first;

    /// <inheritdoc/>
    public readonly override string ToString() => Encoding.Latin1.GetString(((ReadOnlySpan<byte>)this).TrimEnd((byte)0));
}
#pragma warning restore CS1591
