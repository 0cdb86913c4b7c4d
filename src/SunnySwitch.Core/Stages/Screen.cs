using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>
/// Is this a request at all, well-formed, from somebody signed on, for an acquirer of its link, and one that we know?
/// Gives 30, 31, 12, 90 where the link wants none while the date changes (all non-answers), 96 before the first business date, and silence.
/// </summary>
internal readonly struct Screen(SwitchState state, LinkTerms[] links) : IStage
{
    private const long NanosPerDay = 86_400L * Instant.NanosPerSecond;

    private const RequestHas Traced = RequestHas.TraceTime | RequestHas.Stan;

    private const RequestHas Inquiry = Traced | RequestHas.Pan | RequestHas.ProcessingCode | RequestHas.Terminal | RequestHas.CardAcceptor;

    private const RequestHas Purchase = Inquiry | RequestHas.Amount | RequestHas.Currency;

    private const RequestHas Reversal = Traced | RequestHas.Pan | RequestHas.ProcessingCode | RequestHas.Amount;

    public StageResult Run(ref Transaction transaction, Instant now)
    {
        ref readonly var request = ref transaction.Request;
        var kind = Mtis.KindOf(request.Mti);
        if (request.Mti == 0 || kind == MessageKind.NotAnswered) return transaction.Keep();
        if ((request.Has & RequestHas.Stan) == 0) return transaction.Keep();     // Nobody could match the answer.

        Admit(ref transaction);
        var needed = kind switch
        {
            MessageKind.Authorization or MessageKind.Financial or MessageKind.AuthorizationAdvice or MessageKind.FinancialAdvice =>
                transaction.Operation is Operation.Inquiry or Operation.Void ? Inquiry : Purchase,
            MessageKind.ReversalRequest or MessageKind.ReversalAdvice => Reversal,
            MessageKind.Network => Traced,
            _ => RequestHas.Stan,
        };
        if (!transaction.Decode.IsOk || (request.Has & needed) != needed || (NeedsName(in transaction) && (request.Has & RequestHas.Names) == 0))
        {
            return transaction.Refuse(InternalResult.FormatError);
        }

        var link = links[transaction.LinkIndex];
        transaction.Decided.Link = link.Link;
        if (link.SignOnRequired && !Mutant.Is(Mutation.IgnoreSignOn) && kind != MessageKind.Network
            && state.SessionOf(transaction.Connection, transaction.Generation) != SessionState.SignedOn)
        {
            return transaction.Refuse(InternalResult.NotSignedOn);
        }

        if ((kind != MessageKind.Network || (request.Has & RequestHas.Acquirer) != 0)
            && !SpeaksFor(link, request.Acquirer))
        {
            return transaction.Refuse(InternalResult.AcquirerNotOfLink);
        }

        if (kind == MessageKind.Unknown)
        {
            return transaction.Refuse(InternalResult.UnknownMti);
        }

        if (state.BusinessDay == 0 && kind != MessageKind.Network) return transaction.RefuseAndAlarm(InternalResult.NoBusinessDate);
        var isRefused = link.CutOverQuietNanos >= 0 && IsCuttingOver(link, now) && IsNew(kind, in request);
        return isRefused ? transaction.Refuse(InternalResult.CutOverInProgress) : StageResult.Continue;
    }

    // A business date ends with its day (UTC), and is over when the next is open.
    private bool IsCuttingOver(LinkTerms link, Instant now) =>
        now.UnixNanos >= ((state.BusinessDay + 1) * NanosPerDay) - link.CutOverQuietNanos;

    // What was done already is taken, and what was answered already is told again: both would come for ever, or be undone for nothing.
    private bool IsNew(MessageKind kind, in Request request) =>
        (kind is MessageKind.Authorization or MessageKind.Financial || (Mutant.Is(Mutation.CutOverRefusesAdvices) && kind != MessageKind.Network))
        && (state.Keys.Match(in request, out _) != KeyMatch.Repeat || Mutant.Is(Mutation.CutOverRefusesRepeats));

    private static bool NeedsName(in Transaction transaction) =>
        transaction.Operation is Operation.Reversal or Operation.Void or Operation.Increment or Operation.Completion;

    /// <summary>Notes what is asked for, and that format and sender are looked at.</summary>
    public static void Admit(ref Transaction transaction)
    {
        transaction.Decided.Explanation.Operation = Operations.Of(Mtis.KindOf(transaction.Request.Mti), in transaction.Request);
        transaction.Ran(Check.Format);
        transaction.Ran(Check.Sender);
    }

    // Leading zeros do not make another acquirer; the duplicate key has the digits as sent, and a repeat repeats them.
    private static bool SpeaksFor(LinkTerms link, InstitutionId acquirer)
    {
        foreach (var own in link.Acquirers)
        {
            if (own.Value == acquirer.Value) return true;
        }

        return false;
    }
}
