using SunnySwitch.Core.Domain;

namespace SunnySwitch.Hsm;

/// <summary>
/// How an operation ended. One value for each thing that can be wrong, so that an operator knows what to look at; about a PIN
/// none says more than yes or no. Numbers are frozen: metrics and audits keep them.
/// </summary>
public enum HsmResult : byte
{
    /// <summary>Done; of a check: it holds.</summary>
    Done = 0,

    /// <summary>The PIN is not the card's.</summary>
    WrongPin = 1,

    /// <summary>Too many wrong PINs. No module says so: whoever counts the tries does.</summary>
    PinTriesExceeded = 2,

    /// <summary>The deciphered block is not of the format that was named: another key, another format, or (format 4) another PAN.</summary>
    PinBlockFormat = 3,

    /// <summary>The block is of the format, but not of this PAN: fill or digits do not fit.</summary>
    PinBlockPan = 4,

    /// <summary>PCI PIN requirement 3-3 does not let this format be translated into that one.</summary>
    ForbiddenTranslation = 5,

    /// <summary>PCI PIN requirement 3-3 does not let the PAN change with the translation.</summary>
    PanChange = 6,

    /// <summary>CVV, CVV2, iCVV, dCVV or CVC3 is not the right one.</summary>
    WrongCardCode = 7,

    /// <summary>The application cryptogram is not the right one.</summary>
    WrongCryptogram = 8,

    /// <summary>The MAC is not the right one.</summary>
    WrongMac = 9,

    /// <summary>The counter is zero, or has more one bits than the standard allows (10 for TDEA, 16 for AES): no device sends it.</summary>
    CounterNotAllowed = 10,

    /// <summary>The KSN has the wrong length for the key, or is missing.</summary>
    KsnMalformed = 11,

    /// <summary>The key is not for this: its usage is another one.</summary>
    KeyUsage = 12,

    /// <summary>The key's mode of use does not include this (a key to verify asked to generate).</summary>
    KeyMode = 13,

    /// <summary>The key's algorithm cannot do this, or is not allowed at all (single DES).</summary>
    KeyAlgorithm = 14,

    /// <summary>The key may not leave the module.</summary>
    KeyNotExportable = 15,

    /// <summary>No such key in this module (any more).</summary>
    UnknownKey = 16,

    /// <summary>A byte of a TDEA key has even parity.</summary>
    KeyParity = 17,

    /// <summary>The key is weak: equal halves, a weak DES key, all bytes the same; or components that add up to nothing.</summary>
    KeyWeak = 18,

    /// <summary>The key is published: a production module refuses it.</summary>
    KeyPublished = 19,

    /// <summary>The key has not the length that its algorithm asks for.</summary>
    KeyLength = 20,

    /// <summary>The key-encrypting key is weaker than the key (PCI PIN requirement 21-1).</summary>
    KekTooWeak = 21,

    /// <summary>The key block is not as long as it says: truncated, or something was added.</summary>
    KeyBlockLength = 22,

    /// <summary>The key block's header or text cannot be read.</summary>
    KeyBlockMalformed = 23,

    /// <summary>The key block's MAC does not hold: changed, or wrapped by another key.</summary>
    KeyBlockMac = 24,

    /// <summary>
    /// A version of key blocks that is not taken: A and C unless allowed, others always; or not of this key-encrypting key.
    /// </summary>
    KeyBlockVersion = 25,

    /// <summary>An argument is outside of what the operation takes: digits, lengths, tables.</summary>
    BadInput = 26,

    /// <summary>The target is too short for what would be written.</summary>
    TargetTooShort = 27,

    /// <summary>The module has no room, no token, or failed.</summary>
    ModuleFailed = 28,

    /// <summary>The token is not there any more, or its session is: removed, reset, or the way to it is cut.</summary>
    DeviceRemoved = 29,

    /// <summary>The token has no room for another object or session.</summary>
    DeviceFull = 30,

    /// <summary>The token's library found no memory.</summary>
    NoMemory = 31,

    /// <summary>No session was free in time, or the token did not answer in time.</summary>
    TimedOut = 32,

    /// <summary>The token says that nobody is logged in.</summary>
    NotLoggedIn = 33,

    /// <summary>The token cannot do this step.</summary>
    NotInModule = 34,
}

/// <summary>What results mean to people and on the wire.</summary>
public static class HsmResults
{
    /// <summary>One sentence, without data.</summary>
    public static string Text(this HsmResult result) => result switch
    {
        HsmResult.Done => "done",
        HsmResult.WrongPin => "wrong PIN",
        HsmResult.PinTriesExceeded => "PIN tries exceeded",
        HsmResult.PinBlockFormat => "the PIN block is not of the format named: wrong key, format or PAN",
        HsmResult.PinBlockPan => "the PIN block is not of this PAN",
        HsmResult.ForbiddenTranslation => "this translation of PIN block formats is forbidden (PCI PIN 3-3)",
        HsmResult.PanChange => "the PAN may not change with a translation (PCI PIN 3-3)",
        HsmResult.WrongCardCode => "wrong card verification code",
        HsmResult.WrongCryptogram => "wrong application cryptogram",
        HsmResult.WrongMac => "wrong MAC",
        HsmResult.CounterNotAllowed => "a KSN counter that no device sends",
        HsmResult.KsnMalformed => "the KSN does not fit the key",
        HsmResult.KeyUsage => "the key is for another use",
        HsmResult.KeyMode => "the key's mode of use does not include this",
        HsmResult.KeyAlgorithm => "the key's algorithm is not for this, or not allowed",
        HsmResult.KeyNotExportable => "the key may not leave",
        HsmResult.UnknownKey => "no such key",
        HsmResult.KeyParity => "the key has wrong parity",
        HsmResult.KeyWeak => "the key is weak",
        HsmResult.KeyPublished => "the key is a published test key",
        HsmResult.KeyLength => "the key has a wrong length",
        HsmResult.KekTooWeak => "the key-encrypting key is weaker than the key",
        HsmResult.KeyBlockLength => "the key block is not as long as it says",
        HsmResult.KeyBlockMalformed => "the key block cannot be read",
        HsmResult.KeyBlockMac => "the key block was changed, or is another key's",
        HsmResult.KeyBlockVersion => "key blocks of this version are not taken",
        HsmResult.BadInput => "an argument is out of range",
        HsmResult.TargetTooShort => "the target is too short",
        HsmResult.ModuleFailed => "the module failed",
        HsmResult.DeviceRemoved => "the token is gone",
        HsmResult.DeviceFull => "the token is full",
        HsmResult.NoMemory => "the token's library has no memory",
        HsmResult.TimedOut => "the token did not answer in time",
        HsmResult.NotLoggedIn => "the token wants a log-in",
        HsmResult.NotInModule => "the token cannot do this",
        _ => "unknown",
    };

    /// <summary>True of what says nothing of what was asked, but of the module: another one may do it.</summary>
    public static bool IsOfModule(this HsmResult result) =>
        result is >= HsmResult.ModuleFailed and < HsmResult.NotInModule;

    /// <summary>
    /// DE39 of 1987 that a declined request gets for it: 55 wrong PIN, 75 tries, 81 PIN cryptography, 82 card code or cryptogram,
    /// 63 MAC, 88 cryptography, 96 the module or its configuration.
    /// </summary>
    public static ResponseCode Code(this HsmResult result) => result switch
    {
        HsmResult.Done => ResponseCode.Approved,
        HsmResult.WrongPin => ResponseCode.Of('5', '5'),
        HsmResult.PinTriesExceeded => ResponseCode.Of('7', '5'),
        HsmResult.PinBlockFormat or HsmResult.PinBlockPan => ResponseCode.Of('8', '1'),
        HsmResult.ForbiddenTranslation or HsmResult.PanChange => ResponseCode.Of('8', '6'),
        HsmResult.WrongCardCode or HsmResult.WrongCryptogram => ResponseCode.Of('8', '2'),
        HsmResult.WrongMac => ResponseCode.Of('6', '3'),
        HsmResult.BadInput or HsmResult.TargetTooShort or (>= HsmResult.ModuleFailed and <= HsmResult.NotInModule) => ResponseCode.Of('9', '6'),
        _ => ResponseCode.Of('8', '8'),
    };
}
