using System.Buffers.Binary;
using System.Security.Cryptography;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Dukpt;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Operations;

namespace SunnySwitch.Hsm.Pkcs11;

/// <summary>
/// The operations over one session, for one thread at a time. Keys are shared by all sessions of the module, and made by the first
/// one only, since a session's objects go with it.
/// </summary>
internal sealed class TokenEngine(Pkcs11Options options, KeyTable keys, TokenSession session, ulong wrapping) : CipherHsm(options, keys)
{
    /// <inheritdoc/>
    public override string Name => "pkcs11";

    /// <inheritdoc/>
    public override bool IsSecureDevice => false;

    /// <summary>Its session.</summary>
    public TokenSession Session { get; } = session;

    /// <summary>Key that keys are wrapped by in this process.</summary>
    public ulong Wrapping { get; } = wrapping;

    /// <summary>The session is lost: another one takes its place.</summary>
    public bool IsLost { get; set; }

    /// <inheritdoc/>
    public override void Dispose() => Session.Close();

    /// <inheritdoc/>
    public override HsmResult Random(Span<byte> target)
    {
        Session.Random(target);
        return HsmResult.Done;
    }

    /// <summary>Makes a held key of an object that can still leave: wraps it, then closes it.</summary>
    public TokenObject Settle(ulong made, in KeyAttributes attributes)
    {
        try
        {
            var wrapped = Session.Wrap(Wrapping, made);
            Session.Close(made, in attributes);
            return new TokenObject(made, wrapped);
        }
        catch
        {
            Session.Destroy(made);
            throw;
        }
    }

    /// <summary>Check value of an object that can still encipher or sign.</summary>
    public string CheckValueOf(ulong key, KeyAlgorithm algorithm)
    {
        Span<byte> check = stackalloc byte[32];
        switch (algorithm)
        {
            case KeyAlgorithm.Tdea:
                BinaryPrimitives.WriteUInt64BigEndian(check, Session.Encrypt64(key, 0));
                return Convert.ToHexString(check[..3]);
            case KeyAlgorithm.Aes:
                Session.Cmac(key, isAes: true, check[..16], default, check);
                return Convert.ToHexString(check[..5]);
            default:
                Session.Hmac(key, default, check);
                return Convert.ToHexString(check[..5]);
        }
    }

    /// <inheritdoc/>
    private protected override ref readonly KeySchedule Opened(KeyMaterial key, ref KeySchedule room)
    {
        var held = (TokenKey)key;
        room.LoadOutside(Session, key.IsAes, held.Whole.Number, held.Left.Number);
        return ref room;
    }

    private protected override int Hmac(KeyMaterial key, ReadOnlySpan<byte> data, Span<byte> mac) =>
        Session.Hmac(((TokenKey)key).Whole.Number, data, mac);

    private protected override KeyMaterial Hold(HsmKey handle, ReadOnlySpan<byte> key)
    {
        Span<byte> clear = stackalloc byte[64];
        try
        {
            key.CopyTo(clear);
            var attributes = handle.Attributes;
            var whole = Hold(in attributes, clear[..ObjectBytes(in attributes, key.Length)]);
            if (!TokenKey.HasLeft(in attributes)) return new TokenKey(handle, whole, TokenObject.None);
            var second = clear[..TokenKey.LeftBytes(in attributes, key.Length)];
            if (attributes.Usage == KeyUsage.BaseDerivation) DukptTdes.Vary(key, second);
            else for (var part = 0; part < second.Length; part += 8) key[..8].CopyTo(second[part..]);
            return new TokenKey(handle, whole, HoldSecond(in attributes, second, whole.Number));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(clear);
        }
    }

    private protected override KeyMaterial? HoldRandom(in KeyAttributes attributes, int bits)
    {
        // What has a second object, or is too short for the token, is made here.
        if (TokenKey.HasLeft(in attributes)) return null;
        if (attributes.Algorithm == KeyAlgorithm.Hmac && bits / 8 < TokenSession.HmacBytesMin) return null;
        return Held(Session.Generate(in attributes, bits / 8), in attributes, bits);
    }

    private protected override KeyMaterial? HoldInitial(in KeyAttributes attributes, KeyMaterial baseKey, ReadOnlySpan<byte> serial)
    {
        if (!baseKey.IsAes) return null;
        Session.KeepsDerived = true;
        try
        {
            var key = DukptAes.InitialOutside(Session, ((TokenKey)baseKey).Whole.Number, baseKey.Length, serial);
            return Held(key, in attributes, baseKey.Handle.Bits);
        }
        finally
        {
            Session.KeepsDerived = false;
        }
    }

    private protected override ReadOnlySpan<byte> Clear(KeyMaterial key, Span<byte> room)
    {
        var held = (TokenKey)key;
        var attributes = key.Handle.Attributes;
        var (free, transport) = (0UL, 0UL);
        Span<byte> secret = stackalloc byte[32];
        try
        {
            // Out under a key that this process knows, since a key block is made here.
            RandomNumberGenerator.Fill(secret);
            free = Session.Unwrap(Wrapping, in attributes, ObjectBytes(in attributes, key.Length), held.Whole.Wrapped);
            transport = Session.CreateWrapping(secret);
            using var aes = Aes.Create();
            aes.SetKey(secret);
            aes.DecryptKeyWrapPadded(Session.Wrap(transport, free), room);
            return room[..key.Length];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            Session.Destroy(free);
            Session.Destroy(transport);
        }
    }

    private protected override void OnRemoved(KeyMaterial key)
    {
        var held = (TokenKey)key;
        Session.Destroy(held.Whole.Number);
        Session.Destroy(held.Left.Number);
    }

    /// <summary>Bytes of the first object: a short HMAC key has zeros behind.</summary>
    public static int ObjectBytes(in KeyAttributes attributes, int keyBytes) =>
        attributes.Algorithm == KeyAlgorithm.Hmac ? Math.Max(keyBytes, TokenSession.HmacBytesMin) : keyBytes;

    /// <summary>Whether there can be a key like this.</summary>
    public static HsmResult CheckPossible(in KeyAttributes attributes, int bits) => Possible(in attributes, bits / 8);

    /// <summary>Gives a key of this module its place.</summary>
    public HsmResult Take(TokenKey key, out HsmKey? handle) => Add(key, out handle);

    /// <summary>A held key of this module; null if there is none.</summary>
    public TokenKey? Find(HsmKey key) => (TokenKey?)Keys.Find(key);

    private TokenObject Hold(in KeyAttributes attributes, ReadOnlySpan<byte> key) => Settle(Session.Create(in attributes, key), in attributes);

    private TokenObject HoldSecond(in KeyAttributes attributes, ReadOnlySpan<byte> key, ulong first)
    {
        try
        {
            return Hold(in attributes, key);
        }
        catch
        {
            Session.Destroy(first);
            throw;
        }
    }

    private TokenKey Held(ulong made, in KeyAttributes attributes, int bits)
    {
        string check;
        try
        {
            check = CheckValueOf(made, attributes.Algorithm);
        }
        catch
        {
            Session.Destroy(made);
            throw;
        }

        return new TokenKey(new HsmKey(attributes, bits, check), Settle(made, in attributes), TokenObject.None);
    }
}
