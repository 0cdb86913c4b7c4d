namespace SunnySwitch.Hsm.Pins;

/// <summary>PIN block formats of ISO 9564-1:2017. Others are not taken (PCI PIN requirement 3-3).</summary>
public enum PinFormat : byte
{
    /// <summary>Format 0: PIN xor PAN. TDEA, 8 bytes.</summary>
    Iso0 = 0,

    /// <summary>Format 1: PIN and a unique filler, where the PAN is not known. TDEA, 8 bytes.</summary>
    Iso1 = 1,

    /// <summary>Format 2: towards a chip card only, never across a network.</summary>
    Iso2 = 2,

    /// <summary>Format 3: as 0, with a random filler. TDEA, 8 bytes.</summary>
    Iso3 = 3,

    /// <summary>Format 4: PIN and PAN in two rounds of AES. 16 bytes.</summary>
    Iso4 = 4,
}

/// <summary>PCI PIN v3.1 requirement 3-3: which format may be translated into which.</summary>
public static class PinTranslations
{
    // Rows: from 0, 1, 2, 3, 4; columns: to 0, 1, 2, 3, 4. Format 1 knows no PAN, so that going to it would break the binding;
    // format 2 belongs to the card.
    private const string Allowed =
        "x..xx" +
        "xx.xx" +
        "....." +
        "x..xx" +
        "x..xx";

    /// <summary>Whether the translation is allowed. A PAN may be given to a block that had none (format 1), and never changed.</summary>
    public static HsmResult Check(PinFormat from, PinFormat to, bool isSamePan = true)
    {
        if (from > PinFormat.Iso4 || to > PinFormat.Iso4 || Allowed[(int)from * 5 + (int)to] != 'x') return HsmResult.ForbiddenTranslation;
        return isSamePan || from == PinFormat.Iso1 ? HsmResult.Done : HsmResult.PanChange;
    }
}
