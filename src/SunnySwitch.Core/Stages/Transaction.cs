using System.Diagnostics.CodeAnalysis;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Core.Stages;

/// <summary>What became of an input.</summary>
public enum Verdict : byte
{
    /// <summary>Nothing is sent: a response, a notification, or a message too broken to answer.</summary>
    Silence = 0,

    /// <summary>A journalled answer: journal <see cref="Transaction.Decided"/>, apply, then reply.</summary>
    Answer = 1,

    /// <summary>The stored answer of an earlier request; nothing is journalled, no money moves.</summary>
    Repeat = 2,

    /// <summary>Refused before it became a transaction, or an 0810 without effect: counted, not remembered.</summary>
    NonAnswer = 3,

    /// <summary>Journal <see cref="Transaction.Session"/>, apply, reply.</summary>
    SessionChange = 4,

    /// <summary>The HSM was asked: nothing is decided yet.</summary>
    Parked = 5,

    /// <summary>Other cells were asked what they have counted: likewise.</summary>
    ParkedForCounts = 6,
}

/// <summary>What the configuration says of a link.</summary>
/// <param name="Link">Its number in frames; stays the same for the life of the journal.</param>
/// <param name="Name">Its name.</param>
/// <param name="SignOnRequired">Whether business messages need a sign-on before.</param>
/// <param name="Acquirers">The acquirer ids that it may speak for.</param>
/// <param name="MacRequired">Whether its messages have a MAC, both ways.</param>
/// <param name="CutOverQuietNanos">
/// So long before the end of the business date, and until the next is open, its new requests are refused; negative: never.
/// </param>
/// <param name="PinZone">Whose key serial numbers its PINs have: the same for links whose devices have their keys from one base key.</param>
public sealed record LinkTerms(
    uint Link, string Name, bool SignOnRequired, InstitutionId[] Acquirers, bool MacRequired = false, long CutOverQuietNanos = -1, uint PinZone = 0);

/// <summary>One request on its way through the stages; preallocated with its ring slot.</summary>
public struct Transaction
{
    /// <summary>
    /// The request, filled by the edge, and what the stages conclude of it: one piece, so that a frame is one copy. Code and
    /// ApprovalCode are meant for every verdict that answers; the rest only for <see cref="Verdict.Answer"/>.
    /// </summary>
    public Decided Decided;

    /// <summary>DE90 and DE95; meant when <see cref="Request.Has"/> has Original.</summary>
    public OriginalData Original;

    /// <summary>The fee that was asked for, meant when <see cref="Request.Has"/> has Fee; once decided, what the acquirer gets.</summary>
    public Charges Charges;

    /// <summary>For <see cref="Verdict.SessionChange"/>.</summary>
    public SessionChanged Session;

    /// <summary>The address that was given with the request, as checks; only the verdict is journalled.</summary>
    public AddressChecks Address;

    // Of the slot's own, and pinned: what is moved leaves a copy behind that nobody wipes.
    private Evidence[]? _evidence;
    private byte[]? _signed;

    /// <summary>What it brings to prove who it is.</summary>
    public EvidenceHas Brought;

    /// <summary>Bytes of <see cref="Signed"/>.</summary>
    public int SignedBytes;

    /// <summary>What the network says of an authentication's proof; set at the edge.</summary>
    public SecurityVerdict NetworkSays;

    /// <summary>True once the HSM has said what it says of it.</summary>
    public bool IsVerified;

    /// <summary>What of <see cref="Brought"/> the HSM was asked for; meant when <see cref="IsVerified"/>.</summary>
    public EvidenceHas Asked;

    /// <summary>How the HSM took it; meant when <see cref="IsVerified"/>.</summary>
    public DeskAnswer Desk;

    /// <summary>True once it is known what other cells have counted, or that nobody can tell.</summary>
    public bool IsShared;

    /// <summary>What other cells have counted; meant when <see cref="IsShared"/>.</summary>
    public SharedCounts Shared;

    /// <summary>What the later answer for <see cref="Shared"/> names it by; 0: it may not wait for that. Given by the kernel.</summary>
    public long SharedTicket;

    /// <summary>Version of the rules and business date that they were asked for.</summary>
    internal (uint Version, int Day) SharedUnder;

    /// <summary>How decoding went; not ok: answered with 30 if MTI and DE11 were read.</summary>
    public DecodeResult Decode;

    /// <summary>Connection slot that it came by.</summary>
    public int Connection;

    /// <summary>Generation of the connection slot.</summary>
    public uint Generation;

    /// <summary>What the HSM's later answer names it by; given by the kernel.</summary>
    public long Ticket;

    /// <summary>Index into the links that the decider was made with.</summary>
    public int LinkIndex;

    /// <summary>Version of the link's dialect.</summary>
    public uint DialectVersion;

    /// <summary>DE70; meant when <see cref="Request.Has"/> has NetworkCode.</summary>
    public ushort NetworkCode;

    /// <summary>Counted and shown to the operator when not None: SameKeyOtherBody, TableFull, and what DE90 or DE95 had wrong.</summary>
    public InternalResult Alarm;

    /// <summary>What the stages have come to so far.</summary>
    public Verdict Verdict;

    /// <summary>Sequence that the frame will get.</summary>
    public long NextSequence;

    /// <summary>Slot of the card in its table, -1 when unknown; set by the card lookup.</summary>
    internal int CardSlot;

    /// <summary>A slot that has room for evidence, and for so long a message with a MAC.</summary>
    public static Transaction WithEvidence(int signedBytesMax) => new()
    {
        _evidence = GC.AllocateArray<Evidence>(1, pinned: true),
        _signed = GC.AllocateArray<byte>(signedBytesMax, pinned: true),
    };

    /// <summary>What it brings, meant as far as <see cref="Brought"/> says. Only of a slot that has room for it.</summary>
    public readonly ref Evidence Evidence => ref _evidence![0];

    /// <summary>The message up to its MAC, where the link has one; as long as there is room.</summary>
    public readonly Span<byte> Signed => _signed;

    /// <summary>Becomes another request, in its own room.</summary>
    public void Become(in Transaction other)
    {
        var (evidence, signed) = (_evidence, _signed);
        this = other;
        (_evidence, _signed) = (evidence, signed);
        CopyEvidence(in other);
    }

    /// <summary>Takes over what another brought.</summary>
    public void CopyEvidence(in Transaction other)
    {
        (Brought, SignedBytes) = (other.Brought, 0);
        if (Brought == EvidenceHas.None) return;
        _evidence![0] = other._evidence![0];
        if ((Brought & EvidenceHas.Mac) == 0) return;
        SignedBytes = Math.Min(other.SignedBytes, _signed!.Length);
        other.Signed[..SignedBytes].CopyTo(_signed);
    }

    /// <summary>Overwrites what it brought.</summary>
    public void Wipe()
    {
        if (Brought == EvidenceHas.None) return;
        _evidence![0].Wipe();
        Signed[..SignedBytes].Clear();
        (Brought, SignedBytes) = (EvidenceHas.None, 0);
    }

    /// <summary>What the edge read of the message. On a read-only transaction take <c>Decided.Request</c>: this would copy it.</summary>
    [UnscopedRef]
    public ref Request Request => ref Decided.Request;

    /// <summary>No effect yet, whatever this slot held before.</summary>
    internal void Begin(long nextSequence)
    {
        NextSequence = nextSequence;
        Request.Has &= ~(RequestHas.Charged | RequestHas.AddressVerdict | RequestHas.PinTries | RequestHas.Proof | RequestHas.Serial | RequestHas.SharedCounts);
        Alarm = InternalResult.None;
        Verdict = Verdict.Silence;
        CardSlot = -1;
        Decided.Result = InternalResult.None;
        Decided.Code = default;
        Decided.ApprovalCode = Decided.NoApprovalCode;
        Decided.Effect = EffectKind.None;
        Decided.Origin = DecisionOrigin.Us;
        Decided.DialectVersion = DialectVersion;
        Decided.Card = -1;
        Decided.Account = -1;
        Decided.Hold = -1;
        Decided.HoldDays = 0;
        Decided.HeldDelta = 0;
        Decided.LedgerDelta = 0;
        Decided.OriginalKey = 0;
        Decided.Explanation = default;
        Decided.Proof = default;
        Decided.Serial = default;
    }

    /// <summary>What came with a right cryptogram; what becomes of it is decided later.</summary>
    internal void Bring(in Proof proof)
    {
        if (!proof.Has(ProofFlags.Counter)) return;
        Decided.Proof = proof.Brought();
        Request.Has |= RequestHas.Proof;
    }

    /// <summary>A PIN that could be read came with a key serial number; taken, if it may be.</summary>
    internal void Bring(in Serial serial, bool isTaken, uint highestBefore)
    {
        Request.Has |= RequestHas.Serial;
        Decided.Serial = serial;
        Decided.Serial.HighestBefore = highestBefore;
        Decided.Serial.Flags = SerialFlags.Counter | (isTaken ? SerialFlags.Moves : 0) | (highestBefore != 0 ? SerialFlags.WasKnown : 0);
    }

    /// <summary>Notes the balances that it was decided with.</summary>
    internal void Look(in AccountEntry account)
    {
        Ran(Check.Account);
        Decided.Explanation.AvailableMinor = account.AvailableMinor;
        Decided.Explanation.LedgerMinor = account.LedgerMinor;
        Decided.Explanation.Currency = account.Currency;
    }

    /// <summary>What it is to the acquirer, where that is not simply what moves at the account.</summary>
    internal void Charge(bool isCharged, in Charges charges)
    {
        Charges = isCharged ? charges : default;
        if (isCharged) Request.Has |= RequestHas.Charged;
    }

    /// <summary>Opens a hold.</summary>
    internal void Hold(int slot, long amountMinor, int days)
    {
        Decided.Effect = EffectKind.HoldOpened;
        Decided.HeldDelta = amountMinor;
        Decided.Hold = slot;
        Decided.HoldDays = (ushort)days;
    }

    /// <summary>Raises a hold.</summary>
    internal void Raise(int slot, long amountMinor, int days)
    {
        Hold(slot, amountMinor, days);
        Decided.Effect = EffectKind.Increased;
    }

    /// <summary>A journalled approval, with an approval code of ours.</summary>
    internal StageResult Approve(InternalResult result = InternalResult.Approved)
    {
        Decided.ApprovalCode = (uint)(NextSequence % Funds.ApprovalCodes);
        return Conclude(result);
    }

    /// <summary>Notes that a check was run.</summary>
    internal void Ran(Check check) => Decided.Explanation.Ran(check);

    /// <summary>What it asks for, as far as its type is known; set by the screen.</summary>
    internal readonly Operation Operation => Decided.Explanation.Operation;

    /// <summary>True if it goes on with an earlier transaction, and is counted with that one.</summary>
    internal readonly bool IsFollowUp => Operation is Operation.Completion or Operation.Void
        || (Operation == Operation.Refund && (Decided.Request.Has & RequestHas.Names) != 0);

    /// <summary>A non-answer: not journalled, not remembered.</summary>
    internal StageResult Refuse(InternalResult result) => Set(Verdict.NonAnswer, result);

    /// <summary>A non-answer that the operator has to know of.</summary>
    internal StageResult RefuseAndAlarm(InternalResult result)
    {
        Alarm = result;
        return Refuse(result);
    }

    /// <summary>A journalled answer.</summary>
    internal StageResult Conclude(InternalResult result) => Set(Verdict.Answer, result);

    /// <summary>A journalled answer to an advice: 00 whatever was found.</summary>
    internal StageResult Acknowledge(InternalResult result)
    {
        Set(Verdict.Answer, result);
        Decided.Code = ResponseCode.Approved;
        return StageResult.Answer;
    }

    private StageResult Set(Verdict verdict, InternalResult result)
    {
        var outcome = Outcomes.Of(result);
        Verdict = verdict;
        Decided.Result = result;
        Decided.Code = outcome.Code;
        Decided.Explanation.DecidedBy = outcome.Check;
        Ran(outcome.Check);
        return StageResult.Answer;
    }

    /// <summary>The HSM was asked.</summary>
    internal StageResult Park()
    {
        Verdict = Verdict.Parked;
        return StageResult.Park;
    }

    /// <summary>Other cells were asked.</summary>
    internal StageResult ParkForCounts()
    {
        Verdict = Verdict.ParkedForCounts;
        return StageResult.Park;
    }

    /// <summary>What the desk has come to: from now on that is what other cells have counted.</summary>
    public void TakeShared(DeskAnswer answer)
    {
        IsShared = true;
        if (answer == DeskAnswer.Done) return;
        Shared = SharedCounts.Without(answer switch
        {
            DeskAnswer.Full => SharedSource.Full,
            DeskAnswer.Late => SharedSource.Late,
            _ => SharedSource.Failed,
        });
    }

    /// <summary>The same, of a frame.</summary>
    internal void Bring(in SharedCounts shared)
    {
        (IsShared, Shared) = (true, shared);
        Request.Has |= RequestHas.SharedCounts;
    }

    /// <summary>No answer at all.</summary>
    internal StageResult Keep()
    {
        Verdict = Verdict.Silence;
        return StageResult.Answer;
    }
}
