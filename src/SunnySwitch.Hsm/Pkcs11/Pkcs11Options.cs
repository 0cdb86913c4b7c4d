namespace SunnySwitch.Hsm.Pkcs11;

/// <summary>Which token, and how many calls at a time. The user PIN is not here: who opens the module reads it from where it is kept.</summary>
public sealed record Pkcs11Options : HsmModuleOptions
{
    /// <summary>The token's library, a path.</summary>
    public required string Library { get; init; }

    /// <summary>Label of the token, without the spaces at its end.</summary>
    public string TokenLabel { get; init; } = "";

    /// <summary>Slot, where labels are not unique; else the label decides.</summary>
    public ulong? Slot { get; init; }

    /// <summary>Sessions: as many threads work at a time, others wait.</summary>
    public int Sessions { get; init; } = 4;

    /// <summary>How long a thread waits for a session: then it is <see cref="HsmResult.TimedOut"/>.</summary>
    public TimeSpan SessionWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What is wrong with it, all at once.</summary>
    public IEnumerable<string> Problems()
    {
        if (Library.Length == 0) yield return "Library: the path of the token's PKCS#11 library";
        if (TokenLabel.Length == 0 && Slot is null) yield return "TokenLabel or Slot: which token";
        if (Sessions is < 1 or > 256) yield return $"Sessions: 1 to 256, is {Sessions}";
    }
}
