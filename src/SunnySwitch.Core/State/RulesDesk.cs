using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>
/// Makes the payloads by which rules and rates come into force: judges against the state, changes nothing; the caller journals the payload
/// and applies it. Kernel thread only.
/// </summary>
public sealed class RulesDesk(SwitchState state)
{
    /// <summary>
    /// The next version. What an id stands for (subject, what it counts, window, currency, whether money) cannot change while it is known: what it has
    /// counted would be of something else. <paramref name="id"/> is then the one that does.
    /// </summary>
    public bool TryActivate(in RuleSet wanted, out RuleSet payload, out byte id)
    {
        payload = wanted;
        payload.Version = state.Velocity.Rules.Next;
        for (var index = 0; index < payload.Count; index++)
        {
            ref var limit = ref payload.Limits[index];
            limit.Since = SinceOf(limit.Id, in state.Velocity.Rules.Active) ?? SinceOf(limit.Id, in state.Velocity.Rules.Previous) ?? payload.Version;
        }

        id = FirstChanged(in wanted, in state.Velocity.Rules.Active);
        if (id == 0) id = FirstChanged(in wanted, in state.Velocity.Rules.Previous);
        return id == 0;
    }

    /// <summary>The next version of the rates.</summary>
    public RateSet Activated(in RateSet wanted) => wanted with { Version = state.RateVersions.Next };

    /// <summary>
    /// Takes back the last activation: one that waits for its date is dropped, else what was in force before comes into force again,
    /// at once. False: there is nothing.
    /// </summary>
    public bool TryUndo(in RuleSet asked, out RuleSet payload) => TryUndo(state.Velocity.Rules, in asked, out payload);

    /// <summary>The same with rates.</summary>
    public bool TryUndo(in RateSet asked, out RateSet payload) => TryUndo(state.RateVersions, in asked, out payload);

    private bool TryUndo<T>(Versions<T> versions, in T asked, out T payload) where T : unmanaged, IVersioned
    {
        var isThere = versions.TryUndo(out payload);
        (payload.Operator, payload.Reason, payload.EffectiveDay) = (asked.Operator, asked.Reason, state.BusinessDay);
        payload.Version = versions.Next;
        return isThere;
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
                var isSame = (limit.Subject, limit.Kind, limit.Minutes, limit.Currency, limit.AmountMaxMinor > 0)
                    == (before.Subject, before.Kind, before.Minutes, before.Currency, before.AmountMaxMinor > 0);
                if (!isSame) return limit.Id;
            }
        }

        return 0;
    }
}
