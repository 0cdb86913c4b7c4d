using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm.Pkcs11;

/// <summary>
/// Every step that operations need, tried on keys of known value and compared with this assembly's own: what a token lists is not
/// always what it does.
/// </summary>
internal static class TokenProbe
{
    private delegate bool Step(TokenSession session, ulong key, in KeySchedule own, byte[] clear);

    private static readonly (string Name, KeyAlgorithm Algorithm, int KeyBytes, Step Step)[] _steps =
    [
        ("DES3_ECB with two keys", KeyAlgorithm.Tdea, 16, Blocks),
        ("DES3_ECB with three keys", KeyAlgorithm.Tdea, 24, Blocks),
        ("DES3_CBC", KeyAlgorithm.Tdea, 16, Chain),
        ("DES3_CMAC", KeyAlgorithm.Tdea, 16, Mac),
        ("DES3_ECB_ENCRYPT_DATA", KeyAlgorithm.Tdea, 16, DeriveTdes),
        ("AES_ECB", KeyAlgorithm.Aes, 32, Blocks),
        ("AES_CBC", KeyAlgorithm.Aes, 16, Chain),
        ("AES_CMAC", KeyAlgorithm.Aes, 24, Mac),
        ("AES_ECB_ENCRYPT_DATA", KeyAlgorithm.Aes, 32, DeriveAes),
        ("SHA256_HMAC", KeyAlgorithm.Hmac, 32, Hmac),
        ("AES_KEY_WRAP_PAD", KeyAlgorithm.Tdea, 16, Wrap),
        ("random bytes", KeyAlgorithm.Aes, 16, Random),
    ];

    /// <summary>Names of the steps that failed, or gave another value.</summary>
    public static List<string> Run(TokenSession session)
    {
        var missing = new List<string>();
        foreach (var (name, algorithm, keyBytes, step) in _steps)
        {
            var clear = Enumerable.Range(0, keyBytes).Select(each => (byte)(0x30 + 3 * each)).ToArray();
            if (algorithm == KeyAlgorithm.Tdea) KeyChecks.SetOddParity(clear);
            var (key, own) = (0UL, default(KeySchedule));
            if (algorithm != KeyAlgorithm.Hmac) own.Load(algorithm == KeyAlgorithm.Aes, clear);
            try
            {
                key = session.Create(new KeyAttributes(KeyUsage.Data, algorithm, KeyMode.Any), clear);
                if (!step(session, key, in own, clear)) missing.Add($"{name} (another value)");
            }
            catch (HsmException error)
            {
                missing.Add($"{name} ({error.Message})");
            }
            finally
            {
                session.End();
                session.Destroy(key);
            }
        }

        return missing;
    }

    private static bool Blocks(TokenSession session, ulong key, in KeySchedule own, byte[] clear)
    {
        var (mine, theirs) = (clear.ToArray(), clear.ToArray());
        if (!own.IsAes) (mine, theirs) = (mine[..8], theirs[..8]);
        own.Encrypt(mine, mine);
        session.Apply(key, own.IsAes, default, theirs.AsSpan(0, own.BlockBytes), theirs, decrypts: false);
        if (!mine.AsSpan(0, own.BlockBytes).SequenceEqual(theirs.AsSpan(0, own.BlockBytes))) return false;
        session.Apply(key, own.IsAes, default, theirs.AsSpan(0, own.BlockBytes), theirs, decrypts: true);
        return clear.AsSpan(0, own.BlockBytes).SequenceEqual(theirs.AsSpan(0, own.BlockBytes));
    }

    private static bool Chain(TokenSession session, ulong key, in KeySchedule own, byte[] clear)
    {
        var (mine, theirs, vector) = (new byte[48], new byte[48], clear[..own.BlockBytes]);
        BlockModes.EncryptCbc(in own, vector, mine, mine);
        session.Apply(key, own.IsAes, vector, theirs, theirs, decrypts: false);
        if (!mine.AsSpan().SequenceEqual(theirs)) return false;
        session.Apply(key, own.IsAes, vector, theirs, theirs, decrypts: true);
        return theirs.AsSpan().IndexOfAnyExcept((byte)0) < 0;
    }

    private static bool Mac(TokenSession session, ulong key, in KeySchedule own, byte[] clear)
    {
        var (mine, theirs) = (new byte[16], new byte[16]);
        Cmac.Compute(in own, "a message that is no whole block"u8, "."u8, mine);
        session.Cmac(key, own.IsAes, "a message that is no whole block"u8, "."u8, theirs);
        return mine.AsSpan().SequenceEqual(theirs);
    }

    private static bool DeriveTdes(TokenSession session, ulong key, in KeySchedule own, byte[] clear)
    {
        var (left, right) = (KeyChecks.WithOddParity(own.Encrypt64(1)), KeyChecks.WithOddParity(own.Encrypt64(2)));
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes, left);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], right);
        var derived = default(KeySchedule);
        derived.LoadTdes(bytes);
        var made = session.DeriveTdes(key, 1, 2);
        return session.Encrypt64(made, 3) == derived.Encrypt64(3) && session.Encrypt64(session.LeftOf(made), 3) == derived.EncryptLeft(3);
    }

    private static bool DeriveAes(TokenSession session, ulong key, in KeySchedule own, byte[] clear)
    {
        Span<byte> bytes = stackalloc byte[32];
        BlockModes.Ecb(in own, clear, bytes, decrypts: false);
        foreach (var length in (ReadOnlySpan<int>)[16, 24, 32])
        {
            var derived = default(KeySchedule);
            derived.LoadAes(bytes[..length]);
            var made = session.DeriveAes(key, clear.AsSpan(0, length > 16 ? 32 : 16), length);
            if (session.Encrypt128(made, Vector128<byte>.Zero) != derived.Encrypt128(Vector128<byte>.Zero)) return false;
        }

        return true;
    }

    private static bool Hmac(TokenSession session, ulong key, in KeySchedule own, byte[] clear)
    {
        var theirs = new byte[32];
        session.Hmac(key, "a message"u8, theirs);
        return theirs.AsSpan().SequenceEqual(HMACSHA256.HashData(clear, "a message"u8));
    }

    private static bool Wrap(TokenSession session, ulong key, in KeySchedule own, byte[] clear)
    {
        var wrapping = session.GenerateWrapping(default, default);
        try
        {
            var attributes = new KeyAttributes(KeyUsage.Data, KeyAlgorithm.Tdea, KeyMode.Any);
            var again = session.Unwrap(wrapping, in attributes, clear.Length, session.Wrap(wrapping, key));
            session.Close(again, in attributes);
            var isSame = session.Encrypt64(again, 5) == own.Encrypt64(5);
            session.Destroy(again);
            return isSame;
        }
        finally
        {
            session.Destroy(wrapping);
        }
    }

    private static bool Random(TokenSession session, ulong key, in KeySchedule own, byte[] clear)
    {
        var (one, two) = (new byte[16], new byte[16]);
        session.Random(one);
        session.Random(two);
        return !one.AsSpan().SequenceEqual(two);
    }
}
