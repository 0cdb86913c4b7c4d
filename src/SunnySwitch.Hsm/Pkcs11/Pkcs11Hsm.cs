using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.LowLevelAPI80;
using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm.Pkcs11;

/// <summary>
/// A PKCS#11 token: keys are its objects, sensitive and not extractable, and every step of a cipher under them is its own. What a plain
/// token has no step for passes through the memory of this process, for the time of one call: clear PIN blocks, keys as they enter by
/// components or cross in key blocks, the keys of TDEA DUKPT that come from a base key.
/// </summary>
/// <remarks>
/// Thread-safe: as many threads as there are sessions work at a time. A token that fails makes results, never exceptions; only
/// <see cref="Open"/> throws.
/// </remarks>
public sealed partial class Pkcs11Hsm : IPaymentHsm
{
    private const ulong PinFinalTry = 0x20000, PinLocked = 0x40000, User = 1;
    private readonly Pkcs11Options _options;
    private readonly TokenLibrary _library;
    private readonly ulong _slot;
    private readonly KeyTable _keys;
    private readonly Lock _homeGate = new();
    private readonly object _idleGate = new();
    private readonly Stack<TokenEngine> _idle = new();
    private TokenEngine? _home;
    private bool _isClosed;

    private Pkcs11Hsm(Pkcs11Options options, TokenLibrary library, ulong slot, bool isSecureDevice)
    {
        (_options, _library, _slot, IsSecureDevice) = (options, library, slot, isSecureDevice);
        _keys = new KeyTable(options.KeysMax);
    }

    /// <inheritdoc/>
    public string Name => "pkcs11";

    /// <summary>False for SoftHSM, whose keys lie in this process; of any other token it says nothing more than that it is one.</summary>
    public bool IsSecureDevice { get; }

    /// <summary>Return value of the last call that failed, and which call; empty if none has.</summary>
    public string LastFailure { get; private set; } = "";

    private static readonly ConcurrentDictionary<string, int> _logIns = new(StringComparer.Ordinal);

    /// <summary>How often this process showed a PIN to the token of a label; for the proof that a wrong one is shown once.</summary>
    internal static int LogIns(string label) => _logIns.GetValueOrDefault(label);

    /// <summary>
    /// Loads the library, finds the token, logs in with the user PIN (UTF-8), once, and tries every step that the operations need. The
    /// caller wipes its PIN.
    /// </summary>
    /// <exception cref="Pkcs11Exception">It cannot be used; the text says why.</exception>
    public static Pkcs11Hsm Open(Pkcs11Options options, ReadOnlySpan<byte> pin)
    {
        var problems = options.Problems().ToList();
        if (problems.Count > 0) throw new Pkcs11Exception(Pkcs11Problem.Options, string.Join("; ", problems));
        var library = TokenLibrary.Load(options.Library);
        Pkcs11Hsm? opened = null;
        try
        {
            var (slot, token) = library.Find(options);
            var isSoftHsm = Encoding.UTF8.GetString(token.ManufacturerId).Contains("SoftHSM", StringComparison.OrdinalIgnoreCase);
            opened = new Pkcs11Hsm(options, library, slot, !isSoftHsm);
            opened.Start(token, pin);
            return opened;
        }
        catch (HsmException error)
        {
            opened?.Dispose();
            throw new Pkcs11Exception(Pkcs11Problem.Failed, $"{options.Library}: the token failed: {error.Message}", error);
        }
        catch
        {
            if (opened is null) library.Dispose();
            else opened.Dispose();
            throw;
        }
    }

    /// <summary>Closes the sessions: the keys are gone from the token. No operation may be under way.</summary>
    public void Dispose()
    {
        lock (_idleGate)
        {
            if (_isClosed) return;
            _isClosed = true;
            while (_idle.TryPop(out var engine)) engine.Dispose();
        }

        lock (_homeGate)
        {
            _home?.Dispose();
            _home = null;
            _keys.Clear();
            _library.Dispose();
        }
    }

    private void Start(in CK_TOKEN_INFO token, ReadOnlySpan<byte> pin)
    {
        var label = Encoding.UTF8.GetString(token.Label).TrimEnd();
        if ((token.Flags & (PinLocked | PinFinalTry)) != 0)
        {
            throw new Pkcs11Exception(
                Pkcs11Problem.PinLocked,
                $"token {label}: its user PIN is locked, or the next wrong one locks it; nothing was tried. " +
                "Log in by the token's own tool, or have its security officer set the PIN anew");
        }

        var session = new TokenSession(_library.Calls, _slot);
        try
        {
            LogIn(session, label, pin);
            var missing = TokenProbe.Run(session);
            if (missing.Count > 0)
            {
                throw new Pkcs11Exception(Pkcs11Problem.Mechanism, $"token {label}: cannot be used, since it does not do: {string.Join(", ", missing)}");
            }

            _home = new TokenEngine(_options, _keys, session, session.GenerateWrapping(default, default));
        }
        catch
        {
            session.Close();
            throw;
        }

        for (var index = 0; index < _options.Sessions; index++) _idle.Push(Another());
    }

    // The one place where a PIN is shown, and once: a second try of a wrong one would bring the token nearer to its lock.
    private void LogIn(TokenSession session, string label, ReadOnlySpan<byte> pin)
    {
        var shown = GC.AllocateArray<byte>(pin.Length, pinned: true);
        pin.CopyTo(shown);
        try
        {
            _logIns.AddOrUpdate(label, 1, static (_, count) => count + 1);
            var value = _library.Calls.C_Login(session.Number, (CKU)User, shown, (ulong)shown.Length);
            if (value is CKR.CKR_OK or CKR.CKR_USER_ALREADY_LOGGED_IN) return;
            throw value switch
            {
                CKR.CKR_PIN_INCORRECT or CKR.CKR_PIN_INVALID or CKR.CKR_PIN_LEN_RANGE => new Pkcs11Exception(
                    Pkcs11Problem.WrongPin,
                    $"token {label}: the user PIN is wrong ({value}); it was tried once and is not tried again. Correct it where it is kept, then start anew"),
                CKR.CKR_PIN_LOCKED => new Pkcs11Exception(
                    Pkcs11Problem.PinLocked, $"token {label}: its user PIN is locked: its security officer has to set it anew"),
                _ => new Pkcs11Exception(Pkcs11Problem.Failed, $"token {label}: C_Login: {value}"),
            };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shown);
        }
    }

    private TokenEngine Another() => new(_options, _keys, new TokenSession(_library.Calls, _slot), _home!.Wrapping);

    /// <summary>A session for one operation; false if none was free in time.</summary>
    internal bool TryTake([NotNullWhen(true)] out TokenEngine? engine, out HsmResult result)
    {
        result = HsmResult.Done;
        lock (_idleGate)
        {
            while (!_idle.TryPop(out engine))
            {
                result = HsmResult.ModuleFailed;
                if (_isClosed) return false;
                if (Monitor.Wait(_idleGate, _options.SessionWait)) continue;
                result = HsmResult.TimedOut;
                return false;
            }

            return true;
        }
    }

    /// <summary>Gives it back, wiped.</summary>
    internal void Give(TokenEngine engine)
    {
        engine.Session.End();
        if (engine.IsLost) engine = Replaced(engine);
        lock (_idleGate)
        {
            _idle.Push(engine);
            Monitor.Pulse(_idleGate);
        }
    }

    // Another session, if the token gives one; else the next call finds out again.
    private TokenEngine Replaced(TokenEngine lost)
    {
        try
        {
            var fresh = Another();
            lost.Dispose();
            return fresh;
        }
        catch (HsmException)
        {
            return lost;
        }
    }

    /// <summary>The first session, for one thread at a time; false once the module is disposed.</summary>
    internal bool TryTakeHome([NotNullWhen(true)] out TokenEngine? engine, out HsmResult result)
    {
        _homeGate.Enter();
        engine = _home;
        result = HsmResult.ModuleFailed;
        if (engine is not null) return true;
        _homeGate.Exit();
        return false;
    }

    /// <summary>Gives it back, wiped.</summary>
    internal void GiveHome()
    {
        _home!.Session.End();
        _homeGate.Exit();
    }

    /// <summary>The result of an operation that a step of the token has ended.</summary>
    internal HsmResult Failed(TokenEngine engine, HsmException error)
    {
        LastFailure = error.Message;
        // Also after what nobody expects: a session may be left in the middle of a call.
        engine.IsLost |= error.Result is HsmResult.DeviceRemoved or HsmResult.ModuleFailed;
        return error.Result;
    }
}
