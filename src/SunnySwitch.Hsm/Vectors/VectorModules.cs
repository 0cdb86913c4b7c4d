using SunnySwitch.Hsm.Software;

namespace SunnySwitch.Hsm.Vectors;

/// <summary>The modules that vectors can be run on, by name.</summary>
public static class VectorModules
{
    /// <summary>
    /// Opens a module of its own for vectors: published examples use keys of wrong parity, equal halves and old key blocks, which
    /// a module refuses otherwise. Null after saying why not.
    /// </summary>
    public static IPaymentHsm? Open(string name, out string problem)
    {
        problem = name switch
        {
            "software" => "",
            "pkcs11" => "the module pkcs11 is not built in this version",
            _ => $"no module is called {name}: there are software and pkcs11",
        };
        return name == "software" ? new SoftwareHsm(new SoftwareHsmOptions { TakesAnyKey = true, TakesVariantBlocks = true }) : null;
    }
}
