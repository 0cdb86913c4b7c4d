using System.Diagnostics;
using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using SunnySwitch.Hsm;
using SunnySwitch.Hsm.Cards;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Dukpt;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Macs;
using SunnySwitch.Hsm.Pins;
using SunnySwitch.Hsm.Software;

namespace SunnySwitch.Microbench;

/// <summary>
/// The operations of the software module, each with what it has to reach, and beside them the block ciphers of two libraries. Rounds of
/// all rows take turns; microseconds, and bytes allocated per operation.
/// Run: <c>dotnet run -c Release --project bench/Microbench -- hsm [rounds [part of a row's name]]</c>.
/// </summary>
public static class HsmBench
{
    private const int Turns = 2_000;

    private sealed record Row(string Name, double? MicrosecondsMax, Func<HsmResult> Work)
    {
        public List<double> Microseconds { get; } = [];
        public long Allocated { get; set; }
        public long Operations { get; set; }
    }

    public static void Run(string[] args)
    {
        var rounds = args.Length > 1 ? int.Parse(args[1], null) : 50;
        using var module = new SoftwareHsm();
        var rows = Rows(module).ToList();
        if (args.Length > 2) rows.RemoveAll(row => !row.Name.Contains(args[2], StringComparison.Ordinal));
        for (var round = -10; round < rounds; round++)
        {
            foreach (var row in rows) Measure(row, round >= 0);
        }

        Console.WriteLine($"AES by the processor: {(System.Runtime.Intrinsics.X86.Aes.IsSupported ? "yes" : "no")}; {rounds} rounds of {Turns:N0}");
        Console.WriteLine($"{"",-44} {"median us",10} {"best us",9} {"limit us",9} {"bytes/op",9}");
        foreach (var row in rows)
        {
            row.Microseconds.Sort();
            var (median, best) = (row.Microseconds[row.Microseconds.Count / 2], row.Microseconds[0]);
            var limit = row.MicrosecondsMax is { } most ? $"{most:F1}" : "";
            Console.WriteLine($"{row.Name,-44} {median,10:F2} {best,9:F2} {limit,9} {(double)row.Allocated / row.Operations,9:F1}");
        }
    }

    private static void Measure(Row row, bool counts)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        for (var turn = 0; turn < Turns; turn++)
        {
            if (row.Work() != HsmResult.Done) throw new InvalidOperationException(row.Name);
        }

        var ticks = Stopwatch.GetTimestamp() - start;
        if (!counts) return;
        row.Allocated += GC.GetAllocatedBytesForCurrentThread() - allocated;
        row.Operations += Turns;
        row.Microseconds.Add(ticks * 1e6 / Stopwatch.Frequency / Turns);
    }

    private static IEnumerable<Row> Rows(SoftwareHsm module)
    {
        var pan = "4761739001010119"u8.ToArray();
        return [.. Pins(module, pan), .. Cards(module, pan), .. Data(module), .. Plain(module)];
    }

    private static IEnumerable<Row> Pins(SoftwareHsm module, byte[] pan)
    {
        HsmKey one = Key(module, KeyUsage.PinEncryption, KeyMode.Both), other = Key(module, KeyUsage.PinEncryption, KeyMode.Both);
        var aes = Key(module, KeyUsage.PinEncryption, KeyMode.Both, KeyAlgorithm.Aes);
        HsmKey pvk = Key(module, KeyUsage.PinVerificationPvv, KeyMode.GenerateAndVerify);
        HsmKey ibm = Key(module, KeyUsage.PinVerificationIbm3624, KeyMode.GenerateAndVerify);
        HsmKey bdk = Key(module, KeyUsage.BaseDerivation, KeyMode.Derive);
        HsmKey aesBdk = Key(module, KeyUsage.BaseDerivation, KeyMode.Derive, KeyAlgorithm.Aes);
        byte[] block = new byte[8], target = new byte[16], pvv = new byte[4];
        byte[] offset = new byte[12], deviceBlock = new byte[8], worstBlock = new byte[8];
        byte[] aesBlock = new byte[16], aesDeviceBlock = new byte[16];
        byte[] ksn = Convert.FromHexString("FFFF9876543210E00008"), worst = Convert.FromHexString("FFFF9876543210EFF800");
        byte[] aesKsn = Convert.FromHexString("123456789012345600000008");
        byte[] table = "0123456789012345"u8.ToArray(), validation = "4761739001010119"u8.ToArray();
        Done(module.GeneratePin(new PinSide(one, PinFormat.Iso0), pan, 4, block, out _));
        Done(module.GeneratePvv(new PinSide(one, PinFormat.Iso0), block, pan, pvk, 1, pvv));
        Done(module.GenerateIbmOffset(new PinSide(one, PinFormat.Iso0), block, pan, ibm, new Ibm3624Terms(table, validation), offset, out _));
        Done(module.TranslatePin(new PinSide(one, PinFormat.Iso0), block, new PinSide(aes, PinFormat.Iso4), pan, aesBlock, out _));
        Done(module.GeneratePin(new PinSide(bdk, PinFormat.Iso0, ksn), pan, 4, deviceBlock, out _));
        Done(module.GeneratePin(new PinSide(bdk, PinFormat.Iso0, worst), pan, 4, worstBlock, out _));
        Done(module.GeneratePin(new PinSide(aesBdk, PinFormat.Iso4, aesKsn), pan, 4, aesDeviceBlock, out _));
        yield return new("PIN translate, format 0 to 0", 3, () =>
            module.TranslatePin(new PinSide(one, PinFormat.Iso0), block, new PinSide(other, PinFormat.Iso0), pan, target, out _));
        yield return new("PIN translate, format 0 to 3", 3, () =>
            module.TranslatePin(new PinSide(one, PinFormat.Iso0), block, new PinSide(other, PinFormat.Iso3), pan, target, out _));
        yield return new("PIN translate, format 0 to 4 (AES)", 3, () =>
            module.TranslatePin(new PinSide(one, PinFormat.Iso0), block, new PinSide(aes, PinFormat.Iso4), pan, target, out _));
        yield return new("PIN translate, format 4 (AES) to 0", 3, () =>
            module.TranslatePin(new PinSide(aes, PinFormat.Iso4), aesBlock, new PinSide(other, PinFormat.Iso0), pan, target, out _));
        yield return new("PIN verify, PVV", 3, () => module.VerifyPvv(new PinSide(one, PinFormat.Iso0), block, pan, pvk, 1, pvv));
        yield return new("PIN verify, IBM 3624", 3, () =>
            module.VerifyIbmPin(new PinSide(one, PinFormat.Iso0), block, pan, ibm, new Ibm3624Terms(table, validation), offset.AsSpan(0, 4)));
        yield return new("PIN translate, TDEA DUKPT, counter 8", 20, () =>
            module.TranslatePin(new PinSide(bdk, PinFormat.Iso0, ksn), deviceBlock, new PinSide(other, PinFormat.Iso0), pan, target, out _));
        yield return new("PIN translate, TDEA DUKPT, ten key steps", 20, () =>
            module.TranslatePin(new PinSide(bdk, PinFormat.Iso0, worst), worstBlock, new PinSide(other, PinFormat.Iso0), pan, target, out _));
        yield return new("PIN translate, AES DUKPT to format 4", null, () =>
            module.TranslatePin(new PinSide(aesBdk, PinFormat.Iso4, aesKsn), aesDeviceBlock, new PinSide(aes, PinFormat.Iso4), pan, target, out _));
    }

    private static IEnumerable<Row> Cards(SoftwareHsm module, byte[] pan)
    {
        var cvk = Key(module, KeyUsage.CardVerification, KeyMode.GenerateAndVerify);
        // One key under two usages, which no bank would do: the script MAC over the card's data is the cryptogram that the card would make.
        byte[] first = Convert.FromHexString("2315208C9110AD402315BA7C10D5E9C7"), second = new byte[16];
        Done(module.FormKey(new KeyAttributes(KeyUsage.EmvCryptogram, KeyAlgorithm.Tdea, KeyMode.Derive), first, second, default, out var issuer));
        Done(module.FormKey(new KeyAttributes(KeyUsage.EmvScriptMac, KeyAlgorithm.Tdea, KeyMode.Derive), first, second, default, out var scripts));
        byte[] expiry = "3012"u8.ToArray(), service = "201"u8.ToArray(), code = new byte[3];
        byte[] data = new byte[40], cryptogram = new byte[8], arpc = new byte[8];
        Done(module.GenerateCardCode(cvk, new CardCodeTerms(CardCodeKind.Cvv, pan, expiry, service), code));
        Done(module.GenerateScriptMac(scripts!, new EmvCard(pan, 1), EmvSession.Common(7), data, MacPadding.OneAndZeros, cryptogram));
        yield return new("CVV verify", 3, () => module.VerifyCardCode(cvk, new CardCodeTerms(CardCodeKind.Cvv, pan, expiry, service), code));
        yield return new("ARQC verify, keys derived", 8, () =>
            module.VerifyArqc(issuer!, new EmvCard(pan, 1), new EmvCryptogram(EmvSession.Common(7), data, MacPadding.OneAndZeros, cryptogram)));
        yield return new("ARQC verify and ARPC method 1", 8, () => module.VerifyArqcGenerateArpc(
            issuer!, new EmvCard(pan, 1), new EmvCryptogram(EmvSession.Common(7), data, MacPadding.OneAndZeros, cryptogram),
            ArpcMethod.ResponseCode, "00"u8, arpc));
        yield return new("script MAC of 40 bytes, keys derived", 8, () =>
            module.GenerateScriptMac(scripts!, new EmvCard(pan, 1), EmvSession.CommonOf(1), data, MacPadding.OneAndZeros, arpc));
    }

    private static IEnumerable<Row> Data(SoftwareHsm module)
    {
        HsmKey retail = Key(module, KeyUsage.MacAlgorithm3, KeyMode.GenerateAndVerify);
        HsmKey cmac = Key(module, KeyUsage.MacCmac, KeyMode.GenerateAndVerify, KeyAlgorithm.Aes);
        HsmKey data = Key(module, KeyUsage.Data, KeyMode.Both), aes = Key(module, KeyUsage.Data, KeyMode.Both, KeyAlgorithm.Aes);
        HsmKey tokens = Key(module, KeyUsage.Tokens, KeyMode.Both, KeyAlgorithm.Aes), bdk = Key(module, KeyUsage.BaseDerivation, KeyMode.Derive);
        byte[] message = new byte[200], mac = new byte[8], whole = new byte[16], vector = new byte[16], blocks = new byte[208], made = new byte[208];
        byte[] tweak = "4761730119"u8.ToArray(), digits = "900101"u8.ToArray();
        byte[] token = new byte[6], ksn = Convert.FromHexString("FFFF9876543210E00008");
        yield return new("retail MAC of 200 bytes", 10, () => module.GenerateMac(new MacSide(retail), message, mac));
        yield return new("AES-CMAC of 200 bytes", 0.5, () => module.GenerateMac(new MacSide(cmac), message, whole));
        yield return new("retail MAC of 200 bytes, TDEA DUKPT", null, () =>
            module.GenerateMac(new MacSide(bdk, MacPadding.Zeros, ksn, DukptUse.MacResponse), message, mac));
        yield return new("TDEA CBC encrypt 208 bytes", null, () =>
            module.EncryptData(new CipherSide(data, BlockMode.Cbc, vector.AsSpan(0, 8)), blocks, made));
        yield return new("AES CBC encrypt 208 bytes", null, () => module.EncryptData(new CipherSide(aes, BlockMode.Cbc, vector), blocks, made));
        yield return new("FF1 token of 6 digits", null, () => module.Tokenise(tokens, tweak, 10, digits, token));
    }

    // What others take for one block, and for a key that is used once: the reason for a cipher of our own (docs/decisions/018).
    private static IEnumerable<Row> Plain(SoftwareHsm module)
    {
        var data = Key(module, KeyUsage.Data, KeyMode.Both);
        byte[] key = Convert.FromHexString("2315208C9110AD402315BA7C10D5E9C72315208C9110AD40"), block = new byte[8];
        var parameter = new KeyParameter(key);
        DesEdeEngine held = new(), anew = new();
        held.Init(true, parameter);
#pragma warning disable CA5350                              // The plain thing beside it.
        var tdes = TripleDES.Create();
#pragma warning restore CA5350
        tdes.Mode = CipherMode.ECB;
        tdes.Padding = PaddingMode.None;
        var transform = tdes.CreateEncryptor(key, null);
        yield return new("one TDEA block, here, as an operation", null, () => module.EncryptData(new CipherSide(data, BlockMode.Ecb), block, block));
        yield return new("one TDEA block, BouncyCastle, held", null, () => Plain(held.ProcessBlock(block, 0, block, 0)));
        yield return new("one TDEA block, BouncyCastle, keyed anew", null, () =>
        {
            anew.Init(true, parameter);
            return Plain(anew.ProcessBlock(block, 0, block, 0));
        });
        yield return new("one TDEA block, .NET, held", null, () => Plain(transform.TransformBlock(block, 0, 8, block, 0)));
    }

    private static HsmResult Plain(int bytes) => bytes == 8 ? HsmResult.Done : HsmResult.ModuleFailed;

    private static HsmKey Key(SoftwareHsm module, KeyUsage usage, KeyMode mode, KeyAlgorithm algorithm = KeyAlgorithm.Tdea)
    {
        Done(module.GenerateKey(new KeyAttributes(usage, algorithm, mode), 128, out var key));
        return key!;
    }

    private static void Done(HsmResult result)
    {
        if (result != HsmResult.Done) throw new InvalidOperationException(result.Text());
    }
}
