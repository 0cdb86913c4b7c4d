using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Prometheus;
using SunnySwitch.Admin;
using SunnySwitch.Cell;
using SunnySwitch.Core.State;
using SunnySwitch.Disruptor;
using SunnySwitch.Host.Options;
using SunnySwitch.Links;

namespace SunnySwitch.Host.Serving;

/// <summary>The switch put together: state from the journal, ring, kernel thread, links, operators' API.</summary>
internal sealed class RunningSwitch : IAsyncDisposable
{
    private readonly SwitchOptions _options;
    private readonly Store _store;
    private readonly Keeper _keeper;
    private readonly IReadOnlyList<Link> _links;
    private readonly TlsLinks _tls;
    private readonly MonotonicClock _clock;
    private readonly RingBuffer<Input> _ring;
    private readonly DialectReload _reload;
    private readonly ConnectionTable _connections;
    private readonly Security? _security;
    private readonly LedgerThread? _ledger;
    private readonly Cell.Cell _cell;
    private readonly KernelThread _kernel;
    private readonly OperatorDesk _operators;
    private readonly KeyDesk _keyDesk;
    private readonly RedisThread? _redis;
    private readonly SharedDesk? _shared;
    private readonly WebApplication _web;
    private readonly LinkListener _listener;
    private readonly List<ListenOptions> _bound = [];
    private readonly CancellationTokenSource _stopping = new();
    private Task _housekeeping = Task.CompletedTask;
    private volatile bool _ready;

    private RunningSwitch(
        SwitchOptions options, Store store, Security? security, LedgerThread? ledger, IReadOnlyList<Link> links, TlsLinks tls, Keeper keeper,
        MonotonicClock clock, Action<string> say)
    {
        _ledger = ledger;
        _clock = clock;
        _security = security;
        _options = options;
        _store = store;
        _keeper = keeper;
        _links = links;
        _tls = tls;
        _reload = new DialectReload(links, options.Links, say);
        var signedBytesMax = SignedBytesMax(links);
        _ring = RingBuffer<Input>.CreateMultiProducer(
            () => new Input(signedBytesMax), options.Ring.Slots, new SpinThenParkWaitStrategy(options.Ring.SpinMicroseconds));
        _connections = new ConnectionTable(links);
        _shared = SharedDesk.Open(options.Redis, _clock, _ring);
        _cell = new Cell.Cell(
            store.State, store.Journal, [.. links.Select(link => link.Profile)], _connections, _clock, store.Vault,
            _connections.SlotsMax, options.Ring.Slots / 2, security?.Desk, options.Hsm?.WaitingMax ?? Cell.Cell.ParkingMaxUsual,
            _shared?.Desk, _shared?.PatienceNanos ?? Cell.Cell.SharedPatienceUsual);
        security?.Connect(_ring);
        _kernel = new KernelThread(_ring, _cell);
        _operators = new OperatorDesk(_ring, _clock);
        _keyDesk = new KeyDesk(_operators, store.Ledger, store.ReviveKeys, TimeProvider.System, options.Mode == "production", say);
        _redis = RedisThread.Open(options, store, say);
        _web = BuildWeb(out _listener);
    }

    /// <summary>Opens everything; returns when the ports listen and the switch is ready.</summary>
    public static async Task<RunningSwitch> Start(
        SwitchOptions options, string dataFolder, string? config, IReadOnlyList<string> settings, Action<string> say)
    {
        var links = LinkFactory.Make(options);
        // In an empty folder nothing is made that production would refuse.
        var isNew = !Directory.Exists(Path.Combine(dataFolder, "journal"));
        if (isNew && options.Hsm?.Module != "pkcs11") Production.Check(options, "software", isSecureDevice: false, isMasterAFile: true, ledger: null);
        if (options.Mode == "development") say(Production.Warning(options));
        var tls = TlsLinks.Open(options, links, config, say);
        if (options.Rehearse) Rehearsal.Run(links);
        var store = Store.Open(options, dataFolder, config, say);
        var clock = new MonotonicClock();
        var security = Security.Open(options, store.Ledger, config, SignedBytesMax(links), clock, say);
        var ledger = LedgerThread.Open(options, dataFolder, store, say);
        var keeper = new Keeper(options, dataFolder, config, settings, ledger is null ? () => long.MaxValue : () => ledger.Status.Sequence, say);
        var running = new RunningSwitch(options, store, security, ledger, links, tls, keeper, clock, say);
        await running.Start(say).ConfigureAwait(false);
        return running;
    }

    /// <summary>Answers what was read, makes it durable, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _ready = false;
        _listener.Drain();
        _tls.Drain();
        using (var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10)))
        {
            await _web.StopAsync(patience.Token).ConfigureAwait(false);
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _housekeeping.ConfigureAwait(false);
        if (_security is not null) await _security.Finish(TimeSpan.FromSeconds(2)).ConfigureAwait(false);
        if (_shared is not null) await _shared.Finish().ConfigureAwait(false);
        _kernel.HaltAndJoin();
        _ledger?.Dispose();
        _security?.Dispose();
        _shared?.Dispose();
        _redis?.Dispose();
        _keyDesk.Dispose();
        _store.Dispose();
        await _web.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private static int SignedBytesMax(IReadOnlyList<Link> links) => links.Any(link => link.Profile.Terms.MacRequired) ? Intake.SignedBytesMax : 0;

    private async Task Start(Action<string> say)
    {
        _cell.Start(_store.NextEpoch, _store.TokenKeyCheck, DayNumber());
        _kernel.Start();
        _ledger?.Start();
        await GenerateCards(say).ConfigureAwait(false);
        await _web.StartAsync().ConfigureAwait(false);
        _housekeeping = Task.WhenAll(
            OpenBusinessDates(), CloseOverdue(), TidyKeys(), _tls.Watch(Next), _store.PrepareSegments(_stopping.Token), _keeper.Run(_stopping.Token));
        foreach (var (link, bound) in _links.Zip(_bound.Skip(1)))
        {
            var terms = link.Profile.Terms;
            var signOn = terms.SignOnRequired ? "sign-on required" : "no sign-on needed";
            say($"link {link.Name}: {bound.IPEndPoint} {link.Profile.Dialect.Name}, {link.Profile.Framing.Name}, {signOn}, {_tls.Describe(link)}");
        }

        say($"http: http://{_bound[0].IPEndPoint} (/health/ready, /metrics, /cards)");
        _redis?.Start();
        _ready = true;
        say("ready");
    }

    private async Task GenerateCards(Action<string> say)
    {
        if (_options.GeneratedCards is not { } range || _store.HasCards) return;
        var command = await _operators.Ask(CommandKind.CardsGenerate, asked => asked.Range = new CardsGenerated
        {
            Bin = ulong.Parse(range.Bin),
            BinDigits = range.Bin.Length,
            Count = range.Count,
            LedgerMinor = range.BalanceMinor,
            Expiry = ushort.Parse(range.Expiry),
            Currency = (ushort)range.Currency,
        }).ConfigureAwait(false);
        say(command.Outcome == CommandOutcome.Done ? $"cards: {range.Count:N0} generated under BIN {range.Bin}" : $"cards: none generated: {command.Outcome}");
    }

    private WebApplication BuildWeb(out LinkListener listener)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            console.UseUtcTimestamp = true;
        });
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        // Our own words only: a framework's error would come with its stack, and it reaches us as an exception anyway.
        builder.Logging.AddFilter((category, level) => category?.StartsWith("SunnySwitch", StringComparison.Ordinal) == true && level >= LogLevel.Information);
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, LargeBlockPoolFactory>();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.MaxWriteBufferSize = _options.UnreadKilobytesMax * 1024L;
            sockets.Backlog = 4096;
        });
        LinkListener? made = null;
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, () => made!));
        var web = builder.Build();
        var logger = web.Services.GetRequiredService<ILoggerFactory>().CreateLogger("SunnySwitch.Links");
        listener = made = new LinkListener(_links, _ring, _connections, _clock, logger, _store.NewTokens, stop => ProtectData.Stop(stop.Message));
        MapHttp(web, listener);
        return web;
    }

    private void Listen(KestrelServerOptions kestrel, Func<LinkListener> listener)
    {
        var address = IPAddress.Parse(_options.Listen);
        kestrel.AddServerHeader = false;
        kestrel.Listen(_options.HttpListen, _options.HttpPort, http => { http.Protocols = HttpProtocols.Http1; _bound.Add(http); });
        foreach (var link in _links)
        {
            var gate = _tls.Of(link);
            kestrel.Listen(address, link.Port, iso =>
            {
                _bound.Add(iso);
                iso.Run(connection => gate is null ? listener().Serve(link, connection) : listener().Serve(gate, connection));
            });
        }
    }

    private void MapHttp(WebApplication web, LinkListener listener)
    {
        var page = SwitchMetrics.Page(_links, _cell.Counters, listener, _connections, _ring, _store.Journal, _store.State);
        _store.AddMetrics(page);
        _redis?.AddMetrics(page);
        _shared?.AddMetrics(page, _cell.Counters);
        if (_security is not null) SwitchMetrics.AddSecurity(page, _security);
        _keeper.AddMetrics(page);
        _keyDesk.AddMetrics(page);
        _tls.AddMetrics(page);
        _ledger?.AddMetrics(page);
        web.Use(OperatorDesk.AnswerTimeouts);
        web.UseRouting();
        web.MapGet("/health/live", () => Results.Text("live\n"));
        web.MapGet("/health/ready", () => _ready ? Results.Text("ready\n") : Results.Text("not ready\n", statusCode: StatusCodes.Status503ServiceUnavailable));
        web.MapMetrics("/metrics", page.Registry);
        new CardsApi(_operators, new CardNumbers(_store.NewTokens())).Map(web);
        new AcceptorsApi(_operators).Map(web);
        new DialectsApi(ReloadDialects).Map(web);
        new RulesApi(_operators).Map(web);
        new RatesApi(_operators).Map(web);
        new KeysApi(_operators, _store.RotateDataKey, () => _store.Vault.CurrentKey).Map(web);
        new CeremonyApi(_keyDesk).Map(web);
    }

    /// <summary>Reads the dialect files again.</summary>
    public DialectsReloaded ReloadDialects() => _reload.Run();

    private static int DayNumber() => (int)(DateTime.UtcNow - DateTime.UnixEpoch).TotalDays;

    private async Task OpenBusinessDates()
    {
        var opened = DayNumber();
        var swept = 0;                                       // Also what a start left undone.
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await Next(timer).ConfigureAwait(false))
        {
            var today = DayNumber();
            try
            {
                if (today > opened)
                {
                    var command = await _operators.Ask(CommandKind.OpenBusinessDate, asked => asked.DayNumber = today).ConfigureAwait(false);
                    if (command.Outcome == CommandOutcome.Done) opened = today;
                }

                if (swept < opened && await ExpireHolds().ConfigureAwait(false)) swept = opened;
            }
            catch (TimeoutException)
            {
                // The ring was full, or the disk is: it is asked for again at the next tick.
            }
        }
    }

    /// <summary>Ends the holds whose time is over, some at a time; false when the disk is full.</summary>
    private async Task<bool> ExpireHolds()
    {
        for (var cursor = 0; cursor >= 0 && !_stopping.IsCancellationRequested;)
        {
            var from = cursor;
            var command = await _operators.Ask(CommandKind.ExpireHolds, asked => asked.Cursor = from).ConfigureAwait(false);
            if (command.Outcome != CommandOutcome.Done) return false;
            cursor = command.Cursor;
        }

        return true;
    }

    private async Task CloseOverdue()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (await Next(timer).ConfigureAwait(false)) _listener.CloseOverdue();
    }

    private async Task TidyKeys()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await Next(timer).ConfigureAwait(false)) _keyDesk.Tidy();
    }

    private async Task<bool> Next(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>The console lifetime would swallow SIGTERM; <see cref="Signals"/> has it.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
