using System.Diagnostics;
using System.Text.Json;
using Npgsql;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using SunnySwitch.Host.Disk;
using SunnySwitch.Journal.Reading;
using SunnySwitch.Ledger;
using SunnySwitch.Ledger.Projection;
using SunnySwitch.Ledger.Queries;
using SunnySwitch.Ledger.Reconciliation;
using SunnySwitch.Ledger.Schema;

// The projection of a journal beside bare COPY of the same rows into the same tables, interleaved: what finding, folding, merging and the
// checkpoint cost on top of what the database costs anyway. Then searches by each key, and the reconciliation.
// Usage: LedgerBench --data DIR --postgres "Host=..." [--rounds N] [--json]; with --searches nothing but searches, in the tables that are there
var folder = Path.Combine(Text("--data", "data"), "journal");
var postgres = Text("--postgres", "Host=127.0.0.1;Username=postgres;Database=bench");
var rounds = int.Parse(Text("--rounds", "5"), null);
if (args.Contains("--searches"))
{
    using var there = new LedgerSource(postgres, null);
    foreach (var (key, times) in Searches(there)) Console.WriteLine($"tx find by {key,-18} {times.Median,8:N1} ms, at worst {times.Worst,8:N1} ms");
    return 0;
}

using var tokens = new CmacPanTokens(File.ReadAllBytes(Path.Combine(Text("--data", "data"), "token.key")));
using var source = new LedgerSource(postgres, null);
var last = LastSequence();
List<double> projected = [], copied = [];
Projector.Drop(source);
Migrations.Apply(source.Primary);
Project();
var (dumps, rows) = Dump();
for (var round = 0; round < rounds; round++)
{
    copied.Add(rows / Copy());
    projected.Add(rows / Project());
}

var room = (int)Math.Max(1_000_000, 2 * rows);
var state = new SwitchState(new StateOptions(1_000_000, 1_000_000, room, room, 65_536, 1_024) { TouchMemory = false }, tokens);
var clock = Stopwatch.StartNew();
var report = new Reconciler(source, FileDisk.ForReading(folder), state).Run(1, long.MaxValue, difference => Console.Error.WriteLine(difference));
var reconciled = (report.Decisions + report.Holds + report.Accounts + report.Cards) / clock.Elapsed.TotalSeconds;
var searches = Searches(source);
if (args.Contains("--json"))
{
    Console.WriteLine(JsonSerializer.Serialize(new
    {
        rows,
        projected,
        copied,
        reconciled,
        searches = searches.ToDictionary(each => each.Key, each => new[] { each.Value.Median, each.Value.Worst }),
    }));
}
else
{
    Console.WriteLine($"{rows:N0} decisions, {rounds} rounds, medians");
    Console.WriteLine($"bare COPY of the same rows   {Median(copied),10:N0} decisions/s");
    Console.WriteLine($"projection                   {Median(projected),10:N0} decisions/s   {Median(projected) / Median(copied):P0}");
    Console.WriteLine($"reconciliation               {reconciled,10:N0} rows/s, {report.Differences} differences");
    foreach (var (key, times) in searches) Console.WriteLine($"tx find by {key,-18} {times.Median,8:N1} ms, at worst {times.Worst,8:N1} ms");
}

return report.Differences == 0 ? 0 : 1;

double Project()
{
    Projector.Drop(source);
    Migrations.Apply(source.Primary);
    var watch = Stopwatch.StartNew();
    new Projector(source, FileDisk.ForReading(folder), () => last, tokens, _ => { }).RunToEnd();
    return watch.Elapsed.TotalSeconds;
}

// The rows as the projection left them, in pieces as large as its transactions.
(List<(string Table, List<byte[]> Pieces)> Dumps, long Rows) Dump()
{
    var all = new List<(string, List<byte[]>)>();
    using var connection = source.Primary.OpenConnection();
    var tables = new List<string>();
    using (var names = new NpgsqlCommand("select inhrelid::regclass::text from pg_inherits where inhparent = 'sunny.decision'::regclass", connection))
    using (var reader = names.ExecuteReader())
    {
        while (reader.Read()) tables.Add(reader.GetString(0));
    }

    foreach (var (table, key) in tables.Select(name => (name, "sequence")).Append(("sunny.account", "number")).Append(("sunny.card", "number"))
        .Append(("sunny.hold", "slot")))
    {
        using var bounds = new NpgsqlCommand($"select coalesce(max({key}), -1)::bigint from {table}", connection);
        var end = (long)bounds.ExecuteScalar()!;
        var pieces = new List<byte[]>();
        for (long first = 0; first <= end; first += 20_000)
        {
            using var piece = new MemoryStream();
            using (var stream = connection.BeginRawBinaryCopy(
                $"copy (select * from {table} where {key} >= {first} and {key} < {first + 20_000} order by {key}) to stdout (format binary)"))
            {
                stream.CopyTo(piece);
            }

            pieces.Add(piece.ToArray());
        }

        all.Add((table, pieces));
    }

    using var count = new NpgsqlCommand("select count(*) from sunny.decision", connection);
    return (all, (long)count.ExecuteScalar()!);
}

double Copy()
{
    using var connection = source.Primary.OpenConnection();
    foreach (var (table, _) in dumps) Run(connection, $"truncate {table}");
    var watch = Stopwatch.StartNew();
    foreach (var (table, pieces) in dumps)
    {
        foreach (var piece in pieces)
        {
            using var stream = connection.BeginRawBinaryCopy($"copy {table} from stdin (format binary)");
            stream.Write(piece);
        }
    }

    return watch.Elapsed.TotalSeconds;
}

// By each key of transactions all over the table: median and worst, each asked for once.
static Dictionary<string, (double Median, double Worst)> Searches(LedgerSource source)
{
    using (var connection = source.Primary.OpenConnection()) Run(connection, "analyze");
    var all = Enumerable.Range(0, 10).Select(tenth => Sample(source, tenth)).ToList();
    return new Dictionary<string, Func<FoundTransaction, TransactionQuery>>
    {
        ["rrn"] = each => new() { Rrn = each.Rrn },
        ["stan and date"] = each => new() { Stan = each.Stan, Date = each.BusinessDate },
        ["token"] = each => new() { Token = each.Token },
        ["approval code"] = each => new() { ApprovalCode = each.ApprovalCode ?? "none" },
        ["merchant"] = each => new() { Merchant = each.Merchant },
        ["terminal"] = each => new() { Terminal = each.Terminal },
        ["amount"] = each => new() { AmountMinor = each.AmountMinor ?? 0 },
        ["an rrn of nobody"] = each => new() { Rrn = $"none {each.Stan}" },
        ["a merchant of none"] = each => new() { Merchant = $"none {each.Stan}" },
    }.ToDictionary(key => key.Key, key =>
    {
        var times = all.ConvertAll(each => Time(source, key.Value(each)));
        return (Median(times), times.Max());
    });
}

static double Time(LedgerSource source, TransactionQuery query)
{
    var watch = Stopwatch.StartNew();
    DatabaseSearch.Find(source, query);
    return watch.Elapsed.TotalMilliseconds;
}

static FoundTransaction Sample(LedgerSource source, int tenth)
{
    using var command = source.Primary.CreateCommand(
        $"select sequence, rrn from sunny.decision where sequence >= (select sequence * {tenth} / 10 from sunny.checkpoint) order by sequence limit 1");
    command.CommandTimeout = 0;
    using var reader = command.ExecuteReader();
    reader.Read();
    var (sequence, rrn) = (reader.GetInt64(0), reader.GetString(1));
    return DatabaseSearch.Find(source, new TransactionQuery { Rrn = rrn, Limit = 100_000 }).Single(each => each.Sequence == sequence);
}

long LastSequence()
{
    using var reader = new JournalReader(FileDisk.ForReading(folder), lastSegments: 2);
    while (reader.TryRead(out _, out _)) { }
    return reader.LastSequence;
}

static void Run(NpgsqlConnection connection, string sql)
{
    using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
    command.ExecuteNonQuery();
}

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

string Text(string name, string otherwise)
{
    var at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length ? args[at + 1] : otherwise;
}
