using System.Globalization;

namespace SunnySwitch.Hsm.Keys;

/// <summary>Attributes of keys as people write them: the characters of X9.143.</summary>
public static class KeyText
{
    private static readonly KeyUsage[] _deriving =
        [KeyUsage.BaseDerivation, KeyUsage.InitialDukpt, KeyUsage.EmvCryptogram, KeyUsage.EmvScriptMac, KeyUsage.EmvDynamicNumber];

    private static readonly KeyUsage[] _enciphering =
        [KeyUsage.PinEncryption, KeyUsage.Data, KeyUsage.KeyEncryption, KeyUsage.KeyBlockProtection, KeyUsage.Tokens];

    /// <summary>Two characters: P0.</summary>
    public static string Usage(ushort usage) => $"{(char)(usage >> 8)}{(char)(usage & 0xFF)}";

    /// <summary>Upper-case hex, as <see cref="HsmKey.CheckValue"/> has it: six digits for TDEA, ten for others.</summary>
    public static string CheckValue(byte algorithm, ulong value) =>
        value.ToString(algorithm == (byte)KeyAlgorithm.Tdea ? "X6" : "X10", CultureInfo.InvariantCulture);

    /// <summary>A check value as a number.</summary>
    public static ulong CheckValue(HsmKey key) => ulong.Parse(key.CheckValue, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>
    /// Reads attributes. Without a mode, the widest that the usage has: B, C or X; without an exportability, N: it never leaves.
    /// </summary>
    public static KeyAttributes? Read(string? usage, string? algorithm, string? mode, string? exportability, List<string> problems)
    {
        var before = problems.Count;
        var code = usage is { Length: 2 } ? (KeyUsage)(usage[0] << 8 | usage[1]) : KeyUsage.None;
        if (code == KeyUsage.None || !Enum.IsDefined(code)) problems.Add($"usage: one of {string.Join(", ", Usages())}");
        var cipher = One(algorithm);
        if (!Enum.IsDefined((KeyAlgorithm)cipher)) problems.Add("algorithm: T (TDEA), A (AES) or H (HMAC)");
        var direction = string.IsNullOrEmpty(mode) ? UsualMode(code) : (KeyMode)One(mode);
        if (!Enum.IsDefined(direction)) problems.Add("mode: one of B, C, D, E, G, N, V, X");
        var leaves = string.IsNullOrEmpty(exportability) ? KeyExportability.Never : (KeyExportability)One(exportability);
        if (!Enum.IsDefined(leaves)) problems.Add("exportability: E (under another key), S (likewise) or N (never)");
        if (problems.Count > before) return null;
        var attributes = new KeyAttributes(code, (KeyAlgorithm)cipher, direction, leaves);
        if (KeyRules.CheckPossible(in attributes) is var possible and not HsmResult.Done) problems.Add($"usage, algorithm, mode: {possible.Text()}");
        return problems.Count > before ? null : attributes;
    }

    private static KeyMode UsualMode(KeyUsage usage) =>
        _deriving.Contains(usage) ? KeyMode.Derive : _enciphering.Contains(usage) ? KeyMode.Both : KeyMode.GenerateAndVerify;

    private static IEnumerable<string> Usages() => Enum.GetValues<KeyUsage>().Where(usage => usage != KeyUsage.None).Select(usage => Usage((ushort)usage));

    private static byte One(string? text) => text is { Length: 1 } && text[0] < 128 ? (byte)text[0] : (byte)0;
}
