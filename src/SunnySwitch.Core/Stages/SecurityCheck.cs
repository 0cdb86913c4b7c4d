using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>
/// Asks the HSM, once, for all that a request brought: before it is decided, since verdicts are part of the frame. Gives 63 (a MAC that is wrong or
/// missing), 96 (no room at the desk, a module that failed, or no room for one more device) and 91 (one that was late), all non-answers. What is a
/// repeat has its answer already: only its MAC is looked at.
/// </summary>
internal readonly struct SecurityVisit(SwitchState state, LinkTerms[] links, IHsmDesk desk) : IStage
{
    private const EvidenceHas OfCard = EvidenceHas.PinBlock | EvidenceHas.CardCode | EvidenceHas.Cryptogram | EvidenceHas.Authentication;

    public StageResult Run(ref Transaction transaction, Instant now)
    {
        var result = Ask(ref transaction);
        if (result == StageResult.Continue && transaction.NetworkSays != SecurityVerdict.NotChecked) Hear(ref transaction);
        return result;
    }

    // The network verifies what only it can, and says so: where nobody here could, that is the verdict.
    private static void Hear(ref Transaction transaction)
    {
        ref var request = ref transaction.Request;
        var isRequest = Mtis.KindOf(request.Mti) is MessageKind.Authorization or MessageKind.Financial;
        if (!isRequest || request.Security.Authentication is not (SecurityVerdict.NotChecked or SecurityVerdict.Unable)) return;
        request.Security = request.Security.With(transaction.NetworkSays);
        request.Has |= RequestHas.NetworkVerdict;
    }

    private StageResult Ask(ref Transaction transaction)
    {
        var isMacRequired = links[transaction.LinkIndex].MacRequired;
        if (transaction.Brought == EvidenceHas.None && !isMacRequired) return StageResult.Continue;
        if (isMacRequired && (transaction.Brought & EvidenceHas.Mac) == 0) return transaction.RefuseAndAlarm(InternalResult.MacWrong);
        if (!transaction.IsVerified)
        {
            var checks = Needed(in transaction, isMacRequired, out var card);
            if (checks == EvidenceHas.None) return StageResult.Continue;
            transaction.Asked = checks;
            transaction.Desk = desk.Verify(transaction.Ticket, checks, in card, ref transaction);
            if (transaction.Desk == DeskAnswer.Pending) return transaction.Park();
            transaction.IsVerified = true;
        }

        switch (transaction.Desk)
        {
            case DeskAnswer.Full: return transaction.RefuseAndAlarm(InternalResult.DeskFull);
            case DeskAnswer.Failed when !Mutant.Is(Mutation.FailedDeskDecides): return transaction.RefuseAndAlarm(InternalResult.DeskFailed);
            case DeskAnswer.Late: return transaction.RefuseAndAlarm(InternalResult.DeskLate);
        }

        DistrustUnasked(ref transaction);
        if (BringsCounter(in transaction)) transaction.Bring(Proof.Of(in transaction.Evidence));
        if (!TryTakeSerial(ref transaction)) return transaction.RefuseAndAlarm(InternalResult.TableFull);
        if (!isMacRequired) return StageResult.Continue;
        transaction.Ran(Check.Mac);
        return transaction.Request.Security.Mac == SecurityVerdict.Right ? StageResult.Continue : transaction.RefuseAndAlarm(InternalResult.MacWrong);
    }

    // Of a cryptogram that is not right, nobody knows whose counter it is.
    private static bool BringsCounter(in Transaction transaction) => (transaction.Brought & EvidenceHas.Cryptogram) != 0
        && (transaction.Decided.Request.Security.Cryptogram == SecurityVerdict.Right || Mutant.Is(Mutation.CounterOfWrongCryptogram));

    private bool TryTakeSerial(ref Transaction transaction)
    {
        // What could not be read may have come from anybody.
        var isRead = transaction.Decided.Request.Security.Pin is SecurityVerdict.Right or SecurityVerdict.Wrong;
        if (!isRead || (transaction.Brought & EvidenceHas.PinBlock) == 0) return true;
        return !Serial.TryRead(transaction.Evidence.KeySerial, links[transaction.LinkIndex].PinZone, out var serial) || TryTake(ref transaction, in serial);
    }

    /// <summary>
    /// Looks whether a device's key serial number may follow the last one, and takes it: with the decision's frame, whatever that comes to. False
    /// when no more devices can be remembered.
    /// </summary>
    internal bool TryTake(ref Transaction transaction, in Serial serial)
    {
        var brought = DeviceSerialEntry.Of(in serial);
        if (!brought.IsUsed) return true;
        var known = state.DeviceSerials.Find(in brought);
        if (!known.IsUsed && !state.DeviceSerials.HasRoomFor(in brought)) return false;
        transaction.Bring(in serial, isTaken: brought.Highest > known.Highest, known.Highest);
        return true;
    }

    private bool IsRepeat(in Request request) => state.Keys.Match(in request, out _) == KeyMatch.Repeat && !Mutant.Is(Mutation.RepeatIsVerified);

    /// <summary>A PIN that was not asked for, while other things were, proves nothing, though its tries be forgotten by now.</summary>
    private static void DistrustUnasked(ref Transaction transaction)
    {
        ref var request = ref transaction.Request;
        var isUnasked = (transaction.Brought & ~transaction.Asked & EvidenceHas.PinBlock) != 0 && request.Security.Pin == SecurityVerdict.NotChecked;
        if (!isUnasked || Mtis.KindOf(request.Mti) is not (MessageKind.Authorization or MessageKind.Financial)) return;
        var said = request.Security;
        request.Security = SecurityVerdicts.Of(SecurityVerdict.Unable, said.CardCode, said.Cryptogram, said.Mac, said.Authentication);
    }

    private EvidenceHas Needed(in Transaction transaction, bool isMacRequired, out CardSecurity card)
    {
        card = default;
        ref readonly var request = ref transaction.Decided.Request;
        var checks = isMacRequired ? EvidenceHas.Mac : EvidenceHas.None;
        var ofCard = transaction.Brought & OfCard;
        var isRequest = Mtis.KindOf(request.Mti) is MessageKind.Authorization or MessageKind.Financial;
        if (ofCard == EvidenceHas.None || !isRequest || IsRepeat(in request)) return checks;
        var slot = state.Cards.Find(request.Pan);
        if (slot < 0) return checks;
        ref readonly var known = ref state.Cards[slot];
        card = known.Security;
        // Nothing is learned of a PIN any more.
        if (known.PinTries >= state.Terms.PinTriesMax) ofCard &= ~EvidenceHas.PinBlock;
        return checks | ofCard;
    }
}

/// <summary>
/// What the HSM said of cryptogram, code, authentication and PIN, in that order. Gives 82 and 88 (cryptogram), 82 (a counter that was seen, or is too far
/// ahead), 05 (a chip that declined, or words of terminal and chip that the product refuses), 82 and N7 (code), 05 and 1A (authentication), 75, 55, 86, 63,
/// 81 (PIN), 96 when no more can be remembered. A wrong PIN is counted by the frame, a right one ends the count; the counter of a right cryptogram is taken
/// by the frame, whatever the payment comes to.
/// </summary>
internal readonly struct SecurityCheck(SwitchState state) : IStage
{
    public StageResult Run(ref Transaction transaction, Instant now)
    {
        ref var request = ref transaction.Request;
        var needs = state.Terms.SecurityOf(in transaction);
        var verdicts = request.Security;
        if (verdicts.Packed == 0 && needs == EvidenceHas.None && (request.Has & RequestHas.PinBlock) == 0) return StageResult.Continue;
        var problem = ProblemOfCryptogram(verdicts.Cryptogram, needs, ref transaction);
        if (problem == InternalResult.None) problem = ProblemOfCounter(ref transaction.Decided);
        if (problem == InternalResult.TableFull) return transaction.RefuseAndAlarm(problem);
        if (problem == InternalResult.None) problem = ProblemOfWords(in transaction.Decided);
        if (problem == InternalResult.None) problem = ProblemOfCode(verdicts.CardCode, needs, ref transaction);
        var isTold = verdicts.Authentication != SecurityVerdict.NotChecked && (request.Has & RequestHas.TellsAuthentication) != 0;
        if (problem == InternalResult.None && isTold && !state.Balances.HasRoomFor(BalanceEntry.OfOneAnswerMax))
        {
            return transaction.RefuseAndAlarm(InternalResult.TableFull);
        }

        if (problem == InternalResult.None) problem = ProblemOfAuthentication(verdicts.Authentication, needs, ref transaction);
        if (problem == InternalResult.None) problem = ProblemOfPin(verdicts.Pin, needs, ref transaction);
        return problem == InternalResult.None ? StageResult.Continue : transaction.Conclude(problem);
    }

    private static InternalResult ProblemOfCryptogram(SecurityVerdict verdict, EvidenceHas needs, ref Transaction transaction)
    {
        var isNeeded = (needs & EvidenceHas.Cryptogram) != 0;
        if (verdict == SecurityVerdict.NotChecked && !isNeeded) return InternalResult.None;
        transaction.Ran(Check.Cryptogram);
        return verdict switch
        {
            SecurityVerdict.Right => InternalResult.None,
            SecurityVerdict.Wrong or SecurityVerdict.NotChecked => InternalResult.CryptogramWrong,
            SecurityVerdict.Unable when !isNeeded => InternalResult.None,
            _ => InternalResult.CryptogramFault,
        };
    }

    private InternalResult ProblemOfCounter(ref Decided decided)
    {
        ref var proof = ref decided.Proof;
        if (!proof.Has(ProofFlags.Counter)) return InternalResult.None;
        var key = ChipCounterEntry.KeyOf(in decided);
        if (!state.ChipCounters.HasRoomFor(in key)) return InternalResult.TableFull;
        ref readonly var chip = ref state.ChipCounters.Find(in key);
        var jump = state.Terms.CounterJump(in decided.Request);
        if (chip.IsUsed)
        {
            (proof.HighestBefore, proof.Flags) = (chip.Highest, proof.Flags | ProofFlags.WasKnown);
            if (chip.HasSeen(proof.Counter)) return jump == 0 ? InternalResult.None : InternalResult.CounterSeen;
            if (jump != 0 && proof.Counter - chip.Highest > jump && !Mutant.Is(Mutation.CounterJumpsAnywhere)) return InternalResult.CounterAhead;
        }

        (proof.Highest, proof.SeenBelow) = chip.With(proof.Counter);
        proof.Flags |= ProofFlags.Moves;
        return InternalResult.None;
    }

    // Tag 9F27, EMV Book 3 v4.4 section 6.5.5.2: 00 in the top bits is a cryptogram by which the chip declined.
    private InternalResult ProblemOfWords(in Decided decided)
    {
        ref readonly var proof = ref decided.Proof;
        if (proof.Has(ProofFlags.Kind) && proof.Kind >> 6 == 0 && !Mutant.Is(Mutation.DeclineOfChipIsGood)) return InternalResult.ChipDeclined;
        return state.Terms.RefusesWords(in decided) && !Mutant.Is(Mutation.ChipWordsUnheard) ? InternalResult.ChipRisk : InternalResult.None;
    }

    private static InternalResult ProblemOfCode(SecurityVerdict verdict, EvidenceHas needs, ref Transaction transaction)
    {
        var isNeeded = (needs & EvidenceHas.CardCode) != 0;
        if (verdict == SecurityVerdict.NotChecked && !isNeeded) return InternalResult.None;
        transaction.Ran(Check.CardCode);
        if (verdict == SecurityVerdict.Right || (verdict == SecurityVerdict.Unable && !isNeeded)) return InternalResult.None;
        return (transaction.Request.Has & RequestHas.PrintedCode) != 0 ? InternalResult.PrintedCodeWrong : InternalResult.CardCodeWrong;
    }

    private static InternalResult ProblemOfAuthentication(SecurityVerdict verdict, EvidenceHas needs, ref Transaction transaction)
    {
        var isNeeded = (needs & EvidenceHas.Authentication) != 0;
        if (Mutant.Is(Mutation.WrongProofIsNone) && verdict == SecurityVerdict.Wrong) verdict = SecurityVerdict.NotChecked;
        if (verdict == SecurityVerdict.NotChecked && !isNeeded) return InternalResult.None;
        transaction.Ran(Check.Authentication);
        if (verdict == SecurityVerdict.Right || (verdict == SecurityVerdict.Unable && !isNeeded)) return InternalResult.None;
        var isThere = (transaction.Request.Has & RequestHas.AuthenticationValue) != 0 || verdict != SecurityVerdict.NotChecked;
        return isThere ? InternalResult.AuthenticationWrong : InternalResult.AuthenticationMissing;
    }

    private InternalResult ProblemOfPin(SecurityVerdict verdict, EvidenceHas needs, ref Transaction transaction)
    {
        ref var request = ref transaction.Request;
        var isNeeded = (needs & EvidenceHas.PinBlock) != 0;
        var isThere = (request.Has & RequestHas.PinBlock) != 0;
        if (!isThere && !isNeeded) return InternalResult.None;
        // A PIN that nobody here was asked to verify is as good as none.
        if (isThere && verdict == SecurityVerdict.NotChecked && !isNeeded && state.Cards[transaction.CardSlot].PinTries == 0) return InternalResult.None;
        transaction.Ran(Check.Pin);
        if (!isThere) return InternalResult.PinMissing;
        int tries = state.Cards[transaction.CardSlot].PinTries;
        if (tries >= state.Terms.PinTriesMax) return InternalResult.PinTriesExceeded;
        // Before it is said whether the PIN is right: what was seen before is nobody's to try.
        if (transaction.Decided.Serial.IsReplayed) return InternalResult.PinReplayed;
        switch (verdict)
        {
            case SecurityVerdict.Right:
                if (tries > 0 && !Mutant.Is(Mutation.RightPinKeepsCount)) request.PinTries = 0;
                return InternalResult.None;
            case SecurityVerdict.Wrong:
                if (!Mutant.Is(Mutation.WrongPinIsFree)) request.PinTries = tries + 1;
                return InternalResult.PinWrong;
            case SecurityVerdict.NotChecked or SecurityVerdict.Unable:
                return InternalResult.PinNotVerifiable;
            case SecurityVerdict.Replayed:
                return InternalResult.PinReplayed;
            default:
                return InternalResult.PinFault;
        }
    }
}
