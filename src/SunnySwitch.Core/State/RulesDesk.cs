using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>Why the rules desk refused.</summary>
public enum RulesRefusal : byte
{
#pragma warning disable CS1591
    None = 0, IdMeansOther = 1, NothingToUndo = 2,
#pragma warning restore CS1591
}

/// <summary>
/// Makes the payloads by which rules come into force: judges against the state, changes nothing; the caller journals the payload
/// and applies it. Kernel thread only.
/// </summary>
public sealed class RulesDesk(SwitchState state)
{
    /// <summary>
    /// The next version. What an id stands for (subject, window, currency) cannot change while it is known: what it has
    /// counted would be of something else. <paramref name="id"/> is then the one that does.
    /// </summary>
    public bool TryActivate(in RuleSet wanted, out RuleSet payload, out RulesRefusal refusal, out byte id)
    {
        payload = wanted;
        payload.Version = state.Velocity.NextVersion;
        for (var index = 0; index < payload.Count; index++)
        {
            ref var limit = ref payload.Limits[index];
            limit.Since = SinceOf(limit.Id, in state.Velocity.Active) ?? SinceOf(limit.Id, in state.Velocity.Previous) ?? payload.Version;
        }

        id = FirstChanged(in wanted, in state.Velocity.Active);
        if (id == 0) id = FirstChanged(in wanted, in state.Velocity.Previous);
        refusal = id == 0 ? RulesRefusal.None : RulesRefusal.IdMeansOther;
        return id == 0;
    }

    /// <summary>
    /// Takes back the last activation: one that waits for its date is dropped, else what was in force before comes into force again,
    /// at once.
    /// </summary>
    public bool TryUndo(in RuleSet asked, out RuleSet payload, out RulesRefusal refusal)
    {
        payload = state.Velocity.Pending.Version != 0 ? state.Velocity.Active : state.Velocity.Previous;
        refusal = state.Velocity.Active.Version == 0 && state.Velocity.Pending.Version == 0 ? RulesRefusal.NothingToUndo : RulesRefusal.None;
        (payload.Operator, payload.Reason, payload.EffectiveDay) = (asked.Operator, asked.Reason, state.BusinessDay);
        payload.Version = state.Velocity.NextVersion;
        return refusal == RulesRefusal.None;
    }

    private static uint? SinceOf(byte id, in RuleSet known)
    {
        foreach (ref readonly var limit in ((ReadOnlySpan<LimitTerms>)known.Limits)[..known.Count])
        {
            if (limit.Id == id) return limit.Since;
        }

        return null;
    }

    private static byte FirstChanged(in RuleSet wanted, in RuleSet known)
    {
        ReadOnlySpan<LimitTerms> limits = known.Limits;
        foreach (ref readonly var limit in ((ReadOnlySpan<LimitTerms>)wanted.Limits)[..wanted.Count])
        {
            foreach (ref readonly var before in limits[..known.Count])
            {
                if (limit.Id != before.Id) continue;
                if ((limit.Subject, limit.Minutes, limit.Currency) != (before.Subject, before.Minutes, before.Currency)) return limit.Id;
            }
        }

        return 0;
    }
}
