using BenchmarkDotNet.Attributes;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Microbench;

/// <summary>
/// The codec's two hot paths: decode of a 19-field 0100 (chip data included) and encode of its 0110 (eleven fields
/// echoed as they came, DE38 and DE39 set). Promised: 300 ns and 250 ns, 0 bytes.
/// </summary>
[MemoryDiagnoser]
public class CodecBench
{
    private const string Ascii0100 =
        "30313030373233433434383132384530383230303136343736313733393030313031303131393030303030303030303030303031"
        + "32333435313132323136353034373132333435363136353034373131323232383132353431313035313030313131323334353637"
        + "383930313334343736313733393030313031303131393D3238313232303131323334353637383930363332363136313233343536"
        + "5445524D303030314D45524348414E543030303030303141434D452047524F434552592053544F5245202331322020535052494E"
        + "474649454C4420202055533834303234383946323630384332433132423039384633444136453339463237303138303946313030"
        + "37303630313132303341304238303039463337303436443341314432303946333630323030313539353035303038303030453030"
        + "30394130333236313132323943303130303946303230363030303030303031323334353546324130323038343038323032334330"
        + "30394631413032303834303946303330363030303030303030303030303946333330334530463843383946333430333432303330"
        + "30394633353031323238343037413030303030303030333130313039463039303230303936394634313033303030303031354633"
        + "3430313031";

    private const string Bcd0100 =
        "0100723C448128E08200164761739001010119000000000000012345112216504712345616504711222812541100510011012345"
        + "678901344761739001010119D281220112345678903633323631363132333435365445524D303030314D45524348414E54303030"
        + "3030303141434D452047524F434552592053544F5245202331322020535052494E474649454C44202020555338343001249F2608"
        + "C2C12B098F3DA6E39F2701809F100706011203A0B8009F37046D3A1D209F360200159505008000E0009A032611229C01009F0206"
        + "0000000123455F2A02084082023C009F1A0208409F03060000000000009F3303E0F8C89F34034203009F3501228407A000000003"
        + "10109F090200969F41030000015F340101";

    private readonly byte[] _target = new byte[1024];
    private Dialect _dialect = null!;
    private byte[] _request = null!;
    private FieldTable _table;
    private FieldTable _scratch;
    private FieldSet _echoed;
    private FieldSet _answer;

    [Params("iso87-ascii", "iso87-bcd")]
    public string DialectName { get; set; } = "";

    [GlobalSetup]
    public void SetUp()
    {
        _dialect = Dialect.BuiltIn(DialectName)!;
        _request = Convert.FromHexString(DialectName == "iso87-ascii" ? Ascii0100 : Bcd0100);
        if (!Decoder.Decode(_dialect, _request, ref _table).IsOk || _table.Present.Count != 19)
        {
            throw new InvalidOperationException("the sample is not a good 19-field message");
        }

        _echoed = FieldSet.Of(2, 3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49);
        _answer = _echoed.Or(FieldSet.Of(38, 39));
    }

    [Benchmark]
    public bool Decode0100() => Decoder.Decode(_dialect, _request, ref _scratch).IsOk;

    [Benchmark]
    public int Encode0110()
    {
        var reader = new MessageReader(_dialect, _request, ref _table);
        var writer = new MessageWriter(_dialect, _target);
        writer.Begin(0x0110, _answer);
        foreach (var field in _answer)
        {
            if (field == 38) writer.Text(38, "A1B2C3"u8);
            else if (field == 39) writer.Text(39, "00"u8);
            else writer.CopyRaw(field, reader.Raw(field));
        }

        return writer.End();
    }

    [Benchmark]
    public ulong ReadTheNumbersOfADecision()
    {
        var reader = new MessageReader(_dialect, _request, ref _table);
        return reader.Number(2) + reader.Number(3) + reader.Number(4) + reader.Number(7) + reader.Number(11)
            + reader.Number(12) + reader.Number(13) + reader.Number(14) + reader.Number(22) + reader.Number(32);
    }
}
