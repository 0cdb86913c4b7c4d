namespace SunnySwitch.Hsm.Pkcs11;

/// <summary>Why a token could not be opened.</summary>
public enum Pkcs11Problem : byte
{
    /// <summary>The options are not complete.</summary>
    Options = 1,

    /// <summary>The library is not there, or is none.</summary>
    Library = 2,

    /// <summary>No token has that label or slot.</summary>
    NoToken = 3,

    /// <summary>The user PIN is wrong. It was tried once.</summary>
    WrongPin = 4,

    /// <summary>The token is locked, or one wrong PIN away from it: nothing was tried.</summary>
    PinLocked = 5,

    /// <summary>The token does not do what this module needs, or does it wrongly.</summary>
    Mechanism = 6,

    /// <summary>The token failed otherwise.</summary>
    Failed = 7,
}

/// <summary>A token that could not be opened: the text says what happened and what to do.</summary>
public sealed class Pkcs11Exception(Pkcs11Problem problem, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Which.</summary>
    public Pkcs11Problem Problem { get; } = problem;
}
