using System.Collections.Concurrent;
using System.Security.Cryptography;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Host.Options;
using SunnySwitch.Hsm;
using SunnySwitch.Hsm.Desk;
using SunnySwitch.Hsm.Ledger;
using SunnySwitch.Hsm.Pkcs11;

namespace SunnySwitch.Host.Serving;

/// <summary>
/// A token that the desk asks: opened at the start if it is there, and again whenever a probe finds that it does not work. Its keys are the
/// ledger's, opened in it.
/// </summary>
internal sealed class Token : IDisposable
{
    private static readonly ConcurrentDictionary<(string, string?, long?), Door> _doors = new();
    private readonly TokenOptions _options;
    private readonly string _folder;
    private readonly KeyLedger _ledger;
    private readonly Func<IPaymentHsm, IKeyRing, PaymentDesk> _newDesk;
    private readonly int _threads;
    private readonly Action<string> _say;
    private readonly List<PaymentDesk> _desks = [];
    private volatile Life? _life;
    private int _busy;
    private string _trouble = "";
    private bool _isPinWrong;

    public Token(TokenOptions options, string folder, KeyLedger ledger, int threads, Func<IPaymentHsm, IKeyRing, PaymentDesk> newDesk, Action<string> say)
    {
        (_options, _folder, _ledger, _threads, _newDesk, _say) = (options, folder, ledger, threads, newDesk, say);
        Desk = new DeskToken(options.Name, [.. Enumerable.Range(0, threads).Select(thread => new Line(this, thread))], Probe);
        if (!TryOpen()) Desk.Rest();
    }

    /// <summary>What the queue asks.</summary>
    public DeskToken Desk { get; }

    /// <summary>How often each result came out, over all its lives.</summary>
    public IEnumerable<(HsmResult Result, long Count)> Results
    {
        get
        {
            lock (_desks) return [.. _desks.SelectMany(desk => desk.Results)];
        }
    }

    /// <summary>Opens a token of the configuration. Whoever asks: a wrong PIN is shown to it once as long as this process lives.</summary>
    /// <exception cref="Pkcs11Exception">It cannot be used; the text says why.</exception>
    /// <exception cref="InvalidDataException">The file of its PIN cannot be used.</exception>
    public static Pkcs11Hsm Open(TokenOptions options, string folder, int sessions)
    {
        var door = _doors.GetOrAdd((options.Library, options.Label, options.Slot), static _ => new Door());
        lock (door)
        {
            if (door.Refused is { } refused) throw new Pkcs11Exception(refused.Problem, refused.Message);
            var pin = Trimmed(OwnerFile.Read(Path.Combine(folder, options.PinFile)), out var whole);
            try
            {
                return Pkcs11Hsm.Open(
                    new Pkcs11Options { Library = options.Library, TokenLabel = options.Label, Slot = (ulong?)options.Slot, Sessions = sessions }, pin);
            }
            catch (Pkcs11Exception wrong) when (wrong.Problem is Pkcs11Problem.WrongPin or Pkcs11Problem.PinLocked)
            {
                door.Refused = wrong;
                throw;
            }
            finally
            {
                CryptographicOperations.ZeroMemory(whole);
            }
        }
    }

    public void Dispose() => _life?.Hsm.Dispose();

    // An editor puts a line end behind it.
    private static ReadOnlySpan<byte> Trimmed(byte[] text, out byte[] whole)
    {
        whole = text;
        return text.AsSpan().TrimEnd("\r\n"u8);
    }

    // One that failed is opened anew: its sessions may be gone, and with them its keys.
    private bool Probe() => Desk.IsFit ? _life?.Hsm.Random(stackalloc byte[8]) == HsmResult.Done : TryOpen();

    private bool TryOpen()
    {
        // A thread that is still in a call holds the sessions open.
        if (Volatile.Read(ref _busy) > 0) return false;
        // A wrong PIN is never shown twice: it would lock the token.
        if (_isPinWrong) return false;
        _life?.Hsm.Dispose();
        _life = null;
        Pkcs11Hsm? hsm = null;
        try
        {
            hsm = Open(_options, _folder, _threads);
            var seal = new Pkcs11KeySeal(hsm);
            seal.TakeMaster(_ledger.Master);
            var ring = new MirrorRing(_ledger, hsm, seal);
            if (!ring.TryCatchUp()) throw new InvalidDataException($"its keys cannot be opened: {hsm.LastFailure}");
            var desks = Enumerable.Range(0, _threads).Select(_ => _newDesk(hsm, ring)).ToArray();
            lock (_desks) _desks.AddRange(desks);
            _life = new Life(hsm, desks);
            Tell($"token {_options.Name}: {(hsm.IsSecureDevice ? "" : "SoftHSM, no secure device, ")}master key {seal.MasterCheck}");
            return true;
        }
        catch (Exception broken) when (broken is Pkcs11Exception or InvalidDataException or OptionsException or IOException or UnauthorizedAccessException)
        {
            hsm?.Dispose();
            _isPinWrong = broken is Pkcs11Exception { Problem: Pkcs11Problem.WrongPin or Pkcs11Problem.PinLocked };
            Tell($"WARNING: token {_options.Name}: {broken.Message}{(_isPinWrong ? "; it is left alone until the next start" : "")}");
            return false;
        }
    }

    // Once for each trouble, not once a second.
    private void Tell(string text)
    {
        if (text != _trouble) _say(text);
        _trouble = text;
    }

    // Two of us may want in: the desk's probe, and a ceremony.
    private sealed class Door
    {
        public Pkcs11Exception? Refused { get; set; }
    }

    private sealed record Life(Pkcs11Hsm Hsm, PaymentDesk[] Desks);

    /// <summary>One thread's way to whichever life the token is in.</summary>
    private sealed class Line(Token token, int thread) : IHsmDesk
    {
        public DeskAnswer Verify(long ticket, EvidenceHas checks, in CardSecurity card, ref Transaction transaction)
        {
            Interlocked.Increment(ref token._busy);
            try
            {
                return token._life?.Desks[thread].Verify(ticket, checks, in card, ref transaction) ?? DeskAnswer.Failed;
            }
            finally
            {
                Interlocked.Decrement(ref token._busy);
            }
        }

        public DeskAnswer AnswerChip(long ticket, in Transaction transaction, Span<byte> data, out int bytes)
        {
            bytes = 0;
            Interlocked.Increment(ref token._busy);
            try
            {
                return token._life?.Desks[thread].AnswerChip(ticket, in transaction, data, out bytes) ?? DeskAnswer.Failed;
            }
            finally
            {
                Interlocked.Decrement(ref token._busy);
            }
        }

        public DeskAnswer Sign(long ticket, uint link, ReadOnlySpan<byte> message, Span<byte> mac)
        {
            Interlocked.Increment(ref token._busy);
            try
            {
                return token._life?.Desks[thread].Sign(ticket, link, message, mac) ?? DeskAnswer.Failed;
            }
            finally
            {
                Interlocked.Decrement(ref token._busy);
            }
        }
    }
}
