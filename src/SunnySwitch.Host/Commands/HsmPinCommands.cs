using System.CommandLine;
using System.Text;
using SunnySwitch.Hsm;
using SunnySwitch.Hsm.Ledger;
using SunnySwitch.Hsm.Pins;
using SunnySwitch.Hsm.Software;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny hsm translate|pvv</c>: PIN blocks under published test keys, for set-up and demonstration. A PIN is never shown.</summary>
internal static class HsmPinCommands
{
    private const int Done = 0, SomethingFailed = 1, WrongUse = 2;

    public static Command Translate()
    {
        var (keys, from, ksn, pan, block) = Common();
        var format = new Option<int>("--format") { Description = "Format of the block: 0, 1, 3 or 4." };
        var to = new Option<string>("--to") { Description = "Label of the key that it comes under.", Required = true };
        var toFormat = new Option<int>("--to-format") { Description = "Its format then." };
        var command = new Command("translate", "A PIN block from one key and format to another; the PIN is not shown.")
        {
            keys, from, ksn, format, to, toFormat, pan, block,
        };
        command.SetAction(parsed => With(parsed.GetValue(keys)!, (hsm, ring) =>
        {
            if (!ring.TryCurrent(parsed.GetValue(from)!, out var source) || !ring.TryCurrent(parsed.GetValue(to)!, out var target)) return NoKey();
            Span<byte> made = stackalloc byte[16];
            var side = new PinSide(source, (PinFormat)parsed.GetValue(format), Convert.FromHexString(parsed.GetValue(ksn) ?? ""));
            var other = new PinSide(target, (PinFormat)parsed.GetValue(toFormat));
            var digits = Encoding.ASCII.GetBytes(ReadPan(parsed.GetValue(pan)!));
            var result = hsm.TranslatePin(in side, Convert.FromHexString(parsed.GetValue(block)!), in other, digits, made, out var bytes);
            return Say(result, result == HsmResult.Done ? Convert.ToHexString(made[..bytes]) : "");
        }));
        return command;
    }

    public static Command Pvv()
    {
        var (keys, from, ksn, pan, block) = Common();
        var with = new Option<string>("--with") { Description = "Label of the PIN verification key (V2).", Required = true };
        var index = new Option<int>("--key-index") { Description = "PVKI, 0 to 9." };
        var command = new Command("pvv", "The PVV of the PIN in a block: what `sunny card pin` takes.") { keys, from, ksn, with, index, pan, block };
        command.SetAction(parsed => With(parsed.GetValue(keys)!, (hsm, ring) =>
        {
            if (!ring.TryCurrent(parsed.GetValue(from)!, out var source) || !ring.TryCurrent(parsed.GetValue(with)!, out var key)) return NoKey();
            Span<byte> pvv = stackalloc byte[4];
            var side = new PinSide(source, PinFormat.Iso0, Convert.FromHexString(parsed.GetValue(ksn) ?? ""));
            var digits = Encoding.ASCII.GetBytes(ReadPan(parsed.GetValue(pan)!));
            var result = hsm.GeneratePvv(in side, Convert.FromHexString(parsed.GetValue(block)!), digits, key, parsed.GetValue(index), pvv);
            return Say(result, Encoding.ASCII.GetString(pvv));
        }));
        return command;
    }

    private static (Option<string> Keys, Option<string> From, Option<string?> Ksn, Option<string> Pan, Option<string> Block) Common() => (
        new("--keys") { Description = "File of test keys.", Required = true },
        new("--from") { Description = "Label of the key that the block is under (P0), or of a base derivation key (B0).", Required = true },
        new("--ksn") { Description = "Key serial number, hex; with a base derivation key." },
        new("--pan") { Description = "Card number; - reads it from standard input.", Required = true },
        new("--block") { Description = "The PIN block, hex.", Required = true });

    private static int With(string file, Func<IPaymentHsm, IKeyRing, int> run)
    {
        using var hsm = new SoftwareHsm();
        try
        {
            return run(hsm, KeyFile.Read(hsm, file));
        }
        catch (Exception wrong) when (wrong is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"sunny: {file}: {wrong.Message}");
        }
        catch (FormatException)
        {
            Console.Error.WriteLine("sunny: --block, --ksn: hex");
        }

        return WrongUse;
    }

    private static string ReadPan(string given) => given == "-" ? Console.In.ReadLine()?.Trim() ?? "" : given;

    private static int NoKey()
    {
        Console.Error.WriteLine("sunny: no key has that label");
        return WrongUse;
    }

    private static int Say(HsmResult result, string made)
    {
        if (result == HsmResult.Done) Console.WriteLine(made);
        else Console.Error.WriteLine($"sunny: {result.Text()}");
        return result == HsmResult.Done ? Done : SomethingFailed;
    }
}
