namespace SunnySwitch.Simulation;

/// <summary>A rate as an operator writes it: digits and decimals.</summary>
internal readonly record struct Quote(int Digits, int Decimals)
{
    /// <summary>DE10.</summary>
    public override string ToString() => $"{Decimals}{Digits:D7}";

    /// <summary>To the nearest minor unit of the other currency, halves away from zero.</summary>
    public long Convert(long minor, string from, string to)
    {
        var exact = minor * (decimal)Digits;
        var shift = DecimalsOf(to) - DecimalsOf(from) - Decimals;
        for (; shift > 0; shift--) exact *= 10;
        for (; shift < 0; shift++) exact /= 10;
        return (long)Math.Round(exact, MidpointRounding.AwayFromZero);
    }

    /// <summary>The most that comes to no more than so much of the other currency.</summary>
    public long MostFor(long minor, string from, string to)
    {
        long most = 0, step = 1;
        while (Convert(most + step, from, to) <= minor) step *= 2;
        for (; step > 0; step /= 2)
        {
            if (Convert(most + step, from, to) <= minor) most += step;
        }

        return most;
    }

    // ISO 4217.
    private static int DecimalsOf(string currency) => currency switch { "392" => 0, "048" => 3, _ => 2 };
}

/// <summary>What something is to the acquirer where it has a fee or another currency than the account; positive as the original was.</summary>
internal readonly record struct Bill(long Amount, long Fee, string Currency, Quote? Rate);

/// <summary>What is left of something that moved money, and how a part of it is shared out.</summary>
internal sealed class Rest
{
    /// <summary>At the account.</summary>
    public required long Billed { get; init; }

    /// <summary>Asked for, without its fee.</summary>
    public required long Amount { get; init; }

    public required long Fee { get; init; }

    public required string Currency { get; init; }

    public Quote? Rate { get; init; }

    /// <summary>The captures of an authorization as a whole: only their rate is known.</summary>
    public string? AtRateTo { get; init; }

    public bool IsCharged { get; init; }

    public Bill? Whole => IsCharged ? new Bill(Amount, Fee, Currency, Rate) : null;

    public Bill? Of(long amount) => IsCharged ? new Bill(amount, 0, Currency, Rate) : null;

    /// <summary>What a part of the amount is at the account: never nothing, and never all.</summary>
    public long Part(long amount)
    {
        if (AtRateTo is not null) return Math.Clamp(Rate!.Value.Convert(amount, Currency, AtRateTo), 1, Billed);
        var total = Amount + Fee;
        if (total == Billed) return amount;
        return Math.Clamp(Rounded((decimal)Billed * amount / total), 1, Math.Max(1, Billed - 1));
    }

    public static long Rounded(decimal amount) => (long)Math.Round(amount, MidpointRounding.AwayFromZero);
}

/// <summary>Two business dates of something that is only counted.</summary>
internal sealed class TwoDays
{
    private int _today;
    private int _yesterday;

    public int Live => _today + _yesterday;

    public void Add() => _today++;

    public void OpenDay() => (_yesterday, _today) = (_today, 0);
}

/// <summary>What is in force, what was before, and what waits for its date.</summary>
internal sealed class ReferenceVersions<T>(T nothing, Func<T, T, bool> same)
{
    private (int Number, T Content) _previous = (0, nothing);
    private (int Number, T Content, int From)? _pending;

    public (int Number, T Content) Active { get; private set; } = (0, nothing);

    public T Previous => _previous.Content;

    public int Next => Math.Max(Active.Number, _pending?.Number ?? 0) + 1;

    /// <summary>Something was ever brought into force, or waits.</summary>
    public bool CanUndo => Active.Number != 0 || _pending is not null;

    public void Activate(T content, int from, int today)
    {
        if (from > today) _pending = (Next, content, from);
        else Enter(Next, content);
    }

    /// <summary>What waits is dropped, else what was before comes again.</summary>
    public void Undo() => Enter(Next, _pending is null ? _previous.Content : Active.Content);

    public void OpenDay(int date)
    {
        if (_pending is { } pending && pending.From <= date) Enter(pending.Number, pending.Content);
    }

    private void Enter(int number, T content)
    {
        // What waited is dropped by the same once more: what was before stays what can come back.
        if (_pending is null || !same(content, Active.Content)) _previous = Active;
        Active = (number, content);
        _pending = null;
    }
}
