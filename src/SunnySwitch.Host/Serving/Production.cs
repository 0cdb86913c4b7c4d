using SunnySwitch.Host.Options;
using SunnySwitch.Hsm.Ledger;

namespace SunnySwitch.Host.Serving;

/// <summary>What <c>mode: production</c> asks of keys and of what holds them.</summary>
internal static class Production
{
    /// <summary>One loud line where it is not asked for.</summary>
    public static string Warning(SwitchOptions options) => options.Hsm?.Module == "pkcs11"
        ? "WARNING: development mode: nobody checks that tokens are secure devices, keys unpublished and links enciphered; mode: production does"
        : "WARNING: development mode: keys lie in this process's memory, under a master key in a file. No real key, card or PIN belongs here; "
            + "mode: production refuses this";

    /// <summary>Stops a start before anything is made.</summary>
    /// <exception cref="OptionsException">What is in the way, and what to do.</exception>
    public static void Check(SwitchOptions options, string module, bool isSecureDevice, bool isMasterAFile, KeyLedger? ledger)
    {
        if (options.Mode != "production") return;
        var problems = new List<string>();
        const string Else = "or mode: development for tests";
        if (!isSecureDevice) problems.Add($"mode: production, but the module is {module}, which is no secure device (PCI PIN 1): configure an HSM, {Else}");
        if (isMasterAFile) problems.Add($"mode: production, but the master key is the file master.key (PCI PIN 21): let a token hold it, {Else}");
        foreach (var key in ledger?.Published() ?? [])
            problems.Add($"mode: production, but {key} (PCI PIN 19): make another with sunny key rotate, then retire this one");
        if (problems.Count > 0) throw new OptionsException(problems);
    }
}
