using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;

namespace SunnySwitch.Core.State;

/// <summary>What the rules in force say of an authorization; without rules, what is usual.</summary>
internal readonly struct Terms(Velocity velocity, Registers registers)
{
    private const RuleFlags Registered = RuleFlags.MerchantsAreRegistered | RuleFlags.TerminalsAreRegistered;

    /// <summary>Business dates that a hold of this request lives.</summary>
    public int HoldDays(in Transaction transaction)
    {
        var isEstimate = transaction.Operation is Operation.PreAuthorization or Operation.Increment;
        ref readonly var rules = ref velocity.Active;
        var category = rules.CategoryOf(transaction.Decided.Request.MerchantCategory);
        int days = isEstimate ? category.PreAuthorizationDays : category.HoldDays;
        if (days > 0) return days;
        days = isEstimate ? rules.PreAuthorizationDays : rules.HoldDays;
        if (days > 0) return days;
        return isEstimate ? SwitchState.PreAuthorizationDaysUsual : SwitchState.HoldDaysUsual;
    }

    /// <summary>Why nothing is approved at such a merchant, in such a country; None when it may be.</summary>
    public InternalResult ProblemOfPlace(in Transaction transaction, int day)
    {
        ref readonly var rules = ref velocity.Active;
        if (rules.Version == 0) return InternalResult.None;
        ref readonly var request = ref transaction.Decided.Request;
        var category = rules.CategoryOf(request.MerchantCategory).Flags;
        if (rules.HotCount > 0 && rules.IsHot(in request, day)) return InternalResult.AcceptorHot;
        if ((rules.Flags & Registered) != 0)
        {
            var problem = registers.ProblemOf(in request, (rules.Flags & RuleFlags.TerminalsAreRegistered) != 0);
            if (problem != InternalResult.None) return problem;
        }

        if ((category & CategoryFlags.Refused) != 0) return InternalResult.CategoryRefused;
        if (rules.RefusesCountry(request.AcquirerCountry)) return InternalResult.CountryRefused;
        var needsName = transaction.Operation == Operation.Refund && (rules.Flags & RuleFlags.NoUnlinkedRefunds) != 0;
        return needsName && (category & CategoryFlags.UnlinkedRefunds) == 0 ? InternalResult.RefundNotLinked : InternalResult.None;
    }

    /// <summary>Why a card's first six digits are hot where it is used.</summary>
    public HotReason HotBin(uint bin, ushort country, int day) =>
        velocity.Active.HotCount == 0 ? HotReason.None : velocity.Active.HotBin(bin, country, day);

    /// <summary>Wrong PINs after which none is looked at.</summary>
    public int PinTriesMax => velocity.Active.PinTriesMax > 0 ? velocity.Active.PinTriesMax : SwitchState.PinTriesUsual;

    /// <summary>What a card's product asks for, as the card was read.</summary>
    public EvidenceHas SecurityOf(in Transaction transaction)
    {
        ref readonly var rules = ref velocity.Active;
        var all = rules.PinForCash | rules.PinAlways | rules.CryptogramNeeded | rules.CardCodeNeeded | rules.AuthenticationClaimed | rules.AuthenticationAlways;
        if (all == 0) return EvidenceHas.None;
        ref readonly var request = ref transaction.Decided.Request;
        var index = rules.ProductOf(request.TruncatedPan.Bin);
        if (index < 0) return EvidenceHas.None;
        // DE22: 05 and 07 read a chip, 02 and 90 a stripe, 80 a stripe because the chip failed.
        var (isChip, isStripe) = ((request.EntryMode / 10) is 5 or 7, (request.EntryMode / 10) is 2 or 80 or 90);
        var isCash = transaction.Operation is Operation.Cash;
        var needs = EvidenceHas.None;
        if (Is(rules.PinAlways, index) || (isCash && Is(rules.PinForCash, index))) needs |= EvidenceHas.PinBlock;
        if (isChip && Is(rules.CryptogramNeeded, index)) needs |= EvidenceHas.Cryptogram;
        if (isStripe && Is(rules.CardCodeNeeded, index)) needs |= EvidenceHas.CardCode;
        var isAsked = (Is(rules.AuthenticationAlways, index) && Electronic.IsElectronic(in request))
            || (Is(rules.AuthenticationClaimed, index) && Claims(in request));
        return isAsked ? needs | EvidenceHas.Authentication : needs;
    }

    private static bool Claims(in Request request) => Electronic.Claims(in request) && !Mutant.Is(Mutation.ClaimNeedsNoProof);

    /// <summary>How far a chip's counter may be ahead of the highest one seen; 0: it is not looked at.</summary>
    public int CounterJump(in Request request)
    {
        ref readonly var rules = ref velocity.Active;
        return rules.CounterJumpOf(rules.CounterJumps == 0 ? -1 : rules.ProductOf(request.TruncatedPan.Bin));
    }

    /// <summary>True if what terminal and chip said with a right cryptogram is refused for the card's product.</summary>
    public bool RefusesWords(in Decided decided)
    {
        ref readonly var rules = ref velocity.Active;
        var index = rules.ProductCount == 0 ? -1 : rules.ProductOf(decided.Request.TruncatedPan.Bin);
        return index >= 0 && rules.Chips[index].Refuses(in decided.Proof);
    }

    private static bool Is(ushort products, int index) => (products >> index & 1) != 0;

    /// <summary>True if such a card is refused with an address that is not its cardholder's.</summary>
    public bool NeedsAddress(in Transaction transaction)
    {
        ref readonly var rules = ref velocity.Active;
        var index = rules.AddressNeeded == 0 ? -1 : rules.ProductOf(transaction.Decided.Request.TruncatedPan.Bin);
        return index >= 0 && (rules.AddressNeeded >> index & 1) != 0;
    }

    /// <summary>What is wrong with a card that is not there: one of ours could have such a number, or none.</summary>
    public InternalResult ProblemOfRange(in Transaction transaction)
    {
        ref readonly var rules = ref velocity.Active;
        var isOurs = rules.ProductCount == 0 || rules.ProductOf(transaction.Decided.Request.TruncatedPan.Bin) >= 0;
        return isOurs ? InternalResult.UnknownCard : InternalResult.NoIssuer;
    }

    /// <summary>Why a card of this product may not do it; None when it may. A card of no product may do all.</summary>
    public InternalResult ProblemOfProduct(in Transaction transaction)
    {
        ref readonly var rules = ref velocity.Active;
        ref readonly var request = ref transaction.Decided.Request;
        var index = rules.ProductCount == 0 ? -1 : rules.ProductOf(request.TruncatedPan.Bin);
        if (index < 0) return InternalResult.None;
        ref readonly var product = ref rules.Products[index];
        if (!product.Allows(transaction.Operation)) return InternalResult.NotForProduct;
        var isAbroad = product.HomeCountry != 0 && request.AcquirerCountry != 0 && request.AcquirerCountry != product.HomeCountry;
        return isAbroad ? InternalResult.NotAbroad : InternalResult.None;
    }

    /// <summary>Why the way the card was read does not go together; None when it does.</summary>
    public InternalResult ProblemOfEntry(in Transaction transaction)
    {
        ref readonly var rules = ref velocity.Active;
        ref readonly var request = ref transaction.Decided.Request;
        if ((request.Has & RequestHas.TrackDiffers) != 0) return InternalResult.TrackMismatch;
        // ISO/IEC 7813: a service code of 2xx or 6xx is a card with a chip. DE22: 02 and 90 read the stripe, 80 because the chip failed.
        var isChip = request.ServiceCode / 100 is 2 or 6;
        var isFallback = isChip && request.EntryMode / 10 is (2 or 80 or 90);
        var index = isFallback && rules.ProductCount > 0 ? rules.ProductOf(request.TruncatedPan.Bin) : -1;
        return index >= 0 && rules.Products[index].RefuseFallback != 0 ? InternalResult.FallbackRefused : InternalResult.None;
    }

    /// <summary>True if a part may be approved of what such a card asks for.</summary>
    public bool ApprovesParts(in Transaction transaction)
    {
        ref readonly var rules = ref velocity.Active;
        var index = rules.ProductCount == 0 ? -1 : rules.ProductOf(transaction.Decided.Request.TruncatedPan.Bin);
        return index < 0 || rules.Products[index].PartialApproval != 0;
    }

    /// <summary>How much more than what was authorized a completion may capture.</summary>
    public long ToleranceOf(ushort category, long authorizedMinor, ref Explanation why)
    {
        ref readonly var rules = ref velocity.Active;
        why.RulesVersion = rules.Version;
        if (Mutant.Is(Mutation.ToleranceForAll)) category = rules.Categories[0].From;
        return (long)((Int128)authorizedMinor * rules.CategoryOf(category).TolerancePermille / 1_000);
    }
}
