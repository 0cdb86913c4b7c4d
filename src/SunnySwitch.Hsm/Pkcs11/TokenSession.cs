using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.LowLevelAPI80;
using SunnySwitch.Hsm.Ciphers;

namespace SunnySwitch.Hsm.Pkcs11;

/// <summary>
/// One session with a token, for one operation of one thread at a time. What goes in and comes out lies in two pinned buffers, which
/// are wiped when the operation ends; keys that it derived are destroyed then. Nothing is allocated on the way.
/// </summary>
internal sealed partial class TokenSession : OutsideCipher
{
    /// <summary>Longest data of one call: what operations take, a block more for padding, and a key block's head.</summary>
    private const int BufferBytes = 8_192 + 1_024;

    private const int BlockBytes = 16, DataAt = 32, ParameterBytes = 64, DerivedMax = 64;
    private readonly Pkcs11Library _calls;
    private readonly byte[] _in = GC.AllocateArray<byte>(BufferBytes, pinned: true);
    private readonly byte[] _out = GC.AllocateArray<byte>(BufferBytes, pinned: true);

    // 0 vector | 16 address and length of derivation data | 32 the data.
    private readonly byte[] _parameter = GC.AllocateArray<byte>(ParameterBytes, pinned: true);
    private readonly Derived[] _derived = new Derived[DerivedMax];
    private readonly TokenTemplate _template = new();
    private CK_MECHANISM _des3Ecb, _des3Cbc, _des3Cmac, _des3Derive, _aesEcb, _aesCbc, _aesCmac, _aesDerive, _hmac, _wrap;
    private int _used;
    private int _derivedCount;

    private record struct Derived(ulong Key, ulong From, ulong LeftData, ulong Left);

    public TokenSession(Pkcs11Library calls, ulong slot)
    {
        _calls = calls;
        _des3Ecb = Plain(CKM.CKM_DES3_ECB);
        _des3Cbc = WithVector(CKM.CKM_DES3_CBC, 8);
        _des3Cmac = Plain(CKM.CKM_DES3_CMAC);
        _des3Derive = WithData(CKM.CKM_DES3_ECB_ENCRYPT_DATA);
        _aesEcb = Plain(CKM.CKM_AES_ECB);
        _aesCbc = WithVector(CKM.CKM_AES_CBC, BlockBytes);
        _aesCmac = Plain(CKM.CKM_AES_CMAC);
        _aesDerive = WithData(CKM.CKM_AES_ECB_ENCRYPT_DATA);
        _hmac = Plain(CKM.CKM_SHA256_HMAC);
        _wrap = Plain(CKM.CKM_AES_KEY_WRAP_PAD);
        var session = 0UL;
        TokenErrors.Check(calls.C_OpenSession(slot, SessionFlags, IntPtr.Zero, IntPtr.Zero, ref session), "C_OpenSession");
        Number = session;
    }

    // Serial, and read-write: objects are made.
    private const ulong SessionFlags = 0x4 | 0x2;

    /// <summary>Its number in the library.</summary>
    public ulong Number { get; }

    /// <summary>True if nothing of an operation is left; for the proof that it is so.</summary>
    internal bool IsWiped =>
        _derivedCount == 0 && !_in.AsSpan().ContainsAnyExcept((byte)0) && !_out.AsSpan().ContainsAnyExcept((byte)0) &&
        !_parameter.AsSpan(0, BlockBytes).ContainsAnyExcept((byte)0) && !_parameter.AsSpan(DataAt).ContainsAnyExcept((byte)0);

    /// <summary>The operation ended: buffers are wiped, derived keys destroyed.</summary>
    public void End()
    {
        if (_used > 0)
        {
            CryptographicOperations.ZeroMemory(_in.AsSpan(0, _used));
            CryptographicOperations.ZeroMemory(_out.AsSpan(0, _used));
            _parameter.AsSpan(0, BlockBytes).Clear();
            _parameter.AsSpan(DataAt).Clear();
            _used = 0;
        }

        for (; _derivedCount > 0; _derivedCount--)
        {
            ref readonly var each = ref _derived[_derivedCount - 1];
            _calls.C_DestroyObject(Number, each.Key);
            if (each.Left != 0) _calls.C_DestroyObject(Number, each.Left);
        }
    }

    /// <summary>Closes the session: its objects are gone.</summary>
    public void Close()
    {
        End();
        _calls.C_CloseSession(Number);
    }

    /// <inheritdoc/>
    public override ulong Encrypt64(ulong key, ulong block)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_in, block);
        Encrypt(ref _des3Ecb, key, 8);
        return BinaryPrimitives.ReadUInt64BigEndian(_out);
    }

    /// <inheritdoc/>
    public override ulong Decrypt64(ulong key, ulong block)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_in, block);
        Decrypt(ref _des3Ecb, key, 8);
        return BinaryPrimitives.ReadUInt64BigEndian(_out);
    }

    /// <inheritdoc/>
    public override Vector128<byte> Encrypt128(ulong key, Vector128<byte> block)
    {
        block.CopyTo(_in);
        Encrypt(ref _aesEcb, key, BlockBytes);
        return Vector128.Create<byte>(_out.AsSpan(0, BlockBytes));
    }

    /// <inheritdoc/>
    public override Vector128<byte> Decrypt128(ulong key, Vector128<byte> block)
    {
        block.CopyTo(_in);
        Decrypt(ref _aesEcb, key, BlockBytes);
        return Vector128.Create<byte>(_out.AsSpan(0, BlockBytes));
    }

    /// <inheritdoc/>
    public override ulong Chain64(ulong key, ulong chain, ReadOnlySpan<byte> blocks)
    {
        if (blocks.IsEmpty) return chain;
        BinaryPrimitives.WriteUInt64BigEndian(_parameter, chain);
        blocks.CopyTo(_in);
        Encrypt(ref _des3Cbc, key, blocks.Length);
        return BinaryPrimitives.ReadUInt64BigEndian(_out.AsSpan(blocks.Length - 8));
    }

    /// <inheritdoc/>
    public override Vector128<byte> Chain128(ulong key, Vector128<byte> chain, ReadOnlySpan<byte> blocks)
    {
        if (blocks.IsEmpty) return chain;
        chain.CopyTo(_parameter);
        blocks.CopyTo(_in);
        Encrypt(ref _aesCbc, key, blocks.Length);
        return Vector128.Create<byte>(_out.AsSpan(blocks.Length - BlockBytes, BlockBytes));
    }

    /// <inheritdoc/>
    public override void Apply(ulong key, bool isAes, ReadOnlySpan<byte> vector, ReadOnlySpan<byte> source, Span<byte> target, bool decrypts)
    {
        if (source.IsEmpty) return;
        vector.CopyTo(_parameter);
        source.CopyTo(_in);
        ref var mechanism = ref isAes ? ref vector.IsEmpty ? ref _aesEcb : ref _aesCbc : ref vector.IsEmpty ? ref _des3Ecb : ref _des3Cbc;
        if (decrypts) Decrypt(ref mechanism, key, source.Length);
        else Encrypt(ref mechanism, key, source.Length);
        _out.AsSpan(0, source.Length).CopyTo(target);
    }

    /// <inheritdoc/>
    public override void Cmac(ulong key, bool isAes, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail, Span<byte> mac)
    {
        head.CopyTo(_in);
        tail.CopyTo(_in.AsSpan(head.Length));
        Sign(ref isAes ? ref _aesCmac : ref _des3Cmac, key, head.Length + tail.Length, isAes ? BlockBytes : 8, mac);
    }

    /// <summary>HMAC-SHA-256.</summary>
    public int Hmac(ulong key, ReadOnlySpan<byte> data, Span<byte> mac)
    {
        data.CopyTo(_in);
        Sign(ref _hmac, key, data.Length, HMACSHA256.HashSizeInBytes, mac);
        return HMACSHA256.HashSizeInBytes;
    }

    /// <inheritdoc/>
    public override ulong DeriveTdes(ulong key, ulong left, ulong right)
    {
        var data = _parameter.AsSpan(DataAt);
        BinaryPrimitives.WriteUInt64BigEndian(data, left);
        BinaryPrimitives.WriteUInt64BigEndian(data[8..], right);
        var made = Derive(ref _des3Derive, key, CKK.CKK_DES2, 16);
        Remember(new Derived(made, key, left, 0));
        return made;
    }

    /// <inheritdoc/>
    public override ulong LeftOf(ulong derived)
    {
        var index = _derivedCount - 1;
        while (index >= 0 && _derived[index].Key != derived) index--;
        Must.Hold(index >= 0);
        ref var found = ref _derived[index];
        if (found.Left != 0) return found.Left;
        var data = _parameter.AsSpan(DataAt);
        for (var part = 0; part < 24; part += 8) BinaryPrimitives.WriteUInt64BigEndian(data[part..], found.LeftData);
        found.Left = Derive(ref _des3Derive, found.From, CKK.CKK_DES3, 24);
        return found.Left;
    }

    /// <inheritdoc/>
    public override ulong DeriveAes(ulong key, ReadOnlySpan<byte> blocks, int keyBytes)
    {
        blocks.CopyTo(_parameter.AsSpan(DataAt));
        var made = Derive(ref _aesDerive, key, CKK.CKK_AES, keyBytes, blocks.Length);
        Remember(new Derived(made, key, 0, 0));
        return made;
    }

    /// <summary>What is derived now stays when the operation ends, as an object that can leave.</summary>
    public bool KeepsDerived { get; set; }

    /// <summary>Random bytes of the token.</summary>
    public void Random(Span<byte> target)
    {
        for (; !target.IsEmpty; target = target[Math.Min(target.Length, BufferBytes)..])
        {
            var bytes = Math.Min(target.Length, BufferBytes);
            _used = Math.Max(_used, bytes);
            TokenErrors.Check(_calls.C_GenerateRandom(Number, _out, (ulong)bytes), "C_GenerateRandom");
            _out.AsSpan(0, bytes).CopyTo(target);
        }
    }

    private void Encrypt(ref CK_MECHANISM mechanism, ulong key, int bytes)
    {
        _used = Math.Max(_used, bytes);
        var made = (ulong)BufferBytes;
        TokenErrors.Check(_calls.C_EncryptInit(Number, ref mechanism, key), "C_EncryptInit");
        TokenErrors.Check(_calls.C_Encrypt(Number, _in, (ulong)bytes, _out, ref made), "C_Encrypt");
        if (made != (ulong)bytes) throw new HsmException(HsmResult.ModuleFailed, "C_Encrypt: another length came back");
    }

    private void Decrypt(ref CK_MECHANISM mechanism, ulong key, int bytes)
    {
        _used = Math.Max(_used, bytes);
        var made = (ulong)BufferBytes;
        TokenErrors.Check(_calls.C_DecryptInit(Number, ref mechanism, key), "C_DecryptInit");
        TokenErrors.Check(_calls.C_Decrypt(Number, _in, (ulong)bytes, _out, ref made), "C_Decrypt");
        if (made != (ulong)bytes) throw new HsmException(HsmResult.ModuleFailed, "C_Decrypt: another length came back");
    }

    private void Sign(ref CK_MECHANISM mechanism, ulong key, int bytes, int macBytes, Span<byte> mac)
    {
        _used = Math.Max(_used, Math.Max(bytes, macBytes));
        var made = (ulong)BufferBytes;
        TokenErrors.Check(_calls.C_SignInit(Number, ref mechanism, key), "C_SignInit");
        TokenErrors.Check(_calls.C_Sign(Number, _in, (ulong)bytes, _out, ref made), "C_Sign");
        if (made != (ulong)macBytes) throw new HsmException(HsmResult.ModuleFailed, "C_Sign: another length came back");
        _out.AsSpan(0, macBytes).CopyTo(mac);
    }

    private ulong Derive(ref CK_MECHANISM mechanism, ulong key, CKK type, int keyBytes, int dataBytes = 0)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_parameter.AsSpan(24), (ulong)(dataBytes == 0 ? keyBytes : dataBytes));
        _template.Clear().With(CKA.CKA_CLASS, (ulong)CKO.CKO_SECRET_KEY).With(CKA.CKA_KEY_TYPE, (ulong)type)
            .With(CKA.CKA_TOKEN, false).With(CKA.CKA_SENSITIVE, true).With(CKA.CKA_EXTRACTABLE, KeepsDerived)
            .With(CKA.CKA_ENCRYPT, true).With(CKA.CKA_DECRYPT, true).With(CKA.CKA_SIGN, true).With(CKA.CKA_DERIVE, true);
        if (type == CKK.CKK_AES) _template.With(CKA.CKA_VALUE_LEN, (ulong)keyBytes);
        var made = 0UL;
        _used = Math.Max(_used, 1);
        TokenErrors.Check(_calls.C_DeriveKey(Number, ref mechanism, key, _template.Attributes, _template.Count, ref made), "C_DeriveKey");
        return made;
    }

    private void Remember(in Derived derived)
    {
        if (KeepsDerived) return;
        Must.Hold(_derivedCount < DerivedMax);
        _derived[_derivedCount++] = derived;
    }

    private static CK_MECHANISM Plain(CKM type) => new() { Mechanism = (ulong)type };

    private CK_MECHANISM WithVector(CKM type, int bytes) =>
        new() { Mechanism = (ulong)type, Parameter = Marshal.UnsafeAddrOfPinnedArrayElement(_parameter, 0), ParameterLen = (ulong)bytes };

    private CK_MECHANISM WithData(CKM type)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_parameter.AsSpan(16), Marshal.UnsafeAddrOfPinnedArrayElement(_parameter, DataAt));
        return new CK_MECHANISM { Mechanism = (ulong)type, Parameter = Marshal.UnsafeAddrOfPinnedArrayElement(_parameter, 16), ParameterLen = 16 };
    }
}
