using System.Runtime.Versioning;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using SunnySwitch.Admin;
using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using SunnySwitch.Disruptor;
using SunnySwitch.Host.Serving;
using SunnySwitch.Hsm;
using SunnySwitch.Hsm.Ledger;
using SunnySwitch.Hsm.Software;
using SunnySwitch.Journal;
using SunnySwitch.Journal.Disks;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;
using Xunit;

namespace SunnySwitch.Host.Tests;

/// <summary>A ceremony whose command the kernel does not answer in time: its caller gets 504, and what the kernel does with it later holds.</summary>
[SupportedOSPlatform("linux")]
public sealed class KeyDeskTests : IDisposable
{
    private static readonly KeyToGenerate Wanted = new("zpk-acme", "P0", "T", 128, "anna", "boris");
    private readonly string _folder = Directory.CreateTempSubdirectory("sunny-keydesk-").FullName;
    private readonly RingBuffer<Input> _ring = RingBuffer<Input>.CreateMultiProducer(() => new Input(0), 128, new BusySpinWaitStrategy());
    private readonly CmacPanTokens _tokens = new(new byte[16]);
    private readonly AesGcmPanVault _vault = new();
    private readonly Journal.Journal _journal;
    private readonly BatchConsumer<Input, Cell.Cell> _kernel;
    private readonly FileMasterKey _master;
    private readonly SoftwareHsm _hsm = new(new SoftwareHsmOptions { RefusesPublishedKeys = true });
    private readonly KeyLedger _ledger;
    private readonly KeyDesk _desk;
    private readonly List<string> _said = [];

    public KeyDeskTests()
    {
        _vault.Add(new byte[AesGcmPanVault.KeyBytes]);
        var state = new SwitchState(new StateOptions(64, 64, 64, 64, 64, 4), _tokens);
        _journal = Journal.Journal.Open(new MemoryDisk(), new JournalOptions(SegmentBytes: 1 << 20), state.Apply, () => state.Hash, out _);
        var link = new LinkProfile(
            new LinkTerms(1, "test", false, [InstitutionId.Of(400001, 6)]), Dialect.BuiltIn("iso87-ascii")!, Framing.Of("be16", 2048), long.MaxValue);
        var cell = new Cell.Cell(state, _journal, [link], new NoLinks(), new NoLinks(), _vault, 4, 64);
        cell.Start(1, _tokens.KeyCheck, 20_780);
        _kernel = new BatchConsumer<Input, Cell.Cell>(_ring, _ring.NewBarrier(), cell);
        _ring.AddGatingSequences(_kernel.Sequence);
        _master = FileMasterKey.Open(Path.Combine(_folder, "master.key"), mayCreate: true);
        _ledger = KeyLedger.Open(Path.Combine(_folder, "keys.blocks"), _hsm, new SoftwareKeySeal(_hsm, _master), mayCreate: true);
        _desk = new KeyDesk(new OperatorDesk(_ring, new NoLinks(), TimeSpan.FromSeconds(2)), _ledger, () => { }, TimeProvider.System, true, _said.Add);
    }

    [Fact]
    public async Task A_key_whose_note_got_no_answer_is_there_when_the_kernel_has_taken_it_after_all()
    {
        var asked = _desk.Generate(Wanted);
        Step();                                                            // What keys there are; the note waits.
        await Assert.ThrowsAsync<TimeoutException>(() => asked);
        Assert.False(_ledger.TryCurrent("zpk-acme", out _));
        Assert.Contains("zpk-acme", File.ReadAllText(Path.Combine(_folder, "keys.blocks")), StringComparison.Ordinal);
        Step();
        var key = Assert.Single((await Answered(_desk.Inventory())).Keys);
        Assert.Equal(("zpk-acme", 1L, "current"), (key.Label, key.Version, key.State));
        Assert.True(_ledger.TryCurrent("zpk-acme", out _));
    }

    [Fact]
    public async Task One_that_the_kernel_never_saw_is_dropped_and_can_be_made_again()
    {
        var asked = _desk.Generate(Wanted);
        Step();
        await Assert.ThrowsAsync<TimeoutException>(() => asked);
        // As a restart finds it: nothing of the ring is left.
        _ledger.Follow([]);
        Assert.DoesNotContain("zpk-acme", File.ReadAllText(Path.Combine(_folder, "keys.blocks")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_ring_and_a_kernel_that_hangs_are_504_and_let_the_next_ceremony_in()
    {
        for (var slots = 0; slots < 2; slots++)
        {
            var context = new DefaultHttpContext { Response = { Body = new MemoryStream() } };
            await OperatorDesk.AnswerTimeouts(context, async _ => await _desk.Generate(Wanted));
            Assert.Equal(StatusCodes.Status504GatewayTimeout, context.Response.StatusCode);
            context.Response.Body.Position = 0;
            var refusal = await JsonSerializer.DeserializeAsync<Refusal>(
                context.Response.Body, JsonSerializerOptions.Web, TestContext.Current.CancellationToken);
            Assert.Contains("the outcome is unknown, it may still take effect", Assert.Single(refusal!.Problems), StringComparison.Ordinal);
            while (_ring.TryNext(1, out var sequence))                     // And now it is full.
            {
                _ring[sequence].Kind = InputKind.None;
                _ring.Publish(sequence);
            }
        }

        Step();
        Assert.Empty((await Answered(_desk.Inventory())).Keys);
        Assert.Equal(1, (await Answered(_desk.Generate(Wanted))).Key!.Version);
    }

    public void Dispose()
    {
        _desk.Dispose();
        _journal.Dispose();
        _hsm.Dispose();
        _master.Dispose();
        _tokens.Dispose();
        _vault.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // The kernel, as far as it is let.
    private void Step() => Assert.True(SpinWait.SpinUntil(_kernel.Step, TimeSpan.FromSeconds(20)));

    private async Task<T> Answered<T>(Task<T> asked)
    {
        while (!asked.IsCompleted)
        {
            _kernel.Step();
            await Task.Yield();
        }

        return await asked;
    }

    /// <summary>Nobody is connected, and time stands still.</summary>
    private sealed class NoLinks : ILinkDesk, IClock
    {
        public Instant Now => new(1_795_000_000L * Instant.NanosPerSecond);

        public Span<byte> Claim(int connection, uint generation, int bytes) => default;

        public void Commit(int connection, int bytes)
        {
        }

        public void Flush(int connection)
        {
        }

        public void Release(int connection, uint generation)
        {
        }

        public void WakeStarved()
        {
        }
    }
}
