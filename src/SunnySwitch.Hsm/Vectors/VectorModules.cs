using SunnySwitch.Hsm.Pkcs11;
using SunnySwitch.Hsm.Software;

namespace SunnySwitch.Hsm.Vectors;

/// <summary>The modules that vectors can be run on, by name.</summary>
public static class VectorModules
{
    /// <summary>
    /// Opens a module of its own for vectors: published examples use keys of wrong parity, equal halves and old key blocks, which
    /// a module refuses otherwise. Null after saying why not.
    /// </summary>
    public static IPaymentHsm? Open(string name, out string problem) => Open(name, null, default, out problem);

    /// <summary>The same; a token needs to be named, and its user PIN.</summary>
    public static IPaymentHsm? Open(string name, Pkcs11Options? token, ReadOnlySpan<byte> pin, out string problem)
    {
        problem = "";
        switch (name)
        {
            case "software":
                return new SoftwareHsm(new SoftwareHsmOptions { TakesAnyKey = true, TakesVariantBlocks = true });
            case "pkcs11" when token is null:
                problem = "the module pkcs11 needs a token: --library, --token and the environment variable SUNNY_TOKEN_PIN";
                return null;
            case "pkcs11":
                try
                {
                    return Pkcs11Hsm.Open(token with { TakesAnyKey = true, TakesVariantBlocks = true }, pin);
                }
                catch (Pkcs11Exception error)
                {
                    problem = error.Message;
                    return null;
                }

            default:
                problem = $"no module is called {name}: there are software and pkcs11";
                return null;
        }
    }

    /// <summary>Why a module cannot run a vector; null if it can.</summary>
    public static string? WhyNot(string name, Vector vector)
    {
        var isVariant = vector.Op == "tr31.unwrap" && vector.Error is null && vector.In.GetProperty("block").GetString()![0] is 'A' or 'C';
        return name == "pkcs11" && isVariant ? "key blocks of versions A and C need variants of a key, which a token does not make" : null;
    }
}
