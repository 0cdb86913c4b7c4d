using System.Diagnostics;
using System.Text;
using System.Text.Json;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using Decoder = SunnySwitch.Protocol.Codec.Decoder;

namespace SunnySwitch.Microbench;

/// <summary>
/// The codec's table: the 19-field 0100 of the conformance vectors, with chip data, in every dialect that has one. Decode;
/// decode and walk DE55 to its tags; encode every field from its value; encode the 0110 that echoes it. Then the cost by
/// fields present, and by fields defined. Rounds of all rows take turns; medians, and bytes allocated.
/// Run: <c>dotnet run -c Release --project bench/Microbench -- codec [rounds [part of a row's name]]</c>.
/// </summary>
public static class CodecTable
{
    private const int Turns = 20_000;

    private sealed record Row(string Name, Func<int> Work)
    {
        public List<double> Nanoseconds { get; } = [];
        public long Allocated { get; set; }
    }

    public static void Run(string[] args)
    {
        var rounds = args.Length > 1 ? int.Parse(args[1], null) : 25;
        var rows = new List<Row>();
        foreach (var (dialect, message) in Samples())
        {
            var sample = new CodecSample(dialect, message);
            rows.Add(new Row($"{dialect.Name,-20} decode", sample.Decode));
            rows.Add(new Row($"{dialect.Name,-20} decode, DE55 to tags", sample.DecodeAndOpen));
            rows.Add(new Row($"{dialect.Name,-20} encode 0100", sample.Encode));
            rows.Add(new Row($"{dialect.Name,-20} encode 0110, echoes", sample.Echo));
        }

        foreach (var count in (int[])[4, 8, 16, 32, 64])
        {
            var sample = CodecSample.OfFields(count, 128);
            rows.Add(new Row($"{count,3} fields of 128", sample.Decode));
        }

        foreach (var defined in (int[])[16, 64, 128])
        {
            var sample = CodecSample.OfFields(16, defined);
            rows.Add(new Row($" 16 fields of {defined}", sample.Decode));
        }

        if (args.Length > 2) rows.RemoveAll(row => !row.Name.Contains(args[2], StringComparison.Ordinal));
        for (var round = -5; round < rounds; round++)
        {
            foreach (var row in rows) Measure(row, round >= 0);
            Console.Error.Write($"\rround {round + 1} of {rounds} ");
        }

        Console.Error.WriteLine();
        Console.WriteLine($"{"",-44} median ns   best   bytes");
        foreach (var row in rows)
        {
            row.Nanoseconds.Sort();
            Console.WriteLine($"{row.Name,-44} {row.Nanoseconds[row.Nanoseconds.Count / 2],9:F0} {row.Nanoseconds[0],6:F0} {row.Allocated,7}");
        }
    }

    private static void Measure(Row row, bool counts)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        var sum = 0;
        for (var turn = 0; turn < Turns; turn++) sum += row.Work();
        var ticks = Stopwatch.GetTimestamp() - start;
        if (sum <= 0) throw new InvalidOperationException(row.Name);
        if (!counts) return;
        row.Allocated += GC.GetAllocatedBytesForCurrentThread() - allocated;
        row.Nanoseconds.Add(ticks * 1e9 / Stopwatch.Frequency / Turns);
    }

    // The sample of each shipped dialect whose request has 19 fields.
    private static IEnumerable<(Dialect, byte[])> Samples()
    {
        var folder = Path.Combine(Root(), "tests", "golden", "iso8583");
        foreach (var file in (string[])["ascii.json", "bcd.json", "other.json"])
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, file)));
            foreach (var vector in document.RootElement.GetProperty("vectors").EnumerateArray())
            {
                if (!vector.GetProperty("fields").TryGetProperty("55", out _)) continue;
                if (vector.GetProperty("fields").GetProperty("0").GetString()![2] != '0') continue;
                var dialect = Dialect.BuiltIn(vector.GetProperty("dialect").GetString()!)!;
                yield return (dialect, Convert.FromHexString(vector.GetProperty("hex").GetString()!));
            }
        }
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "SunnySwitch.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}

/// <summary>One message and the work that is done with it.</summary>
internal sealed class CodecSample
{
    private readonly Dialect _dialect;
    private readonly byte[] _message;
    private readonly byte[] _target = new byte[4096];
    private readonly byte[] _scratch = new byte[1024];
    private readonly byte[][] _values = new byte[FieldSet.FieldMax + 1][];
    private readonly FieldSet _answer;
    private readonly int[] _fields;
    private readonly bool _is55Binary;
    private FieldTable _table;
    private FieldTable _again;

    public CodecSample(Dialect dialect, byte[] message)
    {
        (_dialect, _message) = (dialect, message);
        if (!Decoder.Decode(dialect, message, ref _table).IsOk) throw new InvalidOperationException("the sample is not good");
        var reader = new MessageReader(dialect, message, in _table);
        foreach (var field in _table.Present)
        {
            var text = new byte[reader.Units(field) * 2];
            var value = text[..reader.CopyText(field, text)];
            _values[field] = dialect.TypeOf(field) == FieldType.Binary ? Convert.FromHexString(Encoding.ASCII.GetString(value)) : value;
        }

        var fields = new List<int>();
        foreach (var field in _table.Present) fields.Add(field);
        _fields = [.. fields];
        _is55Binary = dialect.TypeOf(55) == FieldType.Binary;
        _answer = _table.Present.And(FieldSet.Of(2, 3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49));
        if (dialect.TypeOf(39) != FieldType.Undefined) _answer = _answer.Or(FieldSet.Of(38, 39));
    }

    /// <summary>A message of so many six-digit fields in a dialect that defines more.</summary>
    public static CodecSample OfFields(int present, int defined)
    {
        var fields = string.Join(",", Enumerable.Range(2, defined - 1).Where(field => field != 65)
            .Select(field => $"\"{field}\":{{\"type\":\"n\",\"length\":\"F\",\"max\":6,\"encoding\":\"ascii\"}}"));
        var dialect = Dialect.Parse(Encoding.UTF8.GetBytes($$"""{"dialect":"d","mti":"ascii","bitmap":"bin","fields":{ {{fields}} } }"""));
        var set = default(FieldSet);
        for (var field = 2; set.Count < Math.Min(present, defined - 1); field++) if (field != 65) set.Add(field);
        var target = new byte[4096];
        var writer = new MessageWriter(dialect, target);
        writer.Begin(0x0100, set);
        foreach (var field in set) writer.Number(field, 123456);
        return new CodecSample(dialect, target[..writer.End()]);
    }

    public int Decode() => Decoder.Decode(_dialect, _message, ref _again).Offset;

    public int DecodeAndOpen()
    {
        var length = Decoder.Decode(_dialect, _message, ref _again).Offset;
        var parts = new MessageReader(_dialect, _message, in _again).Open(55, _scratch);
        while (parts.MoveNext()) length += parts.Content.Length;
        return parts.IsOk ? length : int.MinValue;
    }

    // From values, as a program does that knows its fields.
    public int Encode()
    {
        var writer = new MessageWriter(_dialect, _target);
        writer.Begin(_table.Mti, _table.Present);
        foreach (var field in _fields)
        {
            if (field == 55 && _is55Binary) writer.Binary(field, _values[field]);
            else writer.Text(field, _values[field]);
        }

        return writer.End();
    }

    public int Echo()
    {
        var reader = new MessageReader(_dialect, _message, ref _table);
        var writer = new MessageWriter(_dialect, _target);
        writer.Begin((ushort)(_table.Mti + 0x10), _answer);
        foreach (var field in _answer)
        {
            if (field == 38) writer.Text(38, "A1B2C3"u8);
            else if (field == 39) writer.Text(39, "000"u8[.._dialect.UnitsMax(39)]);
            else writer.CopyRaw(field, reader.Raw(field));
        }

        return writer.End();
    }
}
