using System.Diagnostics;
using SunnySwitch.Cell;
using SunnySwitch.Core.Stages;
using SunnySwitch.Disruptor;
using SunnySwitch.Host.Options;
using SunnySwitch.Hsm;
using SunnySwitch.Hsm.Desk;
using SunnySwitch.Hsm.Ledger;

namespace SunnySwitch.Host.Serving;

/// <summary>The desk that the kernel asks, over the module and the keys of the ledger: on the kernel's own thread, or on others.</summary>
internal sealed class Security : IDisposable
{
    private readonly PaymentDesk[] _desks;
    private readonly QueuedDesk? _queue;
    private readonly DeskAnswers? _answers;

    private Security(IPaymentHsm hsm, PaymentDesk desk, HsmOptions options, int signedBytesMax, IClock clock)
    {
        _desks = [desk, .. Enumerable.Range(1, Math.Max(0, options.Threads - 1)).Select(_ => desk.Twin())];
        if (options.Threads == 0) return;
        _answers = new DeskAnswers(clock);
        // The software module is this process: where it works at all, it is fit.
        var token = new DeskToken(hsm.Name, _desks, () => hsm.Random(stackalloc byte[8]) == HsmResult.Done);
        var deadline = TimeSpan.FromMilliseconds(options.DeadlineMilliseconds);
        _queue = new QueuedDesk([token], _answers, new QueueTerms(options.WaitingMax, signedBytesMax, deadline, TimeSpan.FromSeconds(1)));
    }

    /// <summary>What the kernel asks.</summary>
    public IHsmDesk Desk => _queue is null ? _desks[0] : _queue;

    /// <summary>The modules that threads ask; none where the kernel asks itself.</summary>
    public IReadOnlyList<DeskToken> Tokens => _queue?.Tokens ?? [];

    /// <summary>How often each result came out.</summary>
    public IEnumerable<(HsmResult Result, long Count)> Results =>
        _desks.SelectMany(desk => desk.Results).GroupBy(each => each.Result).Select(each => (each.Key, each.Sum(one => one.Count)));

    /// <summary>Where answers of other threads go; before the kernel starts.</summary>
    public void Connect(RingBuffer<Input> ring) => _answers?.Connect(ring);

    /// <summary>Waits until the module has answered all it was asked, or for too long.</summary>
    public async Task Finish(TimeSpan atMost)
    {
        for (var clock = Stopwatch.StartNew(); _queue is { Pending: > 0 } && clock.Elapsed < atMost;) await Task.Delay(1).ConfigureAwait(false);
    }

    /// <summary>The kernel has stopped: nobody takes an answer any more.</summary>
    public void Dispose()
    {
        _answers?.Stop();
        _queue?.Dispose();
    }

    /// <summary>Null where nothing is configured.</summary>
    /// <exception cref="OptionsException">A file of test keys that is not there or wrong, or, with one, a label that no key has.</exception>
    public static Security? Open(SwitchOptions options, KeyLedger ledger, string? config, int signedBytesMax, IClock clock, Action<string> say)
    {
        if (options.Hsm is not { } wanted) return null;
        IKeyRing ring = wanted.TestKeys is null ? ledger : WithTestKeys(ledger, wanted.TestKeys, config, say);
        var links = options.Links.Select((link, index) => link.Security?.Keys((uint)index + 1)).OfType<LinkKeys>().ToList();
        var products = wanted.Products.Select(product => product.Keys()).ToList();
        var missing = links.SelectMany(link => new[] { link.PinKey, link.MacKey })
            .Concat(products.SelectMany(product => new[] { product.PinKey, product.CardCodeKey, product.CryptogramKey }))
            .OfType<string>().Distinct().Where(label => !ring.TryCurrent(label, out _)).Order(StringComparer.Ordinal)
            .Select(label => $"hsm: no key has the label {label}").ToList();
        if (missing.Count > 0 && wanted.TestKeys is not null) throw new OptionsException(missing);
        // Ceremonies are held with a switch that runs: the first start of all has no keys yet.
        foreach (var each in missing) say($"WARNING: {each} yet: what needs it is declined until sunny key brings it in");
        return new Security(ledger.Hsm, new PaymentDesk(ledger.Hsm, ring, links, products), wanted, signedBytesMax, clock);
    }

    private static TestKeyRing WithTestKeys(KeyLedger ledger, string file, string? config, Action<string> say)
    {
        var path = config is null ? file : Path.Combine(Path.GetDirectoryName(Path.GetFullPath(config))!, file);
        try
        {
            var keys = KeyFile.Read(ledger.Hsm, File.ReadAllBytes(path));
            foreach (var (label, key) in keys.Keys) say($"key {label}: {key}, from a file in clear");
            return new TestKeyRing(ledger, keys);
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new OptionsException([$"hsm.testKeys: {path}: {broken.Message}"]);
        }
    }
}
