using System.Security.Cryptography;
using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm.Ledger;

/// <summary>What custodians say of the key whose components they enter; all say the same.</summary>
/// <param name="Label">Its label.</param>
/// <param name="Attributes">What is bound to it.</param>
/// <param name="Bits">Its length.</param>
/// <param name="Parts">Components in all: two or three.</param>
/// <param name="IsNext">It is to be the next version of a label that is there.</param>
/// <param name="Expires">Day by which it is to be changed, days since 1970-01-01; 0: none was said.</param>
public readonly record struct ComponentTerms(string Label, KeyAttributes Attributes, int Bits, int Parts, bool IsNext, ushort Expires);

/// <summary>What became of a component.</summary>
/// <param name="Problem">Why it was refused, in words; null: it was taken.</param>
/// <param name="CheckValue">Check value of the component, for the custodian to compare.</param>
/// <param name="Missing">Parts that are still to come.</param>
/// <param name="Key">The key, when this was the last part.</param>
/// <param name="Custodians">Who entered its parts.</param>
public readonly record struct ComponentTaken(string? Problem, string CheckValue, int Missing, HsmKey? Key, IReadOnlyList<string> Custodians);

/// <summary>
/// Components that wait for the others: in memory only, wiped when the key is formed, when forming fails, and after ten minutes. No custodian
/// enters two parts of one key (split knowledge, PCI PIN requirement 6).
/// </summary>
/// <remarks>One thread at a time.</remarks>
public sealed class PendingKeys(IPaymentHsm hsm, TimeProvider clock) : IDisposable
{
    /// <summary>How long the first part waits for the last.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Keys whose parts may be missing at a time.</summary>
    public const int Most = 16;

    private readonly Dictionary<string, Pending> _pending = new(StringComparer.Ordinal);

    /// <summary>Where keys are formed; another one when it was opened again.</summary>
    public IPaymentHsm Hsm { get; set; } = hsm;

    /// <summary>Labels whose parts are missing, and how many.</summary>
    public IEnumerable<(string Label, int Missing)> Waiting => _pending.Values.Select(each => (each.Terms.Label, each.Missing));

    /// <summary>Takes a component. The same custodian may enter the same part again, to put a slip right.</summary>
    public ComponentTaken Enter(in ComponentTerms terms, int part, string custodian, ReadOnlySpan<byte> component)
    {
        WipeOverdue();
        if (terms.Parts is not (2 or 3)) return Refused("of: two or three parts");
        if (part < 1 || part > terms.Parts) return Refused($"part: 1 to {terms.Parts}");
        if (component.Length * 8 != terms.Bits) return Refused($"the component has {component.Length * 8} bits, the key {terms.Bits}");
        var result = Hsm.CheckComponent(terms.Attributes.Algorithm, component, out var check);
        if (result != HsmResult.Done) return Refused(result.Text());
        var isFirst = !_pending.TryGetValue(terms.Label, out var pending);
        if (isFirst && _pending.Count >= Most) return Refused($"{Most} keys wait for parts already");
        if (!isFirst && pending!.Terms != terms) return Refused("an earlier part was entered for a key with other terms (wait ten minutes to begin anew)");
        pending ??= new Pending(terms, clock.GetUtcNow());
        if (pending.ProblemOf(part, custodian) is { } problem) return Refused(problem);
        pending.Set(part, custodian, component);
        if (isFirst) _pending.Add(terms.Label, pending);
        if (pending.Missing > 0) return new(null, check, pending.Missing, null, pending.Custodians);
        _pending.Remove(terms.Label);
        try
        {
            result = pending.Form(Hsm, out var key);
            return result == HsmResult.Done
                ? new(null, check, 0, key, pending.Custodians)
                : Refused($"the components make no key: {result.Text()}; all of them have to be entered anew");
        }
        finally
        {
            pending.Wipe();
        }
    }

    /// <summary>Forgets what has waited too long; called now and then.</summary>
    public void WipeOverdue()
    {
        var now = clock.GetUtcNow();
        foreach (var (label, pending) in _pending.ToList())
        {
            if (now - pending.Began < Patience) continue;
            pending.Wipe();
            _pending.Remove(label);
        }
    }

    /// <summary>Wipes all.</summary>
    public void Dispose()
    {
        foreach (var each in _pending.Values) each.Wipe();
        _pending.Clear();
    }

    private static ComponentTaken Refused(string problem) => new(problem, "", 0, null, []);

    private sealed class Pending(ComponentTerms terms, DateTimeOffset began)
    {
        private readonly byte[]?[] _parts = new byte[]?[terms.Parts];
        private readonly string[] _custodians = new string[terms.Parts];

        public ComponentTerms Terms => terms;

        public DateTimeOffset Began => began;

        public int Missing => _parts.Count(part => part is null);

        public IReadOnlyList<string> Custodians => [.. _custodians.Where(name => name is not null)];

        public string? ProblemOf(int part, string custodian)
        {
            var other = Array.FindIndex(_custodians, name => string.Equals(name, custodian, StringComparison.OrdinalIgnoreCase));
            if (other >= 0 && other != part - 1) return $"{custodian} has entered part {other + 1}: another custodian has to enter part {part}";
            return other < 0 && _parts[part - 1] is not null ? $"part {part} was entered by {_custodians[part - 1]}" : null;
        }

        public void Set(int part, string custodian, ReadOnlySpan<byte> component)
        {
            var bytes = _parts[part - 1] ??= GC.AllocateArray<byte>(component.Length, pinned: true);
            component.CopyTo(bytes);
            _custodians[part - 1] = custodian;
        }

        public HsmResult Form(IPaymentHsm module, out HsmKey? key)
        {
            if (terms.Attributes.Algorithm == KeyAlgorithm.Tdea)
            {
                // Custodians' parts have odd parity each, two of which add up to even parity: parity is no part of a key, so it is put right.
                foreach (var part in _parts) KeyChecks.SetOddParity(part);
                foreach (var part in _parts.AsSpan(1))
                {
                    foreach (ref var each in part.AsSpan()) each ^= 1;
                }
            }

            var attributes = terms.Attributes;
            return module.FormKey(in attributes, _parts[0], _parts[1], terms.Parts == 3 ? _parts[2] : default, out key);
        }

        public void Wipe()
        {
            foreach (var part in _parts) CryptographicOperations.ZeroMemory(part);
        }
    }
}
