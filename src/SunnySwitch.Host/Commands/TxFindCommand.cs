using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Npgsql;
using SunnySwitch.Core.Domain;
using SunnySwitch.Host.Disk;
using SunnySwitch.Host.Options;
using SunnySwitch.Ledger;
using SunnySwitch.Ledger.Queries;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny tx find</c>: transactions by what people know of them, from the database or, without one, from the journal.</summary>
internal static class TxFindCommand
{
    private const int Done = 0, SomethingFailed = 1;

    private static readonly Option<string?> _rrn = new("--rrn") { Description = "DE37." };
    private static readonly Option<long?> _stan = new("--stan") { Description = "DE11." };
    private static readonly Option<string?> _date = new("--date") { Description = "Business date, YYYY-MM-DD." };
    private static readonly Option<string?> _token = new("--token") { Description = "Token of the card, 32 hex digits." };
    private static readonly Option<string?> _approval = new("--approval") { Description = "Approval code, DE38." };
    private static readonly Option<string?> _merchant = new("--merchant") { Description = "DE42." };
    private static readonly Option<string?> _terminal = new("--terminal") { Description = "DE41." };
    private static readonly Option<long?> _amount = new("--amount") { Description = "DE4, minor units." };
    private static readonly Option<int> _limit = new("--limit") { Description = "Most answers, the newest first.", DefaultValueFactory = _ => 100 };
    private static readonly Option<string?> _data = LedgerCommands.Data(required: false);
    private static readonly Option<string?> _config = LedgerCommands.Config();
    private static readonly Option<string[]> _set = LedgerCommands.Set();
    private static readonly Option<bool> _json = LedgerCommands.Json();

    public static Command Create()
    {
        var command = new Command(
            "find", "Finds transactions in the ledger; without ledger.postgres, or when it does not answer, in the journal of --data.")
        {
            _rrn, _stan, _date, _token, _approval, _merchant, _terminal, _amount, _limit, _data, _config, _set, _json,
        };
        command.SetAction(parsed => LedgerCommands.Guarded(() => Run(parsed)));
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        var query = Query(parsed);
        var found = Find(query, LedgerCommands.Options(parsed, _config, _set), parsed.GetValue(_data));
        foreach (var each in found)
        {
            if (parsed.GetValue(_json)) JournalLines.WriteJson(Console.Out, writer => Write(writer, each));
            else Console.WriteLine(Line(each));
        }

        if (found.Count == 0) Console.Error.WriteLine("sunny: no such transaction");
        return found.Count == 0 ? SomethingFailed : Done;
    }

    private static List<FoundTransaction> Find(TransactionQuery query, SwitchOptions options, string? dataFolder)
    {
        if (options.Ledger is { } ledger)
        {
            try
            {
                using var source = ledger.Open();
                return DatabaseSearch.Find(source, query);
            }
            catch (Exception failure) when (failure is NpgsqlException or LedgerException or TimeoutException && dataFolder is not null)
            {
                Console.Error.WriteLine($"sunny: from the journal: {LedgerErrors.Words(failure)}");
            }
        }

        if (dataFolder is null) throw new OptionsException(["tx find: name the ledger with --config or --set ledger.postgres=..., or the journal with --data"]);
        var folder = Path.Combine(dataFolder, "journal");
        if (!Directory.Exists(folder)) throw new OptionsException([$"{folder}: no journal there"]);
        return JournalSearch.Find(JournalAndArchive.Open(folder, KeepCommands.ArchiveFolder(options, dataFolder)), query);
    }

    private static TransactionQuery Query(ParseResult parsed)
    {
        var problems = new List<string>();
        var query = new TransactionQuery
        {
            Rrn = parsed.GetValue(_rrn)?.TrimEnd(),
            Stan = parsed.GetValue(_stan),
            Date = Date(parsed.GetValue(_date), problems),
            Token = Token(parsed.GetValue(_token), problems),
            ApprovalCode = parsed.GetValue(_approval)?.ToUpperInvariant(),
            Merchant = parsed.GetValue(_merchant)?.TrimEnd(),
            Terminal = parsed.GetValue(_terminal)?.TrimEnd(),
            AmountMinor = parsed.GetValue(_amount),
            Limit = parsed.GetValue(_limit),
        };
        if (query.Limit is < 1 or > 1_000_000) problems.Add($"--limit: 1 to 1000000, is {query.Limit}");
        if (query.IsEmpty && problems.Count == 0)
        {
            problems.Add("tx find: by what? --rrn, --stan, --date, --token, --approval, --merchant, --terminal, --amount");
        }

        return problems.Count == 0 ? query : throw new OptionsException(problems);
    }

    private static DateOnly? Date(string? text, List<string> problems)
    {
        if (text is null) return null;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)) return date;
        problems.Add($"--date: YYYY-MM-DD, is \"{text}\"");
        return null;
    }

    private static PanToken? Token(string? text, List<string> problems)
    {
        if (text is null) return null;
        if (text.Length == 32 && UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var token))
        {
            return new PanToken((ulong)(token >> 64), (ulong)token);
        }

        problems.Add("--token: 32 hex digits");
        return null;
    }

    private static string Line(FoundTransaction each) =>
        $"{each.Sequence,12} {each.DecidedAt:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'} {each.Mti:D4} acquirer {each.Acquirer} stan {each.Stan:D6} rrn {each.Rrn} "
        + $"{each.PanMasked} {each.AmountMinor} {each.Currency:D3} at {each.Terminal} {each.Merchant} -> {each.ResponseCode} {each.Result}"
        + (each.ApprovalCode is null ? "" : $", approval {each.ApprovalCode}");

    private static void Write(Utf8JsonWriter writer, FoundTransaction each)
    {
        writer.WriteNumber("sequence", each.Sequence);
        writer.WriteString("time", each.DecidedAt.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
        if (each.BusinessDate is { } date) writer.WriteString("business_date", date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        writer.WriteString("acquirer", each.Acquirer);
        writer.WriteString("mti", each.Mti.ToString("D4", CultureInfo.InvariantCulture));
        writer.WriteString("stan", each.Stan.ToString("D6", CultureInfo.InvariantCulture));
        writer.WriteString("rrn", each.Rrn);
        writer.WriteString("response_code", each.ResponseCode);
        writer.WriteString("result", each.Result.ToString());
        if (each.ApprovalCode is not null) writer.WriteString("approval_code", each.ApprovalCode);
        if (each.AmountMinor is { } amount) writer.WriteNumber("amount", amount);
        if (each.Currency is { } currency) writer.WriteString("currency", currency.ToString("D3", CultureInfo.InvariantCulture));
        writer.WriteNumber("held_delta", each.HeldDelta);
        writer.WriteNumber("ledger_delta", each.LedgerDelta);
        writer.WriteString("pan_masked", each.PanMasked);
        writer.WriteString("token", each.Token.ToString());
        writer.WriteString("terminal", each.Terminal);
        writer.WriteString("card_acceptor", each.Merchant);
    }
}
