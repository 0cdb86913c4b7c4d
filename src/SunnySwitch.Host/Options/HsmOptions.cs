using SunnySwitch.Hsm.Desk;
using SunnySwitch.Hsm.Pins;

namespace SunnySwitch.Host.Options;

/// <summary>The HSM, and which keys cards have; without it, PINs, codes and cryptograms are not verified.</summary>
internal sealed record HsmOptions
{
    /// <summary><c>software</c>, or <c>pkcs11</c>.</summary>
    public string Module { get; init; } = "software";

    /// <summary>With <c>pkcs11</c>: the tokens, the first one for ceremonies too. All have the same master key.</summary>
    public IReadOnlyList<TokenOptions> Tokens { get; init; } = [];

    /// <summary>A file of published test keys, beside the configuration; for load tests and demonstrations.</summary>
    public string? TestKeys { get; init; }

    public IReadOnlyList<ProductKeyOptions> Products { get; init; } = [];

    /// <summary>
    /// Threads that ask the module, or each token, while the kernel goes on; 0: the kernel asks it itself, which is right for one that takes
    /// microseconds.
    /// </summary>
    public int Threads { get; init; }

    /// <summary>With threads: requests that can wait at once; one more gets 96.</summary>
    public int WaitingMax { get; init; } = Cell.Cell.ParkingMaxUsual;

    /// <summary>With threads: what is not answered by then is answered 91, and counts against the module.</summary>
    public int DeadlineMilliseconds { get; init; } = 1_000;

    public IEnumerable<string> Problems(string mode)
    {
        if (DeadlineMilliseconds is < 10 or > 30_000) yield return $"hsm.deadlineMilliseconds: 10 to 30000, is {DeadlineMilliseconds}";
        if (Module is not ("software" or "pkcs11")) yield return $"hsm.module: software or pkcs11, is \"{Module}\"";
        if (Module == "pkcs11" && Tokens.Count is 0 or > 8) yield return $"hsm.tokens: 1 to 8 with pkcs11, are {Tokens.Count}";
        if (Module != "pkcs11" && Tokens.Count > 0) yield return "hsm.tokens: only with hsm.module pkcs11";
        if (Module == "pkcs11" && Threads == 0) yield return "hsm.threads: 1 at least with pkcs11: the kernel waits for no token";
        if (Tokens.Select(token => token.Name).Distinct(StringComparer.Ordinal).Count() < Tokens.Count) yield return "hsm.tokens: names differ";
        for (var index = 0; index < Tokens.Count; index++)
        {
            foreach (var problem in Tokens[index].Problems($"hsm.tokens.{index}")) yield return problem;
        }

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

/// <summary>A PKCS#11 token.</summary>
internal sealed record TokenOptions
{
    /// <summary>What operators see.</summary>
    public string Name { get; init; } = "";

    /// <summary>Path of its library.</summary>
    public string Library { get; init; } = "";

    /// <summary>Its label.</summary>
    public string Label { get; init; } = "";

    /// <summary>Its slot, where labels are not unique.</summary>
    public long? Slot { get; init; }

    /// <summary>File with its user PIN, beside the configuration, its owner's alone.</summary>
    public string PinFile { get; init; } = "";

    public IEnumerable<string> Problems(string at)
    {
        if (Name.Length is 0 or > 32 || !Name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.'))
            yield return $"{at}.name: 1 to 32 letters, digits, dots, dashes and underscores";
        if (Library.Length == 0) yield return $"{at}.library: the path of the token's PKCS#11 library";
        if (Label.Length == 0 && Slot is null) yield return $"{at}.label: the token's label, or {at}.slot";
        if (Slot is < 0) yield return $"{at}.slot: not below 0, is {Slot}";
        if (PinFile.Length == 0) yield return $"{at}.pinFile: a file with the token's user PIN, mode 0600";
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
    public string? CavvKey { get; init; }
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
        CavvKey = CavvKey,
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
