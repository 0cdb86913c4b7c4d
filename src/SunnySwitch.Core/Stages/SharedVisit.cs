using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>
/// Asks, once, what other cells have counted for the shared limits that count a request: before it is decided, since the values are part of the frame.
/// Gives no code: what is not told is not counted. What was asked under other rules, or on another date, is not known either.
/// </summary>
internal readonly struct SharedVisit(SwitchState state, ISharedDesk desk) : IStage
{
    public StageResult Run(ref Transaction transaction, Instant now)
    {
        if (!state.Velocity.HasShared) return StageResult.Continue;
        if (!transaction.IsShared)
        {
            if (!IsCounted(in transaction)) return StageResult.Continue;
            Span<CounterQuestion> questions = stackalloc CounterQuestion[ISharedDesk.QuestionsMax];
            questions = questions[..state.AskOthers(in transaction, now, questions)];
            if (questions.IsEmpty) return StageResult.Continue;
            transaction.SharedUnder = (state.Velocity.Active.Version, state.BusinessDay);
            transaction.Shared = default;
            var answer = desk.Ask(transaction.SharedTicket, questions, ref transaction.Shared);
            if (answer == DeskAnswer.Pending) return transaction.ParkForCounts();
            transaction.TakeShared(answer);
        }

        if (transaction.SharedUnder != (state.Velocity.Active.Version, state.BusinessDay)) transaction.Shared = SharedCounts.Without(SharedSource.Late);
        transaction.Request.Has |= RequestHas.SharedCounts;
        return StageResult.Continue;
    }

    // A repeat has its answer already.
    private bool IsCounted(in Transaction transaction)
    {
        ref readonly var request = ref transaction.Decided.Request;
        var isRequest = Mtis.KindOf(request.Mti) is MessageKind.Authorization or MessageKind.Financial;
        return isRequest && !transaction.IsFollowUp && state.Keys.Match(in request, out _) == KeyMatch.New;
    }
}
