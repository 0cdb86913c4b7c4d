namespace SunnySwitch.Hsm.Dukpt;

/// <summary>Which of a transaction's keys: a variant for TDEA (X9.24-1:2009 A.4.1), a key usage for AES (X9.24-3:2017 table 2).</summary>
public enum DukptUse : byte
{
    /// <summary>PIN encryption.</summary>
    Pin = 0,

    /// <summary>MAC of the device's request.</summary>
    MacRequest = 1,

    /// <summary>MAC of the answer to it.</summary>
    MacResponse = 2,

    /// <summary>Data of the request.</summary>
    DataRequest = 3,

    /// <summary>Data of the answer.</summary>
    DataResponse = 4,
}

/// <summary>Type of an AES DUKPT working key (X9.24-3:2017 table 3).</summary>
public enum DukptKeyType : byte
{
    /// <summary>As long as the base derivation key.</summary>
    AsBase = 0,

    /// <summary>AES-128.</summary>
    Aes128 = 2,

    /// <summary>AES-192.</summary>
    Aes192 = 3,

    /// <summary>AES-256.</summary>
    Aes256 = 4,
}
