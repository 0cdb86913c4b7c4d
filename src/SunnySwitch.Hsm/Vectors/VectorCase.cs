using System.Globalization;
using System.Text;
using System.Text.Json;
using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm.Vectors;

/// <summary>A vector under way: its input by name, and what it expects, each value of which has to be asked for.</summary>
internal sealed class VectorCase(Vector vector)
{
    private readonly HashSet<string> _left = vector.Out is { } expected ? [.. expected.EnumerateObject().Select(each => each.Name)] : [];

    /// <summary>First thing that was wrong; null if nothing was.</summary>
    public string? Problem { get; private set; }

    /// <summary>The vector's error, or null.</summary>
    public string? Error => vector.Error;

    /// <summary>A string of the input; empty if it is not there.</summary>
    public string Text(string name) => vector.In.TryGetProperty(name, out var value) ? value.ToString() : "";

    /// <summary>Hex of the input.</summary>
    public byte[] Hex(string name) => Convert.FromHexString(Text(name));

    /// <summary>ASCII of the input.</summary>
    public byte[] Ascii(string name) => Encoding.ASCII.GetBytes(Text(name));

    /// <summary>A whole number of the input.</summary>
    public int Number(string name) => int.Parse(Text(name), CultureInfo.InvariantCulture);

    /// <summary>An object of the input.</summary>
    public JsonElement Part(string name) => vector.In.GetProperty(name);

    /// <summary>What is expected under a name; null if nothing is. It counts as looked at.</summary>
    public JsonElement? Expected(string name)
    {
        _left.Remove(name);
        return vector.Out is { } expected && expected.TryGetProperty(name, out var value) ? value : null;
    }

    /// <summary>
    /// Compares a value, unless none is expected. Keys and PINs of a vector are public, but are not repeated all the same.
    /// </summary>
    public void Expect(string name, ReadOnlySpan<byte> actual) => Expect(name, Convert.ToHexString(actual));

    /// <summary>Compares a value, unless none is expected.</summary>
    public void Expect(string name, string actual)
    {
        if (Expected(name) is { } expected && expected.ToString() != actual) Fail($"{name} differs");
    }

    /// <summary>A condition that has to hold.</summary>
    public void Hold(bool condition, string what)
    {
        if (!condition) Fail(what);
    }

    /// <summary>The result that has to come out.</summary>
    public void Expect(HsmResult expected, HsmResult actual, string call) => Hold(expected == actual, $"{call}: {actual.Text()}");

    /// <summary>That the result is a refusal, and one of the kind that the vector names.</summary>
    public void ExpectRefusal(
        HsmResult actual) => Hold(Kinds(vector.Error!).Contains(actual), $"refused as {vector.Error}, is: {actual.Text()}");

    /// <summary>Ends it: what was expected and not looked at is a failure too.</summary>
    public string? End()
    {
        // Notes for the reader, not results.
        _left.Remove("rule");
        _left.Remove("clear_pin_never_leaves");
        if (Problem is null && _left.Count > 0) Fail($"not compared: {string.Join(", ", _left)}");
        return Problem;
    }

    private void Fail(string what) => Problem ??= what;

    private static HsmResult[] Kinds(string error) => error switch
    {
        "format" or "length" => [HsmResult.PinBlockFormat],
        "digits" or "filler" => [HsmResult.PinBlockPan],
        "pin_block:format" => [HsmResult.PinBlockFormat, HsmResult.PinBlockPan],
        "forbidden_translation" => [HsmResult.ForbiddenTranslation],
        "pan_change_forbidden" => [HsmResult.PanChange],
        "ksn_counter_zero" or "ksn_counter_more_than_10_bits" or "ksn_counter_more_than_16_bits" => [HsmResult.CounterNotAllowed],
        // A block of another version is refused before its MAC is computed.
        "reject:mac" => [HsmResult.KeyBlockMac, HsmResult.KeyBlockVersion],
        "reject:length" => [HsmResult.KeyBlockLength],
        "domain_too_small" or "bad_symbol" or "bad_pvki" or "bad_pin" => [HsmResult.BadInput],
        _ => [],
    };

    /// <summary>Attributes of a key that may leave.</summary>
    public static KeyAttributes Attributes(
        KeyUsage usage, KeyAlgorithm algorithm, KeyMode mode) => new(usage, algorithm, mode, KeyExportability.Exportable);
}
