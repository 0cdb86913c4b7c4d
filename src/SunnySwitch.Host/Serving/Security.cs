using SunnySwitch.Cell;
using SunnySwitch.Core.Stages;
using SunnySwitch.Disruptor;
using SunnySwitch.Host.Options;
using SunnySwitch.Hsm;
using SunnySwitch.Hsm.Desk;
using SunnySwitch.Hsm.Ledger;

namespace SunnySwitch.Host.Serving;

/// <summary>The desk that the kernel asks, over the modules and the keys of the ledger: on the kernel's own thread, or on others.</summary>
internal sealed class Security : IDisposable
{
    private readonly PaymentDesk[] _desks;
    private readonly Token[] _tokens = [];
    private readonly QueuedDesk? _queue;
    private readonly DeskAnswers? _answers;

    private Security(PaymentDesk desk) => _desks = [desk];

    private Security(PaymentDesk[] desks, Token[] tokens, IReadOnlyList<DeskToken> asked, QueueTerms terms, IClock clock)
    {
        (_desks, _tokens) = (desks, tokens);
        _answers = new DeskAnswers(clock);
        _queue = new QueuedDesk(asked, _answers, terms);
    }

    /// <summary>What the kernel asks.</summary>
    public IHsmDesk Desk => _queue is null ? _desks[0] : _queue;

    /// <summary>The modules that threads ask; none where the kernel asks itself.</summary>
    public IReadOnlyList<DeskToken> Tokens => _queue?.Tokens ?? [];

    /// <summary>How often each result came out.</summary>
    public IEnumerable<(HsmResult Result, long Count)> Results =>
        _desks.SelectMany(desk => desk.Results).Concat(_tokens.SelectMany(token => token.Results))
            .GroupBy(each => each.Result).Select(each => (each.Key, each.Sum(one => one.Count)));

    /// <summary>Where answers of other threads go; before the kernel starts.</summary>
    public void Connect(RingBuffer<Input> ring) => _answers?.Connect(ring);

    /// <summary>Waits until the module has answered all it was asked, or for too long.</summary>
    public Task Finish(TimeSpan atMost) => _queue is null ? Task.CompletedTask : Task.Run(() => _queue.TryFinish(atMost));

    /// <summary>The kernel has stopped: nobody takes an answer any more.</summary>
    public void Dispose()
    {
        _answers?.Stop();
        _queue?.Dispose();
        foreach (var token in _tokens) token.Dispose();
    }

    /// <summary>Null where nothing is configured.</summary>
    /// <exception cref="OptionsException">A file of test keys that is not there or wrong, or, with one, a label that no key has.</exception>
    public static Security? Open(SwitchOptions options, KeyLedger ledger, string? config, int signedBytesMax, IClock clock, Action<string> say)
    {
        if (options.Hsm is not { } wanted) return null;
        var links = options.Links.Select((link, index) => link.Security?.Keys((uint)index + 1)).OfType<LinkKeys>().ToList();
        var products = wanted.Products.Select(product => product.Keys()).ToList();
        var ring = WithTestKeys(ledger, ledger.Hsm, wanted.TestKeys, config, say);
        CheckLabels(ring, links, products, wanted.TestKeys is not null, say);
        var desk = new PaymentDesk(ledger.Hsm, ring, links, products);
        if (wanted.Threads == 0) return new Security(desk);
        var terms = new QueueTerms(wanted.WaitingMax, signedBytesMax, TimeSpan.FromMilliseconds(wanted.DeadlineMilliseconds), TimeSpan.FromSeconds(1));
        if (wanted.Tokens.Count == 0)
        {
            // The software module is this process: where it works at all, it is fit.
            PaymentDesk[] desks = [desk, .. Enumerable.Range(1, wanted.Threads - 1).Select(_ => desk.Twin())];
            var hsm = ledger.Hsm;
            return new Security(desks, [], [new DeskToken(hsm.Name, desks, () => hsm.Random(stackalloc byte[8]) == HsmResult.Done)], terms, clock);
        }

        PaymentDesk NewDesk(IPaymentHsm hsm, IKeyRing mirror) => desk.Twin(hsm, WithTestKeys(mirror, hsm, wanted.TestKeys, config, _ => { }));
        var tokens = wanted.Tokens.Select(token => new Token(token, FolderOf(config), ledger, wanted.Threads, NewDesk, say)).ToArray();
        return new Security([], tokens, [.. tokens.Select(token => token.Desk)], terms, clock);
    }

    /// <summary>Files are beside the configuration.</summary>
    public static string FolderOf(string? config) => config is null ? Environment.CurrentDirectory : Path.GetDirectoryName(Path.GetFullPath(config))!;

    private static void CheckLabels(IKeyRing ring, List<LinkKeys> links, List<ProductKeys> products, bool areTestKeys, Action<string> say)
    {
        var missing = links.SelectMany(link => new[] { link.PinKey, link.MacKey })
            .Concat(products.SelectMany(product => new[] { product.PinKey, product.CardCodeKey, product.CryptogramKey, product.CavvKey }))
            .OfType<string>().Distinct().Where(label => !ring.TryCurrent(label, out _)).Order(StringComparer.Ordinal)
            .Select(label => $"hsm: no key has the label {label}").ToList();
        if (missing.Count > 0 && areTestKeys) throw new OptionsException(missing);
        // Ceremonies are held with a switch that runs: the first start of all has no keys yet.
        foreach (var each in missing) say($"WARNING: {each} yet: what needs it is declined until sunny key brings it in");
    }

    private static IKeyRing WithTestKeys(IKeyRing ledger, IPaymentHsm hsm, string? file, string? config, Action<string> say)
    {
        if (file is null) return ledger;
        var path = Path.Combine(FolderOf(config), file);
        try
        {
            var keys = KeyFile.Read(hsm, path);
            foreach (var (label, key) in keys.Keys) say($"key {label}: {key}, from a file in clear");
            return new TestKeyRing(ledger, keys);
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new OptionsException([$"hsm.testKeys: {path}: {broken.Message}"]);
        }
    }
}
