using System.Numerics;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>
/// The limits in force: all are looked at, all that would be exceeded are noted, the first in the order of the file decides. Gives 61 (money)
/// and 65 (count) for card, account and BIN, 58 for merchant and terminal and for a storm of declines, 96 when no more can be counted.
/// What is approved is counted when the frame is applied, in the same step. A shared limit adds what other cells had counted when they were asked.
/// </summary>
internal readonly struct LimitCheck(SwitchState state) : IStage
{
    public StageResult Run(ref Transaction transaction, Instant now) => Judge(state, ref transaction, now, isAttempt: false);

    internal static StageResult Judge(SwitchState state, ref Transaction transaction, Instant now, bool isAttempt)
    {
        ref readonly var rules = ref state.Velocity.Active;
        if (rules.Count == 0) return StageResult.Continue;
        ref readonly var request = ref transaction.Request;
        var counting = state.Velocity.Counting(transaction.Operation, request.Currency, isAttempt);
        ref var why = ref transaction.Decided.Explanation;
        why.RulesVersion = rules.Version;
        if (isAttempt && counting == 0) return StageResult.Continue;
        why.Counted |= counting;
        transaction.Ran(Check.Limits);
        if (counting == 0) return StageResult.Continue;
        if (!state.Velocity.HasRoom(why.Counted)) return transaction.RefuseAndAlarm(InternalResult.TableFull);
        ref var counted = ref state.Velocity.For(in request, transaction.Decided.Account, state.BusinessDay);
        var first = InternalResult.None;
        for (var left = counting; left != 0; left &= left - 1)
        {
            var index = BitOperations.TrailingZeroCount(left);
            ref readonly var limit = ref rules.Limits[index];
            var others = limit.IsShared ? Others(in transaction, limit.Id) : (0, 0);
            var (count, amount) = limit.Kind == LimitCounts.Cards
                ? NewCards(state, index, in request, (ulong)others.AmountMinor, ref counted, now)
                : state.Velocity.Used(index, ref counted, Mutant.Is(Mutation.LimitForgetsYesterday) ? 0 : state.PreviousDay, now);
            if (limit.Kind != LimitCounts.Cards) (count, amount) = (count + others.Count, amount + others.AmountMinor);
            bool isCount;
            if (limit.Kind == LimitCounts.Ratio)
            {
                if (!IsStorm(in limit, count, amount)) continue;
                (isCount, count) = (true, amount * 1_000 / count);
            }
            else
            {
                isCount = limit.CountMax > 0 && count + (Mutant.Is(Mutation.LimitLetsOneMore) ? 0 : 1) > limit.CountMax;
                if (!isCount && (limit.AmountMaxMinor == 0 || amount + request.AmountMinor <= limit.AmountMaxMinor)) continue;
            }

            why.Breached |= 1UL << index;
            if (first != InternalResult.None) continue;
            (why.BreachedId, why.Reached) = (limit.Id, isCount ? count : amount);
            first = limit.Kind == LimitCounts.Ratio ? InternalResult.DeclineStorm
                : limit.Subject is LimitSubject.Merchant or LimitSubject.Terminal ? InternalResult.AcceptorLimit
                : isCount ? InternalResult.CountLimit : InternalResult.AmountLimit;
        }

        if (first == InternalResult.None) return StageResult.Continue;
        if (isAttempt) transaction.Alarm = first;
        return transaction.Conclude(first);
    }

    private static (long Count, long AmountMinor) Others(in Transaction transaction, byte limit) =>
        (transaction.Decided.Request.Has & RequestHas.SharedCounts) == 0 || Mutant.Is(Mutation.SharedCountsIgnored) ? (0, 0) : transaction.Shared.Of(limit);

    // Of enough attempts, more were declined than may be.
    private static bool IsStorm(in LimitTerms limit, long attempts, long declines) =>
        attempts >= limit.CountMax && declines * 1_000 > limit.AmountMaxMinor * attempts;

    // A card that was seen before is not one more.
    private static (long Count, long Amount) NewCards(
        SwitchState state, int index, in Request request, ulong othersBits, ref CountedFor counted, Instant now)
    {
        var (count, isSeen) = state.Velocity.Cards(index, in request, othersBits, ref counted, state.PreviousDay, now);
        return (isSeen ? -1 : count, 0);
    }
}

/// <summary>
/// Limits on attempts and on declines, before the card is looked at: who tries cards out is turned away without learning anything
/// (docs/authorization.md); the operator is told. Gives what <see cref="LimitCheck"/> gives. What it turns away is not counted, so that it ends by itself.
/// </summary>
internal readonly struct AttemptCheck(SwitchState state) : IStage
{
    public StageResult Run(ref Transaction transaction, Instant now) => LimitCheck.Judge(state, ref transaction, now, isAttempt: true);
}
