using System.Runtime.InteropServices;
using System.Text;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.LowLevelAPI80;

namespace SunnySwitch.Microbench;

/// <summary>The bare calls: one session, keys as session objects, nothing checked but that a call went well, nothing wiped.</summary>
internal sealed class BareToken : IDisposable
{
    private readonly Pkcs11Library _calls;
    private readonly ulong _session;
    private readonly byte[] _in = GC.AllocateArray<byte>(4_096, pinned: true), _out = GC.AllocateArray<byte>(4_096, pinned: true);
    private readonly byte[] _parameter = GC.AllocateArray<byte>(64, pinned: true);
    private readonly CK_ATTRIBUTE[] _des2, _des3, _aes;
    private readonly ulong _issuer, _aesBase;
    private CK_MECHANISM _ecb = new() { Mechanism = (ulong)CKM.CKM_DES3_ECB }, _aesEcb = new() { Mechanism = (ulong)CKM.CKM_AES_ECB };
    private CK_MECHANISM _cmac = new() { Mechanism = (ulong)CKM.CKM_AES_CMAC }, _cbc, _derive16, _derive24, _deriveAes;

    public BareToken(string library, string label)
    {
        _calls = new Pkcs11Library(library);
        _calls.C_Initialize(new CK_C_INITIALIZE_ARGS { Flags = 2 });
        Check(_calls.C_OpenSession(Slot(label), 6, IntPtr.Zero, IntPtr.Zero, ref _session));
        var at = Marshal.UnsafeAddrOfPinnedArrayElement(_parameter, 0);
        BitConverter.TryWriteBytes(_parameter.AsSpan(16), at + 32);
        BitConverter.TryWriteBytes(_parameter.AsSpan(24), 16L);
        _cbc = new CK_MECHANISM { Mechanism = (ulong)CKM.CKM_DES3_CBC, Parameter = at, ParameterLen = 8 };
        _derive16 = new CK_MECHANISM { Mechanism = (ulong)CKM.CKM_DES3_ECB_ENCRYPT_DATA, Parameter = at + 16, ParameterLen = 16 };
        _derive24 = _derive16;
        _deriveAes = _derive16 with { Mechanism = (ulong)CKM.CKM_AES_ECB_ENCRYPT_DATA };
        _des2 = Template(CKK.CKK_DES2, 0);
        _des3 = Template(CKK.CKK_DES3, 0);
        _aes = Template(CKK.CKK_AES, 16);
        (Tdea, OtherTdea, _issuer) = (Generate(CKM.CKM_DES2_KEY_GEN, _des2), Generate(CKM.CKM_DES2_KEY_GEN, _des2), Generate(CKM.CKM_DES2_KEY_GEN, _des2));
        (Aes, AesMac, _aesBase) = (Generate(CKM.CKM_AES_KEY_GEN, _aes), Generate(CKM.CKM_AES_KEY_GEN, _aes), Generate(CKM.CKM_AES_KEY_GEN, _aes));
    }

    public ulong Tdea { get; }

    public ulong OtherTdea { get; }

    public ulong Aes { get; }

    public ulong AesMac { get; }

    public void Encrypt(ulong key, int bytes) => Encrypt(ref _ecb, key, bytes);

    public void EncryptAes() => Encrypt(ref _aesEcb, Aes, 16);

    public void Chain(int bytes) => Encrypt(ref _cbc, Tdea, bytes);

    public void Decrypt(ulong key, int bytes)
    {
        var made = (ulong)_out.Length;
        Check(_calls.C_DecryptInit(_session, ref _ecb, key));
        Check(_calls.C_Decrypt(_session, _in, (ulong)bytes, _out, ref made));
    }

    public void Mac(ulong key, int bytes)
    {
        var made = (ulong)_out.Length;
        Check(_calls.C_SignInit(_session, ref _cmac, key));
        Check(_calls.C_Sign(_session, _in, (ulong)bytes, _out, ref made));
    }

    /// <summary>Card key, session key, its left key three times; CBC under that, the last block under the session key.</summary>
    public void Cryptogram()
    {
        var card = Derive(ref _derive16, _issuer, _des2, 16);
        var session = Derive(ref _derive16, card, _des2, 16);
        var left = Derive(ref _derive24, card, _des3, 24);
        Encrypt(ref _cbc, left, 40);
        Encrypt(ref _ecb, session, 8);
        Check(_calls.C_DestroyObject(_session, left));
        Check(_calls.C_DestroyObject(_session, session));
        Check(_calls.C_DestroyObject(_session, card));
    }

    /// <summary>The initial key, the steps of the counter, the working key; a MAC under it.</summary>
    public void Dukpt(int steps, int bytes)
    {
        Span<ulong> keys = stackalloc ulong[steps + 2];
        var key = _aesBase;
        for (var index = 0; index < keys.Length; index++) key = keys[index] = Derive(ref _deriveAes, key, _aes, 16);
        Mac(key, bytes);
        foreach (var each in keys) Check(_calls.C_DestroyObject(_session, each));
    }

    public void Dispose()
    {
        _calls.C_CloseSession(_session);
        _calls.Dispose();
    }

    private void Encrypt(ref CK_MECHANISM mechanism, ulong key, int bytes)
    {
        var made = (ulong)_out.Length;
        Check(_calls.C_EncryptInit(_session, ref mechanism, key));
        Check(_calls.C_Encrypt(_session, _in, (ulong)bytes, _out, ref made));
    }

    private ulong Derive(ref CK_MECHANISM mechanism, ulong key, CK_ATTRIBUTE[] template, int bytes)
    {
        var made = 0UL;
        BitConverter.TryWriteBytes(_parameter.AsSpan(24), (long)bytes);
        Check(_calls.C_DeriveKey(_session, ref mechanism, key, template, (ulong)template.Length, ref made));
        return made;
    }

    private ulong Generate(CKM type, CK_ATTRIBUTE[] template)
    {
        var (mechanism, made) = (new CK_MECHANISM { Mechanism = (ulong)type }, 0UL);
        Check(_calls.C_GenerateKey(_session, ref mechanism, template, (ulong)template.Length, ref made));
        return made;
    }

    private ulong Slot(string label)
    {
        var count = 0UL;
        Check(_calls.C_GetSlotList(true, null!, ref count));
        var slots = new ulong[count];
        Check(_calls.C_GetSlotList(true, slots, ref count));
        foreach (var slot in slots)
        {
            var token = default(CK_TOKEN_INFO);
            Check(_calls.C_GetTokenInfo(slot, ref token));
            if (Encoding.UTF8.GetString(token.Label).TrimEnd() == label) return slot;
        }

        throw new InvalidOperationException($"no token {label}");
    }

    private static CK_ATTRIBUTE[] Template(CKK type, int bytes)
    {
        var attributes = new List<CK_ATTRIBUTE>
        {
            Attribute(CKA.CKA_CLASS, BitConverter.GetBytes((ulong)CKO.CKO_SECRET_KEY)), Attribute(CKA.CKA_KEY_TYPE, BitConverter.GetBytes((ulong)type)),
        };
        CKA[] set = [CKA.CKA_PRIVATE, CKA.CKA_SENSITIVE, CKA.CKA_ENCRYPT, CKA.CKA_DECRYPT, CKA.CKA_SIGN, CKA.CKA_DERIVE];
        foreach (var each in set) attributes.Add(Attribute(each, [1]));
        foreach (var each in (CKA[])[CKA.CKA_TOKEN, CKA.CKA_EXTRACTABLE]) attributes.Add(Attribute(each, [0]));
        if (bytes > 0) attributes.Add(Attribute(CKA.CKA_VALUE_LEN, BitConverter.GetBytes((ulong)bytes)));
        return [.. attributes];
    }

    private static CK_ATTRIBUTE Attribute(CKA type, byte[] value)
    {
        var pinned = Marshal.AllocHGlobal(value.Length);            // For the time of the bench.
        Marshal.Copy(value, 0, pinned, value.Length);
        return new CK_ATTRIBUTE { type = (ulong)type, value = pinned, valueLen = (ulong)value.Length };
    }

    private static void Check(CKR value)
    {
        if (value != CKR.CKR_OK) throw new InvalidOperationException($"{value}");
    }
}
