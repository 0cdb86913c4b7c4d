using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Cell;

/// <content>What operators ask of it.</content>
public sealed partial class Cell
{
    private void TakeCommand(OperatorCommand command, Instant now)
    {
        var isLook = command.Kind is CommandKind.CardShow or CommandKind.RulesShow or CommandKind.RatesShow or CommandKind.AcceptorShow
            or CommandKind.KeysShow;
        var bytes = command.Kind switch
        {
            CommandKind.RulesActivate or CommandKind.RulesUndo => RuleSet.Bytes,
            CommandKind.RatesActivate or CommandKind.RatesUndo => RateSet.Bytes,
            _ => FrameBytesMax,
        };
        command.Outcome = isLook || (MakeRoom(now, bytes) && _journal.HasSegmentAhead) ? Obey(command, now) : CommandOutcome.JournalFull;
        _gate.OnDecided(_journal.LastSequence);
        _commands.Add(command);
    }

    private CommandOutcome Obey(OperatorCommand command, Instant now)
    {
        switch (command.Kind)
        {
            case CommandKind.ResealPans:
                return Reseal(command, now);
            case CommandKind.ExpireHolds:
                return Expire(command, now);
            case CommandKind.RulesShow:
                command.AllRules = _state.Rules;
                return CommandOutcome.Done;
            case CommandKind.RulesActivate:
                if (!_rules.TryActivate(in command.Rules, out var rules, out command.LimitId)) return CommandOutcome.LimitIdMeansOther;
                return Enter(command, in rules, now);
            case CommandKind.RulesUndo:
                return _rules.TryUndo(in command.Rules, out rules) ? Enter(command, in rules, now) : CommandOutcome.NothingToUndo;
            case CommandKind.RatesShow:
                command.AllRates = _state.Rates;
                return CommandOutcome.Done;
            case CommandKind.RatesActivate:
                return Enter(command, _rules.Activated(in command.Rates), now);
            case CommandKind.RatesUndo:
                return _rules.TryUndo(in command.Rates, out var rates) ? Enter(command, in rates, now) : CommandOutcome.NothingToUndo;
            case CommandKind.AcceptorShow:
                ref var acceptor = ref command.Acceptor;
                (acceptor.Status, acceptor.Category) = _registers.Of(acceptor.Acquirer, in acceptor.Merchant, in acceptor.Terminal);
                return CommandOutcome.Done;
            case CommandKind.KeysShow:
                command.Keys = _state.KeyNotes();
                return CommandOutcome.Done;
            case CommandKind.OpenBusinessDate:
                if (command.DayNumber <= _state.BusinessDay) return CommandOutcome.Done;
                Record(JournalKind.BusinessDateOpened, 1, now, 0, new BusinessDateOpened { DayNumber = command.DayNumber });
                return CommandOutcome.Done;
            case CommandKind.CardShow:
                return _state.TryFindCard(command.Pan, out command.View) ? CommandOutcome.Done : CommandOutcome.CardUnknown;
            default:
                return OutcomeOf(Enter(command, now));
        }
    }

    /// <summary>Cards, merchants, terminals, and what is said of them: judged by a desk, then a frame.</summary>
    private CardRefusal Enter(OperatorCommand command, Instant now)
    {
        CardRefusal refusal;
        switch (command.Kind)
        {
            case CommandKind.CardAdd:
                if (!_cards.TryAdd(in command.Card, out var added, out refusal)) break;
                Record(JournalKind.CardAdded, 1, now, 0, added);
                if (command.PanBlock is { } block) Seal(added.Pan, block, now);
                break;
            case CommandKind.CardChange:
                if (_cards.TryChange(in command.Change, out var changed, out refusal)) Record(JournalKind.CardChanged, PayloadVersion.Two, now, 0, changed);
                break;
            case CommandKind.CardAddress:
                refusal = _registers.Judge(in command.Address);
                if (refusal == CardRefusal.None) Record(JournalKind.CardAddressed, 1, now, 0, in command.Address);
                break;
            case CommandKind.CardPin:
                refusal = _registers.Judge(in command.Pin);
                if (refusal == CardRefusal.None) Record(JournalKind.CardPinSet, 1, now, 0, in command.Pin);
                break;
            case CommandKind.PaymentStop:
                refusal = _registers.Judge(in command.Stop);
                if (refusal == CardRefusal.None) Record(JournalKind.PaymentStopped, 1, now, 0, in command.Stop);
                break;
            case CommandKind.AcceptorSet:
                refusal = _registers.Judge(in command.Acceptor);
                if (refusal == CardRefusal.None) Record(JournalKind.AcceptorSet, 1, now, 0, in command.Acceptor);
                break;
            case CommandKind.KeyNote:
                refusal = _registers.Judge(in command.Key);
                if (refusal != CardRefusal.None) break;
                Record(JournalKind.KeyNoted, 1, now, 0, in command.Key);
                CrashPoints.Pass(CrashPoint.KeyNoted);
                break;
            default:
                Must.Hold(command.Kind == CommandKind.CardsGenerate);
                var range = command.Range;
                var isGood = _cards.TryGenerate(
                    range.Bin, range.BinDigits, range.Count, range.Expiry, range.Currency, range.LedgerMinor, range.CreditLineMinor,
                    out var generated, out refusal);
                if (isGood) Record(JournalKind.CardsGenerated, 1, now, 0, generated);
                break;
        }

        return refusal;
    }

    private CommandOutcome Enter(OperatorCommand command, in RuleSet rules, Instant now)
    {
        Record(JournalKind.RulesActivated, PayloadVersion.Four, now, 0, in rules);
        command.Rules = rules;
        return CommandOutcome.Done;
    }

    private CommandOutcome Enter(OperatorCommand command, in RateSet rates, Instant now)
    {
        Record(JournalKind.RatesActivated, 1, now, 0, in rates);
        command.Rates = rates;
        return CommandOutcome.Done;
    }

    private void Seal(PanToken pan, Span<byte> panBlock, Instant now)
    {
        var made = _vault.Seal(panBlock, pan, _journal.Epoch, _journal.LastSequence + 1);
        panBlock.Clear();
        Record(JournalKind.PanSealed, 1, now, 0, new PanSealed { Pan = pan, Sealed = made });
    }

    /// <summary>Some cards at a time, so that no payment waits for all of them.</summary>
    private CommandOutcome Reseal(OperatorCommand command, Instant now)
    {
        Span<byte> block = stackalloc byte[PanBlock.Bytes];
        while (command.Resealed < ResealsMax)
        {
            if (!MakeRoom(now)) return CommandOutcome.JournalFull;
            var wanted = _vault.CurrentKey - (Mutant.Is(Mutation.ForgetReseal) ? 1U : 0);
            if (!_state.TryFindStalePan(wanted, ref command.Cursor, ResealLooksMax, out var pan, out var stale)) break;
            if (!_vault.TryOpen(in stale, pan, block)) return CommandOutcome.PanUnreadable;
            Seal(pan, block, now);
            CrashPoints.Pass(CrashPoint.PanSealed);
            command.Resealed++;
        }

        return CommandOutcome.Done;
    }

    /// <summary>A frame's worth at a time, so that no payment waits for all of them.</summary>
    private CommandOutcome Expire(OperatorCommand command, Instant now)
    {
        command.Expired = default;
        _state.FindOver(ref command.Cursor, ExpireLooksMax, ref command.Expired);
        if (command.Expired.Count > 0) Record(JournalKind.HoldsExpired, 1, now, 0, in command.Expired);
        return CommandOutcome.Done;
    }

    private static CommandOutcome OutcomeOf(CardRefusal refusal) => refusal switch
    {
        CardRefusal.None => CommandOutcome.Done,
        CardRefusal.AlreadyKnown => CommandOutcome.CardKnown,
        CardRefusal.Unknown => CommandOutcome.CardUnknown,
        CardRefusal.TableFull => CommandOutcome.TableFull,
        _ => CommandOutcome.BadTerms,
    };
}
