using System.Text;
using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Simulation;

/// <summary>What operators do: cards enter and change, business dates open, data keys change.</summary>
/// <remarks><c>submit</c> puts a command on the ring, with what the reference does about it, if anything.</remarks>
internal sealed class SimOperators : IDisposable
{
    private const int DataKeysMax = 40;
    private readonly Swarm _swarm;
    private readonly Prng _prng;
    private readonly Ledger _ledger;
    private readonly Action<SimNode, OperatorCommand, LogEntry?> _submit;

    public SimOperators(Swarm swarm, Prng prng, Ledger ledger, Action<SimNode, OperatorCommand, LogEntry?> submit)
    {
        (_swarm, _prng, _ledger, _submit) = (swarm, prng, ledger, submit);
        AddDataKey();
    }

    /// <summary>Outlives the node, as a key store does.</summary>
    public SimVault Vault { get; } = new();

    public void AddCards(SimNode node)
    {
        foreach (var pan in Traffic.Cards.AsSpan(0, _swarm.Cards))
        {
            var currency = Traffic.CurrencyOf(pan);
            _ledger.Add(new LogEntry(JournalKind.CardAdded) { Pan = pan, Currency = currency, Moves = new Moves(0, _swarm.BalanceMinor, 0, 0) });
            var add = new OperatorCommand(CommandKind.CardAdd, _ => _ledger.Promise(_ledger.Count))
            {
                Card = new CardTerms(node.Token(pan), default, 9912, SimRules.Number(currency), _swarm.BalanceMinor, 0),
                PanBlock = Block(pan),
            };
            _submit(node, add, null);
            node.Step();
        }
    }

    public void ChangeCard(SimNode node)
    {
        var pan = Traffic.Cards[_prng.Below(_swarm.Cards)];
        var (status, hot) = (CardStatus.Active, HotReason.None);
        if (_prng.Chance(500)) status = (CardStatus)_prng.Between(1, 4);
        if (_prng.Chance(300)) hot = (HotReason)_prng.Between(1, 4);
        _submit(
            node, new OperatorCommand(CommandKind.CardChange, _ => { })
            {
                Change = new CardChanged { Pan = node.Token(pan), Status = status, Hot = hot },
            },
            new LogEntry(JournalKind.CardChanged) { Pan = pan, Status = status, Hot = hot });
    }

    /// <summary>Wrong PINs are forgotten.</summary>
    public void ResetPin(SimNode node, string pan) => _submit(
        node, new OperatorCommand(CommandKind.CardPin, _ => { }) { Pin = new CardPinSet { Pan = node.Token(pan) } },
        new LogEntry(JournalKind.CardPinSet) { Pan = pan });

    public void OpenDay(SimNode node, int day) => _submit(
        node, new OperatorCommand(CommandKind.OpenBusinessDate, _ => { }) { DayNumber = day },
        new LogEntry(JournalKind.BusinessDateOpened) { Day = day });

    /// <summary>Ends a frame's worth of the holds that are over.</summary>
    public OperatorCommand ExpireHolds(SimNode node)
    {
        var command = new OperatorCommand(CommandKind.ExpireHolds, _ => { });
        _submit(node, command, new LogEntry(JournalKind.HoldsExpired));
        return command;
    }

    /// <summary>
    /// Now and then with a new data key; else what an earlier one left undone goes on. The power may go on the way: what was
    /// sealed and not flushed must not lend its nonces to what is sealed next.
    /// </summary>
    public void Reseal(SimNode node)
    {
        if (_prng.Chance(500) && Vault.CurrentKey < DataKeysMax) AddDataKey();
        ResealAll(node);
        if (_prng.Chance(_swarm.PowerCuts * 20)) node.Disk.CutWithin(4);
    }

    /// <summary>All of them, with the current key; there are fewer cards than one command takes.</summary>
    public OperatorCommand ResealAll(SimNode node)
    {
        var command = new OperatorCommand(CommandKind.ResealPans, _ => { });
        _submit(node, command, new LogEntry(JournalKind.PanSealed));
        return command;
    }

    /// <summary>Whatever keys came and went, each card's ciphertext has to open to its PAN, under the current key once all were sealed anew.</summary>
    public void CheckSealedPans(SimNode node)
    {
        Span<byte> block = stackalloc byte[PanBlock.Bytes];
        foreach (var pan in Traffic.Cards.AsSpan(0, _swarm.Cards))
        {
            var token = node.Token(pan);
            var isThere = node.State.TryFindSealedPan(token, out var found) && Vault.TryOpen(in found, token, block);
            Ledger.Check(found.DataKey == Vault.CurrentKey, "I12", $"card ..{pan[^4..]}: sealed with data key {found.DataKey}, not {Vault.CurrentKey}");
            Ledger.Check(isThere && block.SequenceEqual(Block(pan)), "I12", $"card ..{pan[^4..]}: its PAN is not what was sealed");
        }
    }

    public void Dispose() => Vault.Dispose();

    private void AddDataKey()
    {
        var key = new byte[AesGcmPanVault.KeyBytes];
        for (var index = 0; index < key.Length; index++) key[index] = (byte)_prng.Below(256);
        Vault.Add(key);
    }

    private static byte[] Block(string pan)
    {
        var block = new byte[PanBlock.Bytes];
        PanBlock.Write(Encoding.ASCII.GetBytes(pan), block);
        return block;
    }
}
