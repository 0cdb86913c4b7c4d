using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>Runs the stages that a message needs, in the order of docs/authorization.md.</summary>
public sealed class Decider
{
    private Screen _screen;
    private SecurityVisit _visit;
    private SharedVisit _sharedVisit;
    private Pipeline<Dedupe, CardLookup, Pipeline<AmountCheck, AttemptCheck, Pipeline<CardCheck, StandingOrderCheck,
        Pipeline<SecurityCheck, AddressCheck, Pipeline<LimitCheck, Funds, Nothing>>>>> _purchase;
    private Pipeline<Dedupe, CardLookup, Reversal> _reversal;
    private Pipeline<Dedupe, CardLookup, Pipeline<AmountCheck, FollowUp, Nothing>> _followUp;
    private Pipeline<Dedupe, CardLookup, Pipeline<AmountCheck, Advice, Nothing>> _advice;
    private Network _network;

    /// <summary>Makes the stages. The links' array is read, not copied. Without an HSM desk, nothing can be verified; without a shared one, a
    /// cell knows of its own counters only.</summary>
    public Decider(SwitchState state, LinkTerms[] links, IHsmDesk? desk = null, ISharedDesk? shared = null)
    {
        _screen = new(state, links);
        _visit = new(state, links, desk ?? NoHsmDesk.Instance);
        _sharedVisit = new(state, shared ?? NoSharedDesk.Instance);
        _purchase = new(new(state), new(state), new(new(), new(state), new(new(state), new(state),
            new(new(state), new(state), new(new(state), new(state), default)))));
        _reversal = new(new(state), new(state), new(state));
        _followUp = new(new(state), new(state), new(new(), new(state), default));
        _advice = new(new(state), new(state), new(new(), new(state), default));
        _network = new();
    }

    /// <summary>
    /// Decides one input: reads the state, changes nothing in it. The request must be sealed (<c>RequestKeys.Seal</c>).
    /// </summary>
    /// <param name="transaction">In: what the edge filled. Out: the conclusion; see <see cref="Verdict"/> for what is meant.</param>
    /// <param name="now">Time of the decision.</param>
    /// <param name="nextSequence">Sequence that the frame will get; DE38 comes from it.</param>
    public Verdict Decide(ref Transaction transaction, Instant now, long nextSequence)
    {
        transaction.Begin(nextSequence);
        if (_screen.Run(ref transaction, now) == StageResult.Continue && _visit.Run(ref transaction, now) == StageResult.Continue
            && _sharedVisit.Run(ref transaction, now) == StageResult.Continue)
        {
            RunBusiness(ref transaction, now);
        }

        return transaction.Verdict;
    }

    /// <summary>
    /// Decides once more what a frame decided, against the state before it, with the rules of today. Who had sent it, and over
    /// which connection, was judged then and is taken as it was.
    /// </summary>
    /// <param name="frame">The decision as it was journalled.</param>
    /// <param name="original">What it names as its original, if it names one.</param>
    /// <param name="charges">Its fee, if it has one.</param>
    /// <param name="shared">What other cells had counted, if they were asked.</param>
    /// <param name="now">When it was decided.</param>
    /// <param name="sequence">The frame's number.</param>
    /// <param name="again">The decision of today.</param>
    /// <param name="chargesAgain">Its charges; meant with <see cref="RequestHas.Charged"/>.</param>
    /// <returns><see cref="Verdict.Answer"/> if it is a new answer today too.</returns>
    public Verdict Redecide(in Decided frame, in OriginalData original, in Charges charges, in SharedCounts shared, Instant now, long sequence,
        out Decided again, out Charges chargesAgain)
    {
        var transaction = new Transaction { Original = original, Charges = charges, DialectVersion = frame.DialectVersion };
        transaction.Request = frame.Request;
        transaction.Begin(sequence);
        transaction.Decided.Link = frame.Link;
        // Verdicts are taken as they were: what they were made of is in no frame.
        transaction.Request.Address = frame.Request.Address;
        transaction.Bring(in frame.Proof);
        if (frame.Serial.Has(SerialFlags.Counter)) _visit.TryTake(ref transaction, in frame.Serial);
        if ((frame.Request.Has & RequestHas.SharedCounts) != 0) transaction.Bring(in shared);
        Screen.Admit(ref transaction);
        RunBusiness(ref transaction, now);
        (again, chargesAgain) = (transaction.Decided, transaction.Charges);
        again.Explanation.WaitedNanos = frame.Explanation.WaitedNanos;
        return transaction.Verdict;
    }

    private void RunPayment(ref Transaction transaction, Instant now)
    {
        if (transaction.IsFollowUp) _followUp.Run(ref transaction, now);
        else if (transaction.Decided.IsAdvice) _advice.Run(ref transaction, now);
        else _purchase.Run(ref transaction, now);
    }

    private void RunBusiness(ref Transaction transaction, Instant now)
    {
        switch (Mtis.KindOf(transaction.Request.Mti))
        {
            case MessageKind.Network: _network.Run(ref transaction, now); break;
            case MessageKind.ReversalRequest or MessageKind.ReversalAdvice: _reversal.Run(ref transaction, now); break;
            default: RunPayment(ref transaction, now); break;
        }
    }
}
