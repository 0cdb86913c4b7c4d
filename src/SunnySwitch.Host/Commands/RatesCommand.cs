using System.CommandLine;
using SunnySwitch.Admin;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny rates lint|show|activate|undo</c>: conversion rates as data, in force by an operator's word.</summary>
internal static class RatesCommand
{
    public static Command Create()
    {
        var (api, json) = (SwitchApi.Address(), SwitchApi.Json());
        var file = new Argument<string>("file") { Description = "A file of rates." };
        var who = new Option<string>("--operator") { Description = "Who asks for it, 1 to 16 characters.", Required = true };
        var why = new Option<string>("--reason") { Description = "Why, 1 to 48 characters.", Required = true };
        var from = new Option<string?>("--from") { Description = "Business date from which they are in force, such as 2026-12-31; without it, at once." };
        var lint = new Command("lint", "Every problem of a file of rates.") { file };
        lint.SetAction(parsed => RulesCommand.Lint(parsed.GetValue(file)!, Problems));
        var show = new Command("show", "The rates in force, those before, and those to come.") { api, json };
        show.SetAction((parsed, stop) => SwitchApi.Send<AllRatesShown>(
            parsed.GetValue(api)!, client => client.GetAsync(new Uri("rates", UriKind.Relative), stop), Print, parsed.GetValue(json), stop));
        var activate = new Command("activate", "Brings a file of rates into force; a frame of the journal says who and why.")
        {
            file, who, why, from, api, json,
        };
        activate.SetAction((parsed, stop) =>
        {
            var wanted = new RulesCommand.ToActivate(parsed.GetValue(file)!, parsed.GetValue(who)!, parsed.GetValue(why)!, parsed.GetValue(from));
            return RulesCommand.Activate<RatesShown>("rates", wanted, Problems, parsed.GetValue(api)!, Recorded, parsed.GetValue(json), stop);
        });
        var undo = new Command("undo", "Takes the last activation back: what was in force before is in force again.") { who, why, api, json };
        undo.SetAction((parsed, stop) =>
        {
            var wanted = new VersionToUndo(parsed.GetValue(who)!, parsed.GetValue(why)!);
            return SwitchApi.Post<VersionToUndo, RatesShown>(parsed.GetValue(api)!, "rates/undo", wanted, Recorded, parsed.GetValue(json), stop);
        });
        return new Command("rates", "Conversion rates of the running switch, as data.") { lint, show, activate, undo };
    }

    private static IReadOnlyList<string> Problems(byte[] bytes)
    {
        RatesFile.Read(bytes, out var problems);
        return problems;
    }

    private static void Recorded(RatesShown? rates) => Print("recorded", rates);

    private static void Print(AllRatesShown? all)
    {
        if (all is { Active: null, Pending: null }) Console.WriteLine("no rates are in force");
        Print("in force", all?.Active);
        Print("to come", all?.Pending);
        Print("before", all?.Previous);
    }

    private static void Print(string which, RatesShown? rates)
    {
        if (rates is null) return;
        var from = rates.From.Length > 0 ? $" from {rates.From}" : "";
        Console.WriteLine($"{which}: version {rates.Version}, {rates.Rates}{from}, by {rates.Operator}: {rates.Reason}");
        foreach (var rate in rates.Of) Console.WriteLine($"  1 {rate.From} is {rate.Rate} {rate.To}");
    }
}
