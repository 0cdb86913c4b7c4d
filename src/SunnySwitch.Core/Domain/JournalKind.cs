namespace SunnySwitch.Core.Domain;

/// <summary>What a journal frame means. On disk and on the wire to the standby: values are never reused or renumbered.</summary>
public enum JournalKind : ushort
{
    /// <summary>No kind: prewritten, empty space.</summary>
    None = 0,

    /// <summary>A start of the switch; all sessions are gone.</summary>
    EpochStarted = 1,

    /// <summary>A journalled answer: an approval or a business decline, with every effect as numbers.</summary>
    Decided = 2,

    /// <summary>One card and its account entered.</summary>
    CardAdded = 3,

    /// <summary>A range of generated cards entered, for load tests.</summary>
    CardsGenerated = 4,

    /// <summary>The state hash at this sequence.</summary>
    HashAt = 5,

    /// <summary>End of a batch: SHA-256 over the previous chain value and the batch.</summary>
    BatchChain = 6,

    /// <summary>A link's session was signed on or off, or its connection ended.</summary>
    SessionChanged = 7,

    /// <summary>A business date was opened.</summary>
    BusinessDateOpened = 8,

    /// <summary>A card's status or hot-list entry changed.</summary>
    CardChanged = 9,

    /// <summary>A torn tail was cut at recovery.</summary>
    Truncated = 10,

    /// <summary>The ciphertext of a card's PAN.</summary>
    PanSealed = 11,

    /// <summary>A version of the rules, effective at a business date.</summary>
    RulesActivated = 12,

    /// <summary>Holds whose time was over: what they held is free.</summary>
    HoldsExpired = 13,

    /// <summary>A version of the conversion rates, effective at a business date.</summary>
    RatesActivated = 14,

    /// <summary>A merchant or terminal entered the register, or something else is said of it.</summary>
    AcceptorSet = 15,

    /// <summary>A cardholder's order not to be charged by standing orders, or its end.</summary>
    PaymentStopped = 16,

    /// <summary>Where a cardholder lives, as keyed checks.</summary>
    CardAddressed = 17,

    /// <summary>How a card's PIN is known; wrong PINs are forgotten.</summary>
    CardPinSet = 18,

    /// <summary>A version of a key came, or changed its state: everything but the key.</summary>
    KeyNoted = 19,
}
