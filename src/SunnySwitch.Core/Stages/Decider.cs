using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>Runs the stages that a message needs, in the order of capabilities row 32.</summary>
public sealed class Decider
{
    private Screen _screen;
    private Pipeline<Dedupe, CardLookup, Pipeline<AmountCheck, CardCheck, Funds>> _purchase;
    private Pipeline<Dedupe, CardLookup, Reversal> _reversal;
    private Network _network;

    /// <summary>Makes the stages. The links' array is read, not copied.</summary>
    public Decider(SwitchState state, LinkTerms[] links)
    {
        _screen = new(state, links);
        _purchase = new(new(state), new(state), new(new(), new(state), new(state)));
        _reversal = new(new(state), new(state), new(state));
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
        if (_screen.Run(ref transaction, now) == StageResult.Continue)
        {
            switch (Mtis.KindOf(transaction.Request.Mti))
            {
                case MessageKind.Network: _network.Run(ref transaction, now); break;
                case MessageKind.ReversalRequest or MessageKind.ReversalAdvice: _reversal.Run(ref transaction, now); break;
                default: _purchase.Run(ref transaction, now); break;
            }
        }

        return transaction.Verdict;
    }
}
