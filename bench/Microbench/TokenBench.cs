using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using SunnySwitch.Hsm;
using SunnySwitch.Hsm.Cards;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Macs;
using SunnySwitch.Hsm.Pins;
using SunnySwitch.Hsm.Pkcs11;

namespace SunnySwitch.Microbench;

/// <summary>
/// Operations of the module pkcs11 on SoftHSM2, each beside the bare PKCS#11 calls that it comes to, on keys of the same kind, in turns.
/// Run: <c>dotnet run -c Release --project bench/Microbench -- token [rounds]</c>.
/// </summary>
public static class TokenBench
{
    private const int Turns = 200;
    private const string Label = "bench", Pin = "492816";

    private sealed record Row(string Name, Action Module, Action Bare)
    {
        public List<double> OfModule { get; } = [];
        public List<double> OfBare { get; } = [];
        public long Allocated { get; set; }
    }

    public static void Run(string[] args)
    {
        var rounds = args.Length > 1 ? int.Parse(args[1], null) : 100;
        var library = Array.Find(["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"], File.Exists);
        if (library is null)
        {
            Console.Error.WriteLine("SoftHSM2 is not there: apt-get install softhsm2");
            return;
        }

        var folder = Prepare();
        try
        {
            using var module = Pkcs11Hsm.Open(new Pkcs11Options { Library = library, TokenLabel = Label, Sessions = 1 }, Encoding.ASCII.GetBytes(Pin));
            using var bare = new BareToken(library, Label);
            var rows = Rows(module, bare).ToList();
            for (var round = -10; round < rounds; round++)
            {
                foreach (var row in rows) Measure(row, round);
            }

            Print(rows, rounds);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Print(List<Row> rows, int rounds)
    {
        Console.WriteLine($"SoftHSM2, one thread; medians of {rounds} rounds of {Turns:N0}; rate of the module in % of the bare calls'");
        Console.WriteLine($"{"",-44} {"module us",10} {"bare us",10} {"rate %",8} {"bytes/op",9}");
        foreach (var row in rows)
        {
            row.OfModule.Sort();
            row.OfBare.Sort();
            var (module, bare) = (row.OfModule[row.OfModule.Count / 2], row.OfBare[row.OfBare.Count / 2]);
            Console.WriteLine($"{row.Name,-44} {module,10:F1} {bare,10:F1} {100 * bare / module,8:F0} {(double)row.Allocated / rounds / Turns,9:F1}");
        }
    }

    // Who is first changes with every round.
    private static void Measure(Row row, int round)
    {
        if (round % 2 == 0) Time(row.Bare, round >= 0 ? row.OfBare : null);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        Time(row.Module, round >= 0 ? row.OfModule : null);
        if (round >= 0) row.Allocated += GC.GetAllocatedBytesForCurrentThread() - allocated;
        if (round % 2 != 0) Time(row.Bare, round >= 0 ? row.OfBare : null);
    }

    private static void Time(Action work, List<double>? times)
    {
        var start = Stopwatch.GetTimestamp();
        for (var turn = 0; turn < Turns; turn++) work();
        times?.Add((Stopwatch.GetTimestamp() - start) * 1e6 / Stopwatch.Frequency / Turns);
    }

    private static IEnumerable<Row> Rows(Pkcs11Hsm module, BareToken bare)
    {
        byte[] pan = "4761739001010119"u8.ToArray(), block = new byte[8], target = new byte[16], pvv = new byte[4], code = new byte[3];
        byte[] message = new byte[200], data = new byte[40], cryptogram = new byte[8], mac = new byte[8], whole = new byte[16];
        byte[] blocks = new byte[208], made = new byte[208], vector = new byte[8], expiry = "3012"u8.ToArray(), service = "201"u8.ToArray();
        HsmKey one = Key(module, KeyUsage.PinEncryption), other = Key(module, KeyUsage.PinEncryption);
        HsmKey four = Key(module, KeyUsage.PinEncryption, KeyAlgorithm.Aes), pvk = Key(module, KeyUsage.PinVerificationPvv);
        HsmKey cvk = Key(module, KeyUsage.CardVerification), retail = Key(module, KeyUsage.MacAlgorithm3);
        HsmKey cmac = Key(module, KeyUsage.MacCmac, KeyAlgorithm.Aes), tdea = Key(module, KeyUsage.Data);
        HsmKey issuer = Key(module, KeyUsage.EmvScriptMac), bdk = Key(module, KeyUsage.BaseDerivation, KeyAlgorithm.Aes);
        byte[] ksn = Convert.FromHexString("123456789012345600000007");
        Done(module.GeneratePin(new PinSide(one, PinFormat.Iso0), pan, 4, block, out _));
        Done(module.GeneratePvv(new PinSide(one, PinFormat.Iso0), block, pan, pvk, 1, pvv));
        Done(module.GenerateCardCode(cvk, new CardCodeTerms(CardCodeKind.Cvv, pan, expiry, service), code));
        yield return new("PIN translate, format 0 to 0",
            () => Done(module.TranslatePin(new PinSide(one, PinFormat.Iso0), block, new PinSide(other, PinFormat.Iso0), pan, target, out _)),
            () =>
            {
                bare.Decrypt(bare.Tdea, 8);
                bare.Encrypt(bare.OtherTdea, 8);
            });
        yield return new("PIN translate, format 0 to 4 (AES)",
            () => Done(module.TranslatePin(new PinSide(one, PinFormat.Iso0), block, new PinSide(four, PinFormat.Iso4), pan, target, out _)),
            () =>
            {
                bare.Decrypt(bare.Tdea, 8);
                bare.EncryptAes();
                bare.EncryptAes();
            });
        yield return new("PIN verify, PVV",
            () => Done(module.VerifyPvv(new PinSide(one, PinFormat.Iso0), block, pan, pvk, 1, pvv)),
            () =>
            {
                bare.Decrypt(bare.Tdea, 8);
                bare.Encrypt(bare.OtherTdea, 8);
            });
        yield return new("CVV verify",
            () => Done(module.VerifyCardCode(cvk, new CardCodeTerms(CardCodeKind.Cvv, pan, expiry, service), code)),
            () =>
            {
                bare.Encrypt(bare.Tdea, 8);
                bare.Encrypt(bare.OtherTdea, 8);
            });
        yield return new("cryptogram of 40 bytes, keys derived",
            () => Done(module.GenerateScriptMac(issuer, new EmvCard(pan, 1), EmvSession.Common(7), data, MacPadding.OneAndZeros, cryptogram)),
            bare.Cryptogram);
        yield return new("retail MAC of 200 bytes",
            () => Done(module.GenerateMac(new MacSide(retail), message, mac)),
            () =>
            {
                bare.Chain(192);
                bare.Encrypt(bare.OtherTdea, 8);
            });
        yield return new("AES-CMAC of 200 bytes", () => Done(module.GenerateMac(new MacSide(cmac), message, whole)), () => bare.Mac(bare.AesMac, 200));
        yield return new("AES-CMAC of 200 bytes, AES DUKPT, 3 key steps",
            () => Done(module.GenerateMac(new MacSide(bdk, ksn: ksn), message, whole)), () => bare.Dukpt(3, 200));
        yield return new("TDEA CBC encrypt 208 bytes",
            () => Done(module.EncryptData(new CipherSide(tdea, BlockMode.Cbc, vector), blocks, made)), () => bare.Chain(208));
    }

    private static HsmKey Key(Pkcs11Hsm module, KeyUsage usage, KeyAlgorithm algorithm = KeyAlgorithm.Tdea)
    {
        var mode = usage switch
        {
            KeyUsage.PinEncryption or KeyUsage.Data => KeyMode.Both,
            KeyUsage.EmvScriptMac or KeyUsage.BaseDerivation => KeyMode.Derive,
            _ => KeyMode.GenerateAndVerify,
        };
        Done(module.GenerateKey(new KeyAttributes(usage, algorithm, mode), 128, out var key));
        return key!;
    }

    private static string Prepare()
    {
        var folder = Directory.CreateTempSubdirectory("softhsm").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "tokens"));
        var configuration = Path.Combine(folder, "softhsm2.conf");
        File.WriteAllText(configuration, $"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n");
        // The library reads the native environment, which the runtime does not write to.
        var isSet = SetVariable("SOFTHSM2_CONF\0"u8.ToArray(), Encoding.UTF8.GetBytes(configuration + "\0"), 1) == 0;
        var start = new ProcessStartInfo("softhsm2-util", ["--init-token", "--free", "--label", Label, "--so-pin", "7315", "--pin", Pin])
        {
            RedirectStandardOutput = true,
            Environment = { ["SOFTHSM2_CONF"] = configuration },
        };
        using var process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return isSet && process.ExitCode == 0 ? folder : throw new InvalidOperationException("softhsm2-util failed");
    }

    private static void Done(HsmResult result)
    {
        if (result != HsmResult.Done) throw new InvalidOperationException(result.Text());
    }

    [DllImport("libc", EntryPoint = "setenv"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetVariable(byte[] name, byte[] value, int replaces);
}
