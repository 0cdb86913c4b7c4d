using SunnySwitch.Hsm.Macs;

namespace SunnySwitch.Hsm.Cards;

/// <summary>
/// What a scheme's cryptogram version (in tag 9F10) asks for. The data is the concatenation of <see cref="Tags"/>, with the
/// issuer application data or the part of it named last.
/// </summary>
/// <param name="Name">Scheme and number.</param>
/// <param name="Session">Session key.</param>
/// <param name="Padding">Of the data.</param>
/// <param name="Arpc">What the card expects back.</param>
/// <param name="Tags">In order; CVR and counters are parts of 9F10.</param>
public sealed record CryptogramVersion(string Name, EmvSessionMethod Session, MacPadding Padding, ArpcMethod Arpc, string Tags)
{
    private const string Common = "9F02 9F03 9F1A 95 5F2A 9A 9C 9F37 82 9F36";

    /// <summary>The versions that published values prove.</summary>
    public static IReadOnlyList<CryptogramVersion> All { get; } =
    [
        new("VISA10", EmvSessionMethod.None, MacPadding.Zeros, ArpcMethod.ResponseCode, $"{Common} CVR"),
        new("VISA18", EmvSessionMethod.Common, MacPadding.OneAndZeros, ArpcMethod.CardStatusUpdate, $"{Common} 9F10"),
        new("MC16", EmvSessionMethod.Mastercard, MacPadding.OneAndZeros, ArpcMethod.ResponseCode, $"{Common} CVR"),
        new("MC17", EmvSessionMethod.Mastercard, MacPadding.OneAndZeros, ArpcMethod.ResponseCode, $"{Common} CVR COUNTERS"),
    ];
}
