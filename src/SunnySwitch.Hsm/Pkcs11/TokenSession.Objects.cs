using Net.Pkcs11Interop.Common;
using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm.Pkcs11;

/// <content>Objects: how keys are made, wrapped, unwrapped, found and destroyed.</content>
internal sealed partial class TokenSession
{
    /// <summary>Shortest HMAC key that tokens take; a shorter one is the same key with zeros behind.</summary>
    public const int HmacBytesMin = 32;

    /// <summary>Makes a session object of a clear key, sensitive, and extractable until <see cref="Close(ulong, in KeyAttributes)"/>.</summary>
    public ulong Create(in KeyAttributes attributes, ReadOnlySpan<byte> key)
    {
        Begin(in attributes, key.Length).With(CKA.CKA_VALUE, key);
        var made = 0UL;
        var value = _calls.C_CreateObject(Number, _template.Attributes, _template.Count, ref made);
        _template.Clear();
        TokenErrors.Check(value, "C_CreateObject");
        return made;
    }

    /// <summary>Makes a random one inside.</summary>
    public ulong Generate(in KeyAttributes attributes, int bytes)
    {
        var type = attributes.Algorithm switch
        {
            KeyAlgorithm.Tdea => bytes == 16 ? CKM.CKM_DES2_KEY_GEN : CKM.CKM_DES3_KEY_GEN,
            KeyAlgorithm.Aes => CKM.CKM_AES_KEY_GEN,
            _ => CKM.CKM_GENERIC_SECRET_KEY_GEN,
        };
        Begin(in attributes, bytes);
        if (attributes.Algorithm != KeyAlgorithm.Tdea) _template.With(CKA.CKA_VALUE_LEN, (ulong)bytes);
        return Generate(type);
    }

    /// <summary>An AES-256 key that wraps keys of this module: of the session, or (with a label) of the token, for ever.</summary>
    public ulong GenerateWrapping(ReadOnlySpan<byte> label, ReadOnlySpan<byte> id) => GenerateMaster(label, id, CKA.CKA_WRAP, CKA.CKA_UNWRAP);

    /// <summary>A key of this process that wraps one key, once.</summary>
    public ulong CreateWrapping(ReadOnlySpan<byte> key)
    {
        _template.Clear().With(CKA.CKA_CLASS, (ulong)CKO.CKO_SECRET_KEY).With(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_AES).With(CKA.CKA_TOKEN, false)
            .With(CKA.CKA_SENSITIVE, true).With(CKA.CKA_EXTRACTABLE, false).With(CKA.CKA_WRAP, true).With(CKA.CKA_VALUE, key);
        var made = 0UL;
        var value = _calls.C_CreateObject(Number, _template.Attributes, _template.Count, ref made);
        _template.Clear();
        TokenErrors.Check(value, "C_CreateObject");
        return made;
    }

    /// <summary>An AES-256 key that authenticates the blocks of this module.</summary>
    public ulong GenerateMac(ReadOnlySpan<byte> label, ReadOnlySpan<byte> id) => GenerateMaster(label, id, CKA.CKA_SIGN, CKA.CKA_VERIFY);

    /// <summary>An object of the token by label and id; 0 if there is none.</summary>
    public ulong FindMaster(ReadOnlySpan<byte> label, ReadOnlySpan<byte> id)
    {
        _template.Clear().With(CKA.CKA_CLASS, (ulong)CKO.CKO_SECRET_KEY).With(CKA.CKA_TOKEN, true).With(CKA.CKA_LABEL, label).With(CKA.CKA_ID, id);
        TokenErrors.Check(_calls.C_FindObjectsInit(Number, _template.Attributes, _template.Count), "C_FindObjectsInit");
        var (found, count) = (new ulong[2], 0UL);
        var value = _calls.C_FindObjects(Number, found, 2, ref count);
        TokenErrors.Check(_calls.C_FindObjectsFinal(Number), "C_FindObjectsFinal");
        TokenErrors.Check(value, "C_FindObjects");
        return count == 1 ? found[0] : 0;
    }

    /// <summary>Wraps an extractable key; the bytes are no secret.</summary>
    public byte[] Wrap(ulong wrapping, ulong key)
    {
        var made = (ulong)BufferBytes;
        TokenErrors.Check(_calls.C_WrapKey(Number, ref _wrap, wrapping, key, _out, ref made), "C_WrapKey");
        _used = Math.Max(_used, (int)made);
        return _out.AsSpan(0, (int)made).ToArray();
    }

    /// <summary>Makes a session object of a wrapped key, sensitive, and extractable until <see cref="Close(ulong, in KeyAttributes)"/>.</summary>
    public ulong Unwrap(ulong wrapping, in KeyAttributes attributes, int bytes, byte[] wrapped)
    {
        Begin(in attributes, bytes);
        var made = 0UL;
        TokenErrors.Check(
            _calls.C_UnwrapKey(Number, ref _wrap, wrapping, wrapped, (ulong)wrapped.Length, _template.Attributes, _template.Count, ref made),
            "C_UnwrapKey");
        return made;
    }

    /// <summary>Leaves an object what its key's usage needs, and takes the rest away: it never leaves again.</summary>
    public void Close(ulong key, in KeyAttributes attributes)
    {
        var isFree = attributes.Mode is KeyMode.Both or KeyMode.Any;
        var (encrypts, decrypts, signs, derives) = attributes.Usage switch
        {
            KeyUsage.PinEncryption or KeyUsage.Data =>
                (isFree || attributes.Mode == KeyMode.Encrypt, isFree || attributes.Mode == KeyMode.Decrypt, false, false),
            KeyUsage.MacCmac or KeyUsage.MacHmac or KeyUsage.KeyEncryption or KeyUsage.KeyBlockProtection => (false, false, true, false),
            KeyUsage.EmvCryptogram or KeyUsage.EmvScriptMac or KeyUsage.EmvDynamicNumber => (false, false, false, true),
            KeyUsage.BaseDerivation => (attributes.Algorithm == KeyAlgorithm.Tdea, false, false, attributes.Algorithm == KeyAlgorithm.Aes),
            KeyUsage.InitialDukpt => (false, false, false, false),
            _ => (true, false, false, false),
        };
        _template.Clear().With(CKA.CKA_EXTRACTABLE, false).With(CKA.CKA_ENCRYPT, encrypts).With(CKA.CKA_DECRYPT, decrypts)
            .With(CKA.CKA_SIGN, signs).With(CKA.CKA_DERIVE, derives);
        TokenErrors.Check(_calls.C_SetAttributeValue(Number, key, _template.Attributes, _template.Count), "C_SetAttributeValue");
    }

    /// <summary>Destroys an object, also one that is gone already.</summary>
    public void Destroy(ulong key)
    {
        if (key != 0) _calls.C_DestroyObject(Number, key);
    }

    private ulong GenerateMaster(ReadOnlySpan<byte> label, ReadOnlySpan<byte> id, CKA first, CKA second)
    {
        _template.Clear().With(CKA.CKA_TOKEN, !label.IsEmpty).With(CKA.CKA_PRIVATE, true).With(CKA.CKA_SENSITIVE, true)
            .With(CKA.CKA_EXTRACTABLE, false).With(CKA.CKA_VALUE_LEN, 32UL).With(first, true).With(second, true);
        if (!label.IsEmpty) _template.With(CKA.CKA_LABEL, label).With(CKA.CKA_ID, id);
        return Generate(CKM.CKM_AES_KEY_GEN);
    }

    private ulong Generate(CKM type)
    {
        var mechanism = Plain(type);
        var made = 0UL;
        TokenErrors.Check(_calls.C_GenerateKey(Number, ref mechanism, _template.Attributes, _template.Count, ref made), "C_GenerateKey");
        return made;
    }

    private TokenTemplate Begin(in KeyAttributes attributes, int bytes)
    {
        var type = attributes.Algorithm switch
        {
            KeyAlgorithm.Tdea => bytes == 16 ? CKK.CKK_DES2 : CKK.CKK_DES3,
            KeyAlgorithm.Aes => CKK.CKK_AES,
            _ => CKK.CKK_GENERIC_SECRET,
        };
        return _template.Clear().With(CKA.CKA_CLASS, (ulong)CKO.CKO_SECRET_KEY).With(CKA.CKA_KEY_TYPE, (ulong)type)
            .With(CKA.CKA_TOKEN, false).With(CKA.CKA_PRIVATE, true).With(CKA.CKA_SENSITIVE, true).With(CKA.CKA_EXTRACTABLE, true)
            .With(CKA.CKA_ENCRYPT, true).With(CKA.CKA_DECRYPT, true).With(CKA.CKA_SIGN, true).With(CKA.CKA_DERIVE, true);
    }
}
