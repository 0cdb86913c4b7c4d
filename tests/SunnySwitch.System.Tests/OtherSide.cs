using System.Runtime.InteropServices;
using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Hsm;
using SunnySwitch.Hsm.Cards;
using SunnySwitch.Hsm.Desk;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Ledger;
using SunnySwitch.Hsm.Macs;
using SunnySwitch.Hsm.Pins;
using SunnySwitch.Hsm.Software;

namespace SunnySwitch.SystemTests;

/// <summary>An acquirer that sends one message after the other while a key is changed; every answer has to be 00, under one of both keys.</summary>
internal sealed class SignedTraffic : IDisposable
{
    private readonly OtherSide _old, _next;
    private readonly AcquirerClient _client;
    private readonly Task _pump;
    private volatile bool _hasChanged, _isEnded;
    private int _answered;

    public SignedTraffic(int port, OtherSide old, OtherSide next)
    {
        (_old, _next, _client) = (old, next, new AcquirerClient(port));
        _pump = Task.Run(Pump);
    }

    public void Change() => _hasChanged = true;

    /// <summary>Until ten more are answered, so that two at least began after now.</summary>
    public void AwaitMore()
    {
        var wanted = Volatile.Read(ref _answered) + 10;
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref _answered) >= wanted || _pump.IsCompleted, TimeSpan.FromSeconds(30)));
        if (_pump.IsCompleted) _pump.GetAwaiter().GetResult();
    }

    public void End()
    {
        _isEnded = true;
        _pump.GetAwaiter().GetResult();
    }

    public void Dispose() => _client.Dispose();

    private void Pump()
    {
        for (var number = 100; !_isEnded; number++)
        {
            var answer = _client.Exchange((_hasChanged ? _next : _old).Signed(OtherSide.Plain(number)));
            Assert.Equal("00", AcquirerClient.Code(answer));
            Assert.True(_old.IsSigned(answer) || _next.IsSigned(answer), $"message {number}: the answer is signed by neither key");
            Interlocked.Increment(ref _answered);
        }
    }
}

/// <summary>A terminal and its acquirer, with the keys that the switch has too.</summary>
internal sealed class OtherSide : IDisposable
{
    /// <summary>What the second officer brings.</summary>
    public const string SecondPart = "26AD93E7105B48FC73D05E8F41B2C960";

    private const string ChipCryptogram = "5D1F3A9B7C2E8460";
    private const string ChipData = $"9F2608{ChipCryptogram}9F100706011203A0B8009F02060000000001009F03060000000000009F1A02084095050080000000"
        + "5F2A0208409A032611289C01009F37046D3A1D20820218009F36020042";
    private readonly SoftwareHsm _hsm = new();
    private readonly TestSwitch _test;
    private readonly KeyFile _keys;
    private HsmKey? _macKey;

    /// <param name="test">The switch.</param>
    /// <param name="keys">The keys of both, as the file has them; without it those that come with the switch.</param>
    public OtherSide(TestSwitch test, string? keys = null)
    {
        _test = test;
        var file = Path.Combine(test.Folder, "test-keys.json");
        File.WriteAllText(file, keys ?? File.ReadAllText(Path.Combine(SwitchProcess.Folder("config"), "test-keys.json")));
        _keys = KeyFile.Read(_hsm, file);
    }

    /// <summary>A dialect with codes that are printed on cards, somewhere inside of a field.</summary>
    public string WriteDialect()
    {
        const string Json = """
            {"dialect": "shop", "description": "pos-host with printed codes", "inherits": "pos-host", "security": {
              "authentication_value": {"field": 63, "at": 3, "length": 40}, "indicator": {"field": 63, "at": 1, "length": 2},
              "printed_code": {"field": 61, "at": 9, "length": 4}}}
            """;
        var file = Path.Combine(_test.Folder, "shop.json");
        File.WriteAllText(file, Json);
        return file;
    }

    /// <summary>A purchase with the PIN of an offset: zeros are the card's own.</summary>
    public byte[] Purchase(int card, int number, string offset, string? code = null, bool breaks = false, ushort mti = 0x0100, bool blankMac = false,
        string? ksn = null)
    {
        var block = PinBlock(card, offset);
        if (breaks) block[0] ^= 0x55;
        var track = $"{AcquirerClient.Pan(card)}=491220194581{code ?? CodeOf(card)}73629";
        (int Field, string Value)[] fields =
        [
            (2, AcquirerClient.Pan(card)), (3, "000000"), (4, "000000000100"), (7, $"11221200{number % 60:D2}"), (11, $"{number:D6}"), (12, "120000"),
            (13, "1122"), (22, "901"), (32, "400001"), (35, track), (37, $"{number:D12}"), (41, "TERM0001"), (42, "MERCHANT0000001"), (49, "840"),
            (52, Convert.ToHexString(block)),
        ];
        if (ksn is not null) fields = [.. fields, (62, ksn)];
        return AcquirerClient.Encode(mti, blankMac ? [.. fields, (64, "0000000000000000")] : fields);
    }

    /// <summary>A purchase by the chip; the product has no key for its cryptogram.</summary>
    public static byte[] ChipPurchase(int card, int number) => AcquirerClient.Encode(
        0x0100, (2, AcquirerClient.Pan(card)), (3, "000000"), (4, "000000000100"), (7, $"11221200{number % 60:D2}"), (11, $"{number:D6}"),
        (12, "120000"), (13, "1122"), (22, "051"), (32, "400001"), (37, $"{number:D12}"), (41, "TERM0001"), (42, "MERCHANT0000001"), (49, "840"),
        (55, ChipData), (64, "0000000000000000"));

    /// <summary>A purchase from a shop on the net, with the proof of a cardholder's authentication: the card's own, or of another.</summary>
    public byte[] ElectronicPurchase(int card, int number, int? of = null) => AcquirerClient.Encode(
        0x0100, (2, AcquirerClient.Pan(card)), (3, "000000"), (4, "000000000100"), (7, $"11221200{number % 60:D2}"), (11, $"{number:D6}"),
        (12, "120000"), (13, "1122"), (22, "012"), (32, "400001"), (37, $"{number:D12}"), (41, "TERM0001"), (42, "MERCHANT0000001"), (49, "840"),
        (63, $"05{CavvOf(of ?? card)}"), (64, "0000000000000000"));

    /// <summary>A purchase from a shop on the net, with the code that is printed on the card, or on another.</summary>
    public byte[] PrintedPurchase(int card, int number, int? of = null) => AcquirerClient.Encode(
        0x0100, (2, AcquirerClient.Pan(card)), (3, "000000"), (4, "000000000100"), (7, $"11221200{number % 60:D2}"), (11, $"{number:D6}"),
        (12, "120000"), (13, "1122"), (14, "4912"), (22, "012"), (32, "400001"), (37, $"{number:D12}"), (41, "TERM0001"), (42, "MERCHANT0000001"),
        (49, "840"), (61, PrintedText(of ?? card)), (64, "0000000000000000"));

    /// <summary>A purchase without PIN or track, its MAC still blank.</summary>
    public static byte[] Plain(int number) => AcquirerClient.Encode(
        0x0100, (2, AcquirerClient.Pan(3)), (3, "000000"), (4, "000000000100"), (7, $"11221200{number % 60:D2}"), (11, $"{number:D6}"), (12, "120000"),
        (13, "1122"), (32, "400001"), (37, $"{number:D12}"), (41, "TERM0001"), (42, "MERCHANT0000001"), (49, "840"), (64, "0000000000000000"));

    /// <summary>Two officers bring a MAC key into a running switch; this side takes it too.</summary>
    public void BringIn(SwitchProcess running, string part, params string[] more)
    {
        string[] key =
        [
            "key", "component", "--label", "mak-live", "--usage", "M6", "--algorithm", "A", "--bits", "128", "--of", "2", "--api",
            $"http://127.0.0.1:{running.HttpPort}", .. more,
        ];
        Assert.Equal(0, SwitchProcess.RunWith(part, [.. key, "--part", "1", "--operator", "anna"]).ExitCode);
        var formed = SwitchProcess.RunWith(SecondPart, [.. key, "--part", "2", "--operator", "boris"]);
        Assert.True(formed.ExitCode == 0, formed.Errors);
        TakeMacKey(part, SecondPart);
    }

    public byte[] Signed(byte[] message)
    {
        Encoding.ASCII.GetBytes(MacOf(message.AsSpan(..^16))).CopyTo(message.AsSpan(message.Length - 16));
        return message;
    }

    public bool IsSigned(byte[] answer) => MacOf(answer.AsSpan(..^16)) == Encoding.ASCII.GetString(answer.AsSpan(answer.Length - 16));

    public void TakeMacKey(string one, string two)
    {
        var attributes = new KeyAttributes(KeyUsage.MacCmac, KeyAlgorithm.Aes, KeyMode.Any);
        Assert.Equal(HsmResult.Done, _hsm.FormKey(in attributes, Convert.FromHexString(one), Convert.FromHexString(two), default, out _macKey));
    }

    /// <summary>What must be nowhere once it was answered.</summary>
    public (string What, byte[] Bytes)[] Planted(int card)
    {
        var block = PinBlock(card, "0000");
        return
        [
            ("the PIN block", block), ("the PIN block in hex", Encoding.ASCII.GetBytes(Convert.ToHexString(block))),
            ("the cryptogram", Convert.FromHexString(ChipCryptogram)), ("the cryptogram in hex", Encoding.ASCII.GetBytes(ChipCryptogram)),
            ("the authentication value", Convert.FromHexString(CavvOf(card))), ("the same in hex", Encoding.ASCII.GetBytes(CavvOf(card))),
            ("the track", Encoding.ASCII.GetBytes($"=491220194581{CodeOf(card)}73629")), ("its code", Encoding.ASCII.GetBytes($"94581{CodeOf(card)}73629")),
            ("the printed code", Encoding.ASCII.GetBytes(PrintedText(card).TrimEnd())), ("the same as it is handed to the module", PrintedEvidence(card)),
        ];
    }

    public void Dispose() => _hsm.Dispose();

    private byte[] PinBlock(int card, string offset)
    {
        Span<byte> validation = stackalloc byte[16];
        var pan = Encoding.ASCII.GetBytes(AcquirerClient.Pan(card));
        PaymentDesk.WriteValidation(pan, validation);
        var terms = new Ibm3624Terms("0123456789012345"u8, validation);
        var zone = new PinSide(Key("zpk"), PinFormat.Iso0);
        var block = new byte[8];
        Assert.Equal(HsmResult.Done, _hsm.GenerateIbmPin(Key("pvk"), in terms, Encoding.ASCII.GetBytes(offset), in zone, pan, block, out _));
        return block;
    }

    // Three digits alone are anywhere: they are found by what is before them.
    private string PrintedText(int card) => $"SHOPNET7{CodeOf(card, CardCodeKind.Cvv2)} ";

    private byte[] PrintedEvidence(int card)
    {
        var evidence = new Evidence();
        "4912"u8.CopyTo(evidence.Expiry);
        Encoding.ASCII.GetBytes(CodeOf(card, CardCodeKind.Cvv2)).CopyTo(evidence.CardCode);
        var bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<Evidence>(in evidence));
        return bytes[bytes.IndexOf("4912"u8)..(bytes.LastIndexOf(((ReadOnlySpan<byte>)evidence.CardCode)[..3]) + 4)].ToArray();
    }

    private string CodeOf(int card, CardCodeKind kind = CardCodeKind.Cvv)
    {
        var code = new byte[3];
        var terms = new CardCodeTerms(kind, Encoding.ASCII.GetBytes(AcquirerClient.Pan(card)), "4912"u8, "201"u8);
        Assert.Equal(HsmResult.Done, _hsm.GenerateCardCode(Key("cvk"), in terms, code));
        return Encoding.ASCII.GetString(code);
    }

    private string CavvOf(int card)
    {
        var code = new byte[3];
        var terms = new CardCodeTerms(CardCodeKind.Cvv, Encoding.ASCII.GetBytes(AcquirerClient.Pan(card)), "8642"u8, "000"u8);
        Assert.Equal(HsmResult.Done, _hsm.GenerateCardCode(Key("cvk"), in terms, code));
        return $"0000010{Encoding.ASCII.GetString(code)}8642571390246801864200A1B2C3D4";
    }

    private string MacOf(ReadOnlySpan<byte> message)
    {
        var mac = new byte[8];
        Assert.Equal(HsmResult.Done, _hsm.GenerateMac(new MacSide(_macKey ?? Key("mak")), message, mac));
        return Convert.ToHexString(mac);
    }

    private HsmKey Key(string label) => _keys.TryCurrent(label, out var key) ? key : throw new InvalidOperationException(label);
}
