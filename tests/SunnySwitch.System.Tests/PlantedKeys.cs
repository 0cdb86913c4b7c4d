using System.Text;

namespace SunnySwitch.SystemTests;

/// <summary>Keys that nothing else has, to be looked for; and one that is published, so that what is derived from it is known (X9.24-1, annex A).</summary>
internal static class PlantedKeys
{
    /// <summary>Of the published base key.</summary>
    public const string Ksn = "FFFF9876543210E00001";

    private static readonly (string Label, string Usage, string Algorithm, string Key)[] _keys =
    [
        ("zpk", "P0", "T", "80A7647A623B94F2794A018F0EFE5861"), ("pvk", "V1", "T", "C75DA8A43D2C85F1687362252967E026"),
        ("cvk", "C0", "T", "326DA82C31EC29378AE33EB31CCE7F70"), ("mak", "M6", "A", "F1CE46C406111AFD14B7DD3C83FA1CF1"),
        ("triple", "D0", "T", "314A982F08F8B5D5011FF74A0D047A2CEF3BC7F234457A85"),
        ("aes", "D0", "A", "6B2C52544C0C1977C2D5FA8934F1D4978D93E86009F924120948042E37682AD9"),
        ("hmac", "M7", "H", "5437C491EBFACD63DB80912CA5A1638FBCF4C9CD82C19E288C344A46B8196C1D0B3D418A52AF1EC0"),
        ("bdk", "B0", "T", "0123456789ABCDEFFEDCBA9876543210"),
    ];

    /// <summary>As a file of test keys has them.</summary>
    public static string File { get; } = $$"""
        {"keys": [{{string.Join(", ", _keys.Select(key =>
            $$"""{"label": "{{key.Label}}", "usage": "{{key.Usage}}", "algorithm": "{{key.Algorithm}}", "key": "{{key.Key}}"}"""))}}]}
        """;

    /// <summary>What a module in software cannot do without.</summary>
    public static IEnumerable<(string What, byte[] Bytes)> Held => _keys.Select(key => ($"key {key.Label}", Convert.FromHexString(key.Key)));

    /// <summary>What is derived from the base key for one serial number, and lasts as long as one operation.</summary>
    public static IEnumerable<(string What, byte[] Bytes)> Gone =>
    [
        ("the initial key", Convert.FromHexString("6AC292FAA1315B4D858AB3A3D7D5933A")),
        ("the key of the serial number", Convert.FromHexString("042666B49184CFA368DE9628D0397BC9")),
        ("its PIN key", Convert.FromHexString("042666B49184CF5C68DE9628D0397B36")),
    ];

    /// <summary>The same bytes in hex, as files and strings have them.</summary>
    public static IEnumerable<(string What, byte[] Bytes)> AsText(byte[] key)
    {
        var hex = Convert.ToHexString(key);
        return
        [
            ($"{hex[..4]}.. in hex", Encoding.ASCII.GetBytes(hex)), ($"{hex[..4]}.. in a string", Encoding.Unicode.GetBytes(hex)),
            ($"{hex[..4]}.. in small hex", Encoding.ASCII.GetBytes(hex.ToLowerInvariant())),
        ];
    }

    /// <summary>What two components make.</summary>
    public static byte[] Sum(string one, string other) =>
        [.. Convert.FromHexString(one).Zip(Convert.FromHexString(other), (first, second) => (byte)(first ^ second))];
}
