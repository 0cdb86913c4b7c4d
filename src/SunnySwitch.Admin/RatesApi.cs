using System.Globalization;
using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Protocol.Meaning;

namespace SunnySwitch.Admin;

/// <summary>A rate as it is shown.</summary>
public sealed record RateShown(string From, string To, string Rate);

/// <summary>A version of the rates as it is shown.</summary>
public sealed record RatesShown(uint Version, string Rates, string From, string Operator, string Reason, IReadOnlyList<RateShown> Of);

/// <summary>In force, in force before, and to come.</summary>
public sealed record AllRatesShown(RatesShown? Active, RatesShown? Previous, RatesShown? Pending);

/// <summary>The operators' conversion rates over HTTP.</summary>
public sealed class RatesApi(OperatorDesk desk)
    : VersionsApi<RateSet>(desk, "rates", CommandKind.RatesShow, CommandKind.RatesActivate, CommandKind.RatesUndo)
{
    /// <inheritdoc/>
    protected override RateSet Read(ReadOnlyMemory<byte> json, out IReadOnlyList<string> problems) => RatesFile.Read(json, out problems);

    /// <inheritdoc/>
    protected override void Put(OperatorCommand command, in RateSet set) => command.Rates = set;

    /// <inheritdoc/>
    protected override object? Shown(OperatorCommand command) => Shown(in command.Rates);

    /// <inheritdoc/>
    protected override object AllShown(OperatorCommand command)
    {
        var (active, previous, pending) = command.AllRates;
        return new AllRatesShown(Shown(in active), Shown(in previous), Shown(in pending));
    }

    private static RatesShown? Shown(in RateSet rates)
    {
        if (rates.Version == 0) return null;
        var all = new List<RateShown>();
        foreach (ref readonly var terms in ((ReadOnlySpan<RateTerms>)rates.Rates)[..rates.Count])
        {
            all.Add(new RateShown(CodeOf(terms.From), CodeOf(terms.To), RatesFile.Text(terms.Rate)));
        }

        return new RatesShown(
            rates.Version, rates.Name.ToString(), Dates.Text(rates.EffectiveDay), rates.Operator.ToString(), rates.Reason.ToString(), all);
    }

    private static string CodeOf(ushort currency) =>
        Currencies.TryFind(currency.ToString("D3", CultureInfo.InvariantCulture), out var found) ? found.Code : $"{currency:D3}";
}
