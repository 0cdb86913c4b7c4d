using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using SunnySwitch.Hsm.Blocks;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Ledger;

namespace SunnySwitch.Hsm.Pkcs11;

/// <summary>
/// A token's key blocks for a ledger: keys are wrapped and unwrapped inside the token by a key that never leaves it, so that no sealed
/// key is ever clear in this process. A second key of the token authenticates the block.
/// <code>
/// header of X9.143, version ID 1, 16 | LB and the label | bits, 4 digits | check value, 6 (TDEA) or 10 | wrapped key | wrapped second object | CMAC
/// </code>
/// Wrapped is AES key wrap with padding (RFC 5649), in hex; the second object is there for the usages that need it (TDEA C0, M3, B0); the
/// CMAC, 32 hex digits, is over all before it.
/// </summary>
public sealed class Pkcs11KeySeal(Pkcs11Hsm hsm, string label = "SunnySwitch") : IKeySeal
{
    private const int NameMax = 64, MacCharacters = 32, IdBytes = 8, BitsCharacters = 4;
    private const char Version = '1';
    private ulong _wrapping, _authentication;

    /// <inheritdoc/>
    public string MasterCheck { get; private set; } = "";

    /// <inheritdoc/>
    public byte[] MakeMaster()
    {
        var id = RandomNumberGenerator.GetBytes(IdBytes);
        Ask(session =>
        {
            var made = session.GenerateWrapping(Label("wrap"), id);
            try
            {
                session.GenerateMac(Label("MAC"), id);
            }
            catch
            {
                session.Destroy(made);
                throw;
            }
        });
        var found = Encoding.UTF8.GetBytes($"{label}/{Convert.ToHexString(id)}");
        TakeMaster(found);
        return found;
    }

    /// <inheritdoc/>
    public void TakeMaster(ReadOnlySpan<byte> found)
    {
        var name = Encoding.UTF8.GetString(found);
        var at = name.LastIndexOf('/');
        var id = new byte[IdBytes];
        var isName = at == label.Length && name.StartsWith(label, StringComparison.Ordinal) &&
            Convert.FromHexString(name.AsSpan(at + 1), id, out var read, out var written) == OperationStatus.Done &&
            written == IdBytes && read == 2 * IdBytes;
        if (!isName) throw new InvalidDataException($"the key blocks are not those of a token's master key called {label}");
        Ask(session => (_wrapping, _authentication) = (session.FindMaster(Label("wrap"), id), session.FindMaster(Label("MAC"), id)));
        if (_wrapping == 0 || _authentication == 0)
        {
            throw new InvalidDataException($"master key {name} is not in the token: bring the token it was made in, or one that it was cloned to");
        }

        var check = new byte[16];
        Ask(session => session.Cmac(_authentication, isAes: true, new byte[16], default, check));
        MasterCheck = Convert.ToHexString(check, 0, 5);
    }

    /// <inheritdoc/>
    public HsmResult SealKey(HsmKey key, ReadOnlySpan<byte> name, Span<byte> block, out int characters)
    {
        characters = 0;
        if (_wrapping == 0 || name.Length is 0 or > NameMax) return HsmResult.BadInput;
        if (!hsm.TryTakeHome(out var engine, out var result)) return result;
        try
        {
            return engine.Find(key) is { } held ? Write(engine, held, name, block, out characters) : HsmResult.UnknownKey;
        }
        catch (HsmException error)
        {
            return hsm.Failed(engine, error);
        }
        finally
        {
            hsm.GiveHome();
        }
    }

    /// <inheritdoc/>
    public HsmResult OpenKey(ReadOnlySpan<byte> block, ReadOnlySpan<byte> name, out HsmKey? key)
    {
        key = null;
        if (_wrapping == 0) return HsmResult.BadInput;
        if (!hsm.TryTakeHome(out var engine, out var result)) return result;
        try
        {
            return Read(engine, block, name, out key);
        }
        catch (HsmException error)
        {
            return hsm.Failed(engine, error);
        }
        finally
        {
            hsm.GiveHome();
        }
    }

    private HsmResult Write(TokenEngine engine, TokenKey held, ReadOnlySpan<byte> name, Span<byte> block, out int characters)
    {
        characters = 0;
        var attributes = held.Handle.Attributes;
        var (whole, left) = (TokenEngine.ObjectBytes(in attributes, held.Length), TokenKey.LeftBytes(in attributes, held.Length));
        var wrapped = Rewrap(engine, in attributes, whole, held.Whole) +
            (held.Left.Number == 0 ? "" : Rewrap(engine, in attributes, left, held.Left));
        var text = $"LB{4 + name.Length:X2}{Encoding.ASCII.GetString(name)}{held.Handle.Bits:D4}{held.Handle.CheckValue}{wrapped}";
        var length = KeyBlockHeader.Characters + text.Length + MacCharacters;
        if (block.Length < length) return HsmResult.TargetTooShort;
        KeyBlockHeader.Write(block, Version, length, in attributes, 1);
        Encoding.ASCII.GetBytes(text, block[KeyBlockHeader.Characters..]);
        Span<byte> mac = stackalloc byte[16];
        engine.Session.Cmac(_authentication, isAes: true, block[..(length - MacCharacters)], default, mac);
        Encoding.ASCII.GetBytes(Convert.ToHexString(mac), block[(length - MacCharacters)..]);
        characters = length;
        return HsmResult.Done;
    }

    // From the wrapping key of this process to the token's own, inside.
    private string Rewrap(TokenEngine engine, in KeyAttributes attributes, int bytes, TokenObject of)
    {
        var free = engine.Session.Unwrap(engine.Wrapping, in attributes, bytes, of.Wrapped);
        try
        {
            return Convert.ToHexString(engine.Session.Wrap(_wrapping, free));
        }
        finally
        {
            engine.Session.Destroy(free);
        }
    }

    private HsmResult Read(TokenEngine engine, ReadOnlySpan<byte> block, ReadOnlySpan<byte> name, out HsmKey? key)
    {
        key = null;
        var result = KeyBlockHeader.TryRead(block, Version, Version, out var header);
        if (result != HsmResult.Done) return result;
        if (block.Length < header.Text.Length + BitsCharacters + MacCharacters) return HsmResult.KeyBlockLength;
        Span<byte> mac = stackalloc byte[16];
        Span<byte> macText = stackalloc byte[MacCharacters];
        engine.Session.Cmac(_authentication, isAes: true, block[..^MacCharacters], default, mac);
        Encoding.ASCII.GetBytes(Convert.ToHexString(mac), macText);
        if (!CryptographicOperations.FixedTimeEquals(macText, block[^MacCharacters..])) return HsmResult.KeyBlockMac;
        if (!header.Optional("LB"u8).SequenceEqual(name)) return HsmResult.KeyBlockMac;
        // From here on the block is one that this module wrote; what does not fit is damage that its writer has done.
        var attributes = header.Attributes;
        var rest = Encoding.ASCII.GetString(block[header.Text.Length..^MacCharacters]);
        var bits = int.Parse(rest.AsSpan(0, BitsCharacters), null);
        result = TokenEngine.CheckPossible(in attributes, bits);
        if (result != HsmResult.Done) return result;
        var checkCharacters = attributes.Algorithm == KeyAlgorithm.Tdea ? 6 : 10;
        var check = rest.Substring(BitsCharacters, checkCharacters);
        var wrapped = rest.AsSpan(BitsCharacters + checkCharacters);
        var whole = TokenEngine.ObjectBytes(in attributes, bits / 8);
        var first = Open(engine, in attributes, whole, wrapped[..WrappedCharacters(whole)], 0);
        var second = TokenKey.HasLeft(in attributes)
            ? Open(engine, in attributes, TokenKey.LeftBytes(in attributes, bits / 8), wrapped[WrappedCharacters(whole)..], first.Number)
            : TokenObject.None;
        return engine.Take(new TokenKey(new HsmKey(attributes, bits, check), first, second), out key);
    }

    private TokenObject Open(TokenEngine engine, in KeyAttributes attributes, int bytes, ReadOnlySpan<char> wrapped, ulong before)
    {
        try
        {
            return engine.Settle(engine.Session.Unwrap(_wrapping, in attributes, bytes, Convert.FromHexString(wrapped)), in attributes);
        }
        catch
        {
            engine.Session.Destroy(before);
            throw;
        }
    }

    private static int WrappedCharacters(int bytes) => 2 * ((bytes + 7) / 8 * 8 + 8);

    private byte[] Label(string use) => Encoding.UTF8.GetBytes($"{label} {use}");

    private void Ask(Action<TokenSession> what)
    {
        if (!hsm.TryTakeHome(out var engine, out _)) throw new InvalidDataException("the module is closed");
        try
        {
            what(engine.Session);
        }
        catch (HsmException error)
        {
            throw new InvalidDataException($"the token failed: {hsm.Failed(engine, error).Text()} ({error.Message})", error);
        }
        finally
        {
            hsm.GiveHome();
        }
    }
}
