namespace SunnySwitch.Core.Domain;

/// <summary>Who bears a fraud with an e-commerce payment, as far as the authentication of its cardholder tells.</summary>
public enum Liability
{
    /// <summary>It is no e-commerce payment.</summary>
    None,

    /// <summary>The acquirer: nobody was authenticated, or the proof of it is wrong.</summary>
    Acquirer,

    /// <summary>The issuer: the cardholder was authenticated, or that was tried, and the proof of it is right.</summary>
    Issuer,

    /// <summary>An authentication is claimed, and there was no proof of it, or nobody who could verify it.</summary>
    Unproved,
}

/// <summary>What a request says of an e-commerce payment. Computed from the frame, in none itself.</summary>
public static class Electronic
{
    /// <summary>True for an e-commerce payment. DE22: 81, where a dialect has no indicator of it.</summary>
    public static bool IsElectronic(in Request request) =>
        request.Indicator >= 0 || (request.Has & RequestHas.AuthenticationValue) != 0 || request.EntryMode / 10 == 81;

    /// <summary>True if it says that the cardholder was authenticated (5, 2), or that this was tried (6, 1).</summary>
    public static bool Claims(in Request request) => request.Indicator is 5 or 6 or 1 or 2;

    /// <summary>Who bears a fraud with it.</summary>
    public static Liability LiabilityOf(in Request request)
    {
        if (!IsElectronic(in request)) return Liability.None;
        return request.Security.Authentication switch
        {
            SecurityVerdict.Right => Claims(in request) || request.Indicator < 0 ? Liability.Issuer : Liability.Acquirer,
            SecurityVerdict.Wrong or SecurityVerdict.Malformed => Liability.Acquirer,
            _ => Claims(in request) ? Liability.Unproved : Liability.Acquirer,
        };
    }
}
