using SunnySwitch.Hsm.Desk;
using SunnySwitch.Hsm.Pins;

namespace SunnySwitch.Host.Options;

/// <summary>The HSM, and which keys cards have; without it, PINs, codes and cryptograms are not verified.</summary>
internal sealed record HsmOptions
{
    /// <summary><c>software</c>.</summary>
    public string Module { get; init; } = "software";

    /// <summary>A file of published test keys, beside the configuration; for load tests and demonstrations.</summary>
    public string? TestKeys { get; init; }

    public IReadOnlyList<ProductKeyOptions> Products { get; init; } = [];

    /// <summary>Threads that ask the module while the kernel goes on; 0: the kernel asks it itself, which is right for one that takes microseconds.</summary>
    public int Threads { get; init; }

    /// <summary>With threads: requests that can wait at once; one more gets 96.</summary>
    public int WaitingMax { get; init; } = Cell.Cell.ParkingMaxUsual;

    /// <summary>With threads: what is not answered by then is answered 91, and counts against the module.</summary>
    public int DeadlineMilliseconds { get; init; } = 1_000;

    public IEnumerable<string> Problems(string mode)
    {
        if (DeadlineMilliseconds is < 10 or > 30_000) yield return $"hsm.deadlineMilliseconds: 10 to 30000, is {DeadlineMilliseconds}";
        if (Module is not "software") yield return $"hsm.module: software, is \"{Module}\"";
        if (mode == "production" && TestKeys is not null) yield return "hsm.testKeys: in production, published keys are refused";
        if (Threads is < 0 or > 64) yield return $"hsm.threads: 0 to 64, is {Threads}";
        if (WaitingMax is < 16 or > 65_536) yield return $"hsm.waitingMax: 16 to 65536, is {WaitingMax}";
        if (Products.Count > 64) yield return $"hsm.products: 64 at most, are {Products.Count}";
        for (var index = 0; index < Products.Count; index++)
        {
            foreach (var problem in Products[index].Problems($"hsm.products.{index}")) yield return problem;
        }
    }
}

/// <summary>Keys of the cards whose first six digits are in a range.</summary>
internal sealed record ProductKeyOptions
{
    public string Bin { get; init; } = "";
    public string? To { get; init; }

    /// <summary>Label of the key that PINs are verified by.</summary>
    public string? PinKey { get; init; }

    /// <summary>pvv or ibm3624: for cards that nothing else is said of.</summary>
    public string PinMethod { get; init; } = "pvv";
    public string Decimalisation { get; init; } = "0123456789012345";
    public int PinDigits { get; init; } = 4;
    public string? CardCodeKey { get; init; }
    public int CardCodeAt { get; init; } = 5;
    public string? CryptogramKey { get; init; }
    public string CryptogramVersion { get; init; } = "VISA10";
    public bool DerivesByOptionB { get; init; }

    public IEnumerable<string> Problems(string at)
    {
        if (!IsBin(Bin)) yield return $"{at}.bin: six digits";
        if (To is not null && (!IsBin(To) || string.CompareOrdinal(To, Bin) < 0)) yield return $"{at}.to: six digits, not below bin";
        if (PinMethod is not ("pvv" or "ibm3624")) yield return $"{at}.pinMethod: pvv or ibm3624";
        if (Decimalisation.Length != 16 || !Decimalisation.All(char.IsAsciiDigit)) yield return $"{at}.decimalisation: 16 digits";
        if (PinDigits is < 4 or > 12) yield return $"{at}.pinDigits: 4 to 12, is {PinDigits}";
        if (CardCodeAt is < 0 or > 13) yield return $"{at}.cardCodeAt: 0 to 13, is {CardCodeAt}";
        if (Hsm.Cards.CryptogramVersion.All.All(version => version.Name != CryptogramVersion))
        {
            yield return $"{at}.cryptogramVersion: one of {string.Join(", ", Hsm.Cards.CryptogramVersion.All.Select(version => version.Name))}";
        }
    }

    public ProductKeys Keys() => new(uint.Parse(Bin), uint.Parse(To ?? Bin))
    {
        PinKey = PinKey,
        PinMethod = PinMethod == "pvv" ? Core.Domain.PinMethod.Pvv : Core.Domain.PinMethod.Ibm3624,
        Decimalisation = Decimalisation,
        PinDigits = PinDigits,
        CardCodeKey = CardCodeKey,
        CardCodeAt = CardCodeAt,
        CryptogramKey = CryptogramKey,
        CryptogramVersion = CryptogramVersion,
        DerivesByOptionB = DerivesByOptionB,
    };

    private static bool IsBin(string text) => text.Length == 6 && text.All(char.IsAsciiDigit);
}

/// <summary>Keys of a link.</summary>
internal sealed record LinkSecurityOptions
{
    /// <summary>Label of the key of its PIN blocks; a base derivation key where the dialect has a key serial number.</summary>
    public string? PinKey { get; init; }

    /// <summary>0, 1, 3 or 4 of ISO 9564-1.</summary>
    public int PinFormat { get; init; }

    /// <summary>Label of the key of its MACs; with it, every message has one, both ways.</summary>
    public string? MacKey { get; init; }

    public IEnumerable<string> Problems(string name)
    {
        if (PinFormat is not (0 or 1 or 3 or 4)) yield return $"{name}.security.pinFormat: 0, 1, 3 or 4, is {PinFormat}";
    }

    public LinkKeys Keys(uint link) => new(link, PinKey, (PinFormat)PinFormat, MacKey);
}
