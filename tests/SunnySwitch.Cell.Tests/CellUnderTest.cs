using System.Buffers.Binary;
using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using SunnySwitch.Disruptor;
using SunnySwitch.Journal;
using SunnySwitch.Journal.Disks;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;

namespace SunnySwitch.Cell.Tests;

/// <summary>The production kernel, stepped by hand: a disk in memory, links that record, a clock that the test moves.</summary>
internal sealed class CellUnderTest : ILinkDesk, IClock, IDisposable
{
    public const int Connections = 4;
    private static readonly Dialect Ascii = Dialect.BuiltIn("iso87-ascii")!;
    private readonly RingBuffer<Input> _ring = RingBuffer<Input>.CreateMultiProducer(() => new Input(Intake.SignedBytesMax), 256, new BusySpinWaitStrategy());
    private readonly BatchConsumer<Input, Cell> _consumer;
    private readonly CmacPanTokens _tokens = new(new byte[16]);
    private readonly Intake _intake;
    private readonly byte[][] _claimed = [.. Enumerable.Range(0, Connections).Select(_ => new byte[4096])];
    private readonly List<byte[]>[] _committed = [.. Enumerable.Range(0, Connections).Select(_ => new List<byte[]>())];
    private readonly Journal.Journal _journal;

    public CellUnderTest(MemoryDisk disk, bool signOn = false, ulong epoch = 1, AesGcmPanVault? vault = null, IHsmDesk? hsm = null, bool mac = false,
        Dialect? dialect = null, long cutOverQuietNanos = -1, ISharedDesk? shared = null)
    {
        Vault = vault ?? NewVault();
        Disk = disk;
        _intake = new Intake(_tokens, Intake.SignedBytesMax);
        State = new SwitchState(new StateOptions(64, 64, 16_384, 16_384, 64, Connections), _tokens);
        _journal = Journal.Journal.Open(disk, new JournalOptions(SegmentBytes: 1 << 20), State.Apply, () => State.Hash, out _);
        Link = new LinkProfile(
            new LinkTerms(1, "test", signOn, [InstitutionId.Of(400001, 6)], mac, cutOverQuietNanos), dialect ?? Ascii,
            Framing.Of("be16", 2048), 10 * Instant.NanosPerSecond, IsVerified: hsm is not null);
        Cell = new Cell(State, _journal, [Link], this, this, Vault, Connections, 128, hsm, parkingMax: 4, shared);
        Cell.Start(epoch, _tokens.KeyCheck, 20_780);
        _consumer = new BatchConsumer<Input, Cell>(_ring, _ring.NewBarrier(), Cell);
        _ring.AddGatingSequences(_consumer.Sequence);
    }

    public AesGcmPanVault Vault { get; }

    public MemoryDisk Disk { get; }

    public SwitchState State { get; }

    public Cell Cell { get; }

    /// <summary>How the next bytes are read; the cell itself keeps the first.</summary>
    public LinkProfile Link { get; set; }

    public Instant Now { get; set; } = new(1_795_000_000L * Instant.NanosPerSecond);

    /// <summary>Answers that left, by connection.</summary>
    public List<byte[]>[] Sent { get; } = [.. Enumerable.Range(0, Connections).Select(_ => new List<byte[]>())];

    public List<int> Released { get; } = [];

    /// <summary>False: answers are counted and dropped, so that the test's own lists allocate nothing.</summary>
    public bool Records { get; set; } = true;

    /// <summary>Answers committed.</summary>
    public int Answers { get; private set; }

    /// <summary>Called at the moment when answers leave.</summary>
    public Action? OnLeave { get; set; }

    public void Dispose()
    {
        _journal.Dispose();
        _tokens.Dispose();
    }

    public void AddCard(string pan = "4761739001010119", long balance = 100_000)
    {
        var block = Block(pan);
        var command = Ask(new OperatorCommand(CommandKind.CardAdd, _ => { })
        {
            Card = new CardTerms(Token(pan), default, 2812, 840, balance, 0),
            PanBlock = block,
        });
        Assert.Equal(CommandOutcome.Done, command.Outcome);
        Assert.Equal(-1, block.AsSpan().IndexOfAnyExcept((byte)0));      // The kernel keeps no clear PAN.
    }

    public OperatorCommand Ask(OperatorCommand command)
    {
        Put(slot => (slot.Kind, slot.Command) = (InputKind.Command, command));
        Step();
        return command;
    }

    public PanToken Token(string pan)
    {
        var block = Block(pan);
        var token = new byte[PanBlock.Bytes];
        _tokens.Tokenise(block, 1, token);
        return PanBlock.ReadToken(token);
    }

    /// <summary>The clear PAN that the state has sealed; null when there is none.</summary>
    public byte[]? Opened(string pan)
    {
        var block = new byte[PanBlock.Bytes];
        return State.TryFindSealedPan(Token(pan), out var found) && Vault.TryOpen(in found, Token(pan), block) ? block : null;
    }

    public static byte[] Block(string pan)
    {
        var block = new byte[PanBlock.Bytes];
        PanBlock.Write(Encoding.ASCII.GetBytes(pan), block);
        return block;
    }

    /// <summary>Puts messages on the ring as one read of that connection would.</summary>
    public void Receive(int connection, params byte[][] messages)
    {
        ReceiveBytes(connection, Frames(messages));
    }

    /// <summary>Messages with their length headers, as they arrive.</summary>
    public static byte[] Frames(IEnumerable<byte[]> messages) =>
        [.. messages.SelectMany(message => new[] { (byte)(message.Length >> 8), (byte)message.Length }.Concat(message))];

    /// <summary>Puts received bytes on the ring; allocates nothing.</summary>
    public void ReceiveBytes(int connection, ReadOnlySpan<byte> received)
    {
        var staged = _intake.Stage(Link, received);
        Must.Hold(_ring.TryNext(staged.Frames, out var highest));
        for (var index = 0; index < staged.Frames; index++)
        {
            var slot = _ring[highest - staged.Frames + 1 + index];
            _intake.Fill(index, slot);
            slot.ArrivedAt = Now;
            (slot.Transaction.Connection, slot.Transaction.Generation, slot.Transaction.LinkIndex) = (connection, 1, 0);
        }

        _ring.Publish(highest - staged.Frames + 1, highest);
    }

    public void End(int connection)
    {
        Put(slot =>
        {
            slot.Kind = InputKind.ConnectionEnded;
            (slot.Transaction.Connection, slot.Transaction.Generation, slot.Transaction.LinkIndex) = (connection, 1, 0);
        });
    }

    /// <summary>The HSM says, later, what it says.</summary>
    public void Answer(DeskAnswered answered)
    {
        Put(slot => (slot.Kind, slot.Answered) = (InputKind.DeskAnswer, answered));
        Step();
    }

    /// <summary>Other cells say, later, what they have counted.</summary>
    public void Answer(long ticket, DeskAnswer answer, in SharedCounts counts)
    {
        Must.Hold(_ring.TryNext(1, out var sequence));
        var slot = _ring[sequence];
        (slot.Kind, slot.ArrivedAt, slot.Answered) = (InputKind.SharedAnswer, Now, new DeskAnswered { Ticket = ticket, Answer = answer });
        slot.Transaction.Shared = counts;
        _ring.Publish(sequence);
        Step();
    }

    public void Step()
    {
        while (_consumer.Step()) { }
    }

    public byte[] Exchange(byte[] message, int connection = 0)
    {
        var before = Sent[connection].Count;
        Receive(connection, message);
        Step();
        Assert.Equal(before + 1, Sent[connection].Count);
        return Sent[connection][^1];
    }

    public static byte[] Message(ushort mti, params (int Field, string Value)[] fields)
    {
        var set = new FieldSet();
        foreach (var (field, _) in fields) set.Add(field);
        var target = new byte[2048];
        var writer = new MessageWriter(Ascii, target);
        writer.Begin(mti, set);
        foreach (var (field, value) in fields)
        {
            if (Ascii.TypeOf(field) == FieldType.Binary) writer.Binary(field, Convert.FromHexString(value));
            else writer.Text(field, Encoding.ASCII.GetBytes(value));
        }

        return target.AsSpan(0, writer.End()).ToArray();
    }

    public static byte[] Purchase(int stan, ushort mti = 0x0100, string amount = "000000001000", string pan = "4761739001010119") => Message(
        mti, (2, pan), (3, "000000"), (4, amount), (7, "1122165047"), (11, $"{stan:D6}"), (12, "165047"), (13, "1122"), (32, "400001"),
        (37, $"{stan:D12}"), (41, "TERM0001"), (42, "MERCHANT0000001"), (49, "840"));

    public static string Field(byte[] message, int field)
    {
        var table = default(FieldTable);
        Assert.True(Protocol.Codec.Decoder.Decode(Ascii, message, ref table).IsOk);
        var text = new byte[1024];
        return table.Has(field) ? Encoding.ASCII.GetString(text, 0, new MessageReader(Ascii, message, in table).CopyText(field, text)) : "";
    }

    public Span<byte> Claim(int connection, uint generation, int bytes) => _claimed[connection];

    public void Commit(int connection, int bytes)
    {
        Answers++;
        if (!Records) return;
        Assert.Equal(bytes - 2, BinaryPrimitives.ReadUInt16BigEndian(_claimed[connection]));
        _committed[connection].Add(_claimed[connection].AsSpan(2, bytes - 2).ToArray());
    }

    public void Flush(int connection)
    {
        OnLeave?.Invoke();
        if (!Records) return;
        Sent[connection].AddRange(_committed[connection]);
        _committed[connection].Clear();
    }

    public void Release(int connection, uint generation)
    {
        Assert.Empty(_committed[connection]);
        Released.Add(connection);
    }

    public void WakeStarved() { }

    private static AesGcmPanVault NewVault()
    {
        var vault = new AesGcmPanVault();
        vault.Add(new byte[AesGcmPanVault.KeyBytes]);
        return vault;
    }

    private void Put(Action<Input> fill)
    {
        Assert.True(_ring.TryNext(1, out var sequence));
        _ring[sequence].ArrivedAt = Now;
        fill(_ring[sequence]);
        _ring.Publish(sequence);
    }
}
