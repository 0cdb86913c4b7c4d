using System.Text;
using SunnySwitch.Hsm;
using SunnySwitch.Hsm.Cards;
using SunnySwitch.Hsm.Desk;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Ledger;
using SunnySwitch.Hsm.Macs;
using SunnySwitch.Hsm.Pins;
using SunnySwitch.Hsm.Software;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Host.Load;

/// <summary>
/// What proves the bench's cards and messages: PIN blocks and codes of all cards, made beforehand, and MACs. Keys are published test keys, from the
/// file that the switch reads too: <c>zpk</c>, <c>pvk</c>, <c>cvk</c>, and one for MACs. A bench's card has its natural PIN (IBM 3624).
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class LoadSecurity : IDisposable
{
    /// <summary>Bytes of a PIN block, and of a MAC.</summary>
    public const int BlockBytes = 8, CodeDigits = 3;

    private readonly SoftwareHsm _hsm = new();
    private readonly byte[] _blocks;
    private readonly byte[] _codes;
    private readonly HsmKey _macKey;

    /// <summary>Reads the keys, makes PIN block and code of each card.</summary>
    /// <exception cref="LoadException">The file is not there, is wrong, or lacks a key.</exception>
    public LoadSecurity(string file, string macLabel, int cards)
    {
        KeyFile keys;
        try
        {
            keys = KeyFile.Read(_hsm, file);
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new LoadException($"--keys {file}: {broken.Message}");
        }

        HsmKey Key(string label) => keys.TryCurrent(label, out var key) ? key : throw new LoadException($"--keys {file}: no key has the label {label}");
        _macKey = Key(macLabel);
        _blocks = new byte[cards * BlockBytes];
        _codes = new byte[cards * CodeDigits];
        Make(Key("zpk"), Key("pvk"), Key("cvk"), cards);
    }

    /// <summary>PIN block of a card, format 0.</summary>
    public ReadOnlySpan<byte> PinBlock(int card) => _blocks.AsSpan(card * BlockBytes, BlockBytes);

    /// <summary>CVV of a card, three ASCII digits.</summary>
    public ReadOnlySpan<byte> Code(int card) => _codes.AsSpan(card * CodeDigits, CodeDigits);

    /// <summary>Makes the MAC of a message up to it.</summary>
    public void Sign(ReadOnlySpan<byte> message, Span<byte> mac) => Must.Hold(_hsm.GenerateMac(new MacSide(_macKey), message, mac) == HsmResult.Done);

    /// <summary>True if an answer that ends with field 64 has the right MAC.</summary>
    public bool IsSigned(Dialect dialect, ReadOnlySpan<byte> answer, ReadOnlySpan<byte> macContent)
    {
        Span<byte> mac = stackalloc byte[BlockBytes];
        Span<byte> expected = stackalloc byte[2 * BlockBytes];
        Sign(answer[..^macContent.Length], mac);
        expected = expected[..macContent.Length];
        dialect.WriteBytes(64, mac, expected);
        return expected.SequenceEqual(macContent);
    }

    /// <inheritdoc/>
    public void Dispose() => _hsm.Dispose();

    private void Make(HsmKey zone, HsmKey verification, HsmKey cards, int count)
    {
        Span<byte> validation = stackalloc byte[16];
        Span<byte> pan = stackalloc byte[16];
        var zoneSide = new PinSide(zone, PinFormat.Iso0);
        for (var card = 0; card < count; card++)
        {
            Must.Hold(Encoding.ASCII.GetBytes(BenchCard.Pan(card).ToString("D16"), pan) == pan.Length);
            PaymentDesk.WriteValidation(pan, validation);
            var terms = new Ibm3624Terms("0123456789012345"u8, validation);
            var made = _hsm.GenerateIbmPin(verification, in terms, "0000"u8, in zoneSide, pan, _blocks.AsSpan(card * BlockBytes, BlockBytes), out _);
            var code = new CardCodeTerms(CardCodeKind.Cvv, pan, "3012"u8, "201"u8);
            Must.Hold(made == HsmResult.Done && _hsm.GenerateCardCode(cards, in code, _codes.AsSpan(card * CodeDigits, CodeDigits)) == HsmResult.Done);
        }
    }
}
