namespace SunnySwitch.Simulation;

/// <summary>A business message in the words of the field: what the reference reads.</summary>
/// <param name="Class">1 authorization, 2 financial, 4 reversal.</param>
/// <param name="Advice">0120, 0220, 0420 instead of 0100, 0200, 0400.</param>
/// <param name="Stan">DE11.</param>
/// <param name="Terminal">DE41.</param>
/// <param name="Pan">DE2, a published test card.</param>
/// <param name="Amount">DE4, minor units.</param>
/// <param name="OriginalStan">DE11 in DE90.</param>
/// <param name="OriginalClass">Class of the MTI in DE90.</param>
/// <param name="Stays">DE95, the amount that stays.</param>
internal sealed record Message(
    int Class, bool Advice, uint Stan, string Terminal, string Pan, long Amount, uint OriginalStan = 0,
    int OriginalClass = 0, long? Stays = null)
{
    /// <summary>The MTI in DE90 is an advice's.</summary>
    public bool OriginalAdvice { get; init; }

    /// <summary>First two digits of DE3.</summary>
    public int Function { get; init; }

    /// <summary>DE49.</summary>
    public string Currency { get; init; } = "840";

    /// <summary>DE28, paid by the cardholder; negative: given. 0: none.</summary>
    public long Fee { get; init; }

    public Says Says { get; init; }

    public Proof Proof { get; init; } = Proof.None;

    /// <summary>True if it is the other once more, whatever it brings as a proof.</summary>
    public bool HasBodyOf(Message other) => this == other with { Proof = Proof };

    /// <summary>DE38, where it names an authorization without DE90.</summary>
    public string ApprovalCode { get; init; } = "";

    /// <summary>Number of the answer that had that approval code.</summary>
    public long ApprovedBy { get; init; }

    /// <summary>It names an earlier transaction.</summary>
    public bool IsNaming => OriginalStan != 0 || ApprovedBy != 0;

    /// <inheritdoc/>
    public override string ToString() =>
        $"0{Class}{(Advice ? "20" : "00")} STAN {Stan} {Terminal} {Pan[..6]}******{Pan[^4..]} {Function:D2} {Amount} {Currency}"
        + (Proof != Proof.None ? $" {Proof}" : "") + (Fee != 0 ? $" fee {Fee}" : "") + (Says != 0 ? $" ({Says})" : "")
        + (OriginalStan != 0 ? $" of 0{OriginalClass}{(OriginalAdvice ? "20" : "00")} STAN {OriginalStan}" : "")
        + (ApprovedBy != 0 ? $" of {ApprovalCode}" : "") + (Stays is { } stays ? $" down to {stays}" : "");
}

/// <summary>What a message says beside its type and function.</summary>
[Flags]
internal enum Says
{
    Nothing = 0, Estimate = 1, MoreFollow = 2, PartialOk = 4, DeclinedElsewhere = 8,
}

/// <summary>What a message asks for.</summary>
internal enum What
{
    Nothing, Purchase, Cash, PreAuthorization, Refund, Inquiry, Verification, Increment, Completion, ForcePost, Void, Reversal,
}

/// <summary>What moves: at the card's account, and between the switch and the acquirer.</summary>
/// <param name="Held">Held, minor units; negative when freed.</param>
/// <param name="Ledger">Credited; negative when debited.</param>
/// <param name="Settled">Due to the acquirer, in the currency of the transaction.</param>
/// <param name="Fee">Due to the acquirer as fee.</param>
internal readonly record struct Moves(long Held, long Ledger, long Settled, long Fee);

/// <summary>What the reference says of a message.</summary>
/// <param name="Code">DE39.</param>
/// <param name="IsJournalled">True for a new answer: approval or business decline.</param>
/// <param name="Key">Number of the stored answer that it is, or is a repeat of; 0 for a refusal.</param>
/// <param name="Moves">What moves.</param>
/// <param name="Told">Amounts that the answer tells, as <see cref="Answer.Amounts"/> has them; meant with a key.</param>
/// <param name="Did">What a new answer did, in a word or two; empty when nothing moved.</param>
/// <param name="PinTries">Wrong PINs that the card has from now on; null: as before.</param>
internal readonly record struct Judgement(
    string Code, bool IsJournalled, long Key, Moves Moves, string Told, string Did, int? PinTries = null);
