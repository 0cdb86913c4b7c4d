namespace SunnySwitch.Core.Stages;

/// <summary>What the MTI asks for.</summary>
internal enum MessageKind : byte
{
    /// <summary>Not one of ours (yet): 12.</summary>
    Unknown,

    /// <summary>A response or a notification: nobody answers those.</summary>
    NotAnswered,

    /// <summary>0100.</summary>
    Authorization,

    /// <summary>0200.</summary>
    Financial,

    /// <summary>0120.</summary>
    AuthorizationAdvice,

    /// <summary>0220.</summary>
    FinancialAdvice,

    /// <summary>0400.</summary>
    ReversalRequest,

    /// <summary>0420.</summary>
    ReversalAdvice,

    /// <summary>0800.</summary>
    Network,
}

/// <summary>Reads the MTI: version, class, function, origin.</summary>
internal static class Mtis
{
    private const int OriginMax = 5;

    public static MessageKind KindOf(ushort mti)
    {
        var function = (mti >> 4) & 0xF;
        if (function is 1 or 3 or 4) return MessageKind.NotAnswered;
        if ((mti & 0xF) > OriginMax) return MessageKind.Unknown;
        return (mti & 0xFFF0) switch
        {
            0x0100 => MessageKind.Authorization,
            0x0120 => MessageKind.AuthorizationAdvice,
            0x0200 => MessageKind.Financial,
            0x0220 => MessageKind.FinancialAdvice,
            0x0400 => MessageKind.ReversalRequest,
            0x0420 => MessageKind.ReversalAdvice,
            0x0800 => MessageKind.Network,
            _ => MessageKind.Unknown,
        };
    }

    /// <summary>An MTI whose request may come after its reversal: authorization or financial, request or advice, 1987.</summary>
    public static bool CanBeOriginal(ushort mti) => (mti & 0xFFF0) is 0x0100 or 0x0200 or 0x0120 or 0x0220;
}
