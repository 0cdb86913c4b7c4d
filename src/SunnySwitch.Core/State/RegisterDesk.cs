using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>
/// Judges what operators say of merchants, terminals, stopped payments, addresses and keys against the state, and changes nothing; the caller
/// journals the payload and applies it. Kernel thread only.
/// </summary>
public sealed class RegisterDesk(SwitchState state)
{
    /// <summary>A merchant or terminal enters, or something else is said of it. A terminal's merchant has to be there first.</summary>
    public CardRefusal Judge(in AcceptorSet said)
    {
        var key = new AcceptorEntry { Acquirer = said.Acquirer, Merchant = AcceptorEntry.IdOf(in said.Merchant) };
        var isGood = said.Acquirer != 0 && key.Merchant != 0 && said.Status is >= AcceptorStatus.Active and <= AcceptorStatus.Closed;
        if (!isGood) return CardRefusal.BadTerms;
        var isMerchant = state.Registers.Acceptors.Find(in key).IsUsed;
        key.Terminal = AcceptorEntry.IdOf(in said.Terminal);
        if (key.Terminal != 0 && !isMerchant) return CardRefusal.Unknown;
        return state.Registers.Acceptors.HasRoomFor(in key) ? CardRefusal.None : CardRefusal.TableFull;
    }

    /// <summary>An order not to be charged, or its end.</summary>
    public CardRefusal Judge(in PaymentStopped order)
    {
        var hasMerchant = AcceptorEntry.IdOf(in order.Merchant) != 0;
        var isGood = order.Kind switch
        {
            StopKind.Payment or StopKind.Order => hasMerchant,
            StopKind.AllOrders => !hasMerchant && order.Acquirer == 0,
            _ => order.Kind == StopKind.None && (hasMerchant || order.Acquirer == 0),
        };
        if (!isGood || (order.To != 0 && order.To < order.From)) return CardRefusal.BadTerms;
        if (state.Cards.Find(order.Pan) < 0) return CardRefusal.Unknown;
        var key = new StopEntry { Pan = order.Pan, Acquirer = order.Acquirer, Merchant = AcceptorEntry.IdOf(in order.Merchant) };
        if (order.Kind == StopKind.None && !state.Registers.Stops.Find(in key).IsUsed) return CardRefusal.Unknown;
        return state.Registers.Stops.HasRoomFor(in key) ? CardRefusal.None : CardRefusal.TableFull;
    }

    /// <summary>How a card's PIN is known.</summary>
    public CardRefusal Judge(in CardPinSet set)
    {
        var isGood = set.KeyIndex <= 9 && (set.Value >> 56) switch
        {
            4 => set.Method is PinMethod.Pvv or PinMethod.Ibm3624,
            0 => set.Method == PinMethod.OfProduct,
            var digits => digits <= 12 && digits > 4 && set.Method == PinMethod.Ibm3624,
        };
        return !isGood ? CardRefusal.BadTerms : state.Cards.Find(set.Pan) < 0 ? CardRefusal.Unknown : CardRefusal.None;
    }

    /// <summary>
    /// A version of a key comes, or goes from one state to the next. A label has one next, one current and one previous version at most: a
    /// message can be of two keys, never of three.
    /// </summary>
    public CardRefusal Judge(in KeyNoted said)
    {
        var key = new KeyNoteEntry { Label = AcceptorEntry.IdOf(in said.Label), Version = said.Version };
        var isGood = key.Label != 0 && said.Version != 0 && said.Bits != 0 && AcceptorEntry.IdOf(in said.Operator) != 0
            && said.State is >= KeyState.Next and <= KeyState.Retired && said.Act is >= KeyAct.Formed and <= KeyAct.Compromised;
        if (!isGood) return CardRefusal.BadTerms;
        var (next, current, previous, highest) = (0U, 0U, 0U, 0U);
        foreach (var each in state.Registers.KeyNotes.All())
        {
            if (each.Label != key.Label) continue;
            highest = Math.Max(highest, each.Version);
            if (each.State == KeyState.Next) next = each.Version;
            else if (each.State == KeyState.Current) current = each.Version;
            else if (each.State == KeyState.Previous) previous = each.Version;
        }

        ref readonly var known = ref state.Registers.KeyNotes.Find(in key);
        if (said.Act is KeyAct.Formed or KeyAct.Generated or KeyAct.Imported)
        {
            if (known.IsUsed) return CardRefusal.AlreadyKnown;
            var isFirst = said.State == KeyState.Current && (next | current) == 0;
            var mayCome = isFirst || (said.State == KeyState.Next && next == 0 && current != 0);
            if (said.Version != highest + 1 || said.Replaced != 0 || !mayCome) return CardRefusal.BadTerms;
            return state.Registers.KeyNotes.HasRoomFor(in key) ? CardRefusal.None : CardRefusal.TableFull;
        }

        if (!known.IsUsed) return CardRefusal.Unknown;
        if (known.CheckValue != said.CheckValue || known.Algorithm != said.Algorithm) return CardRefusal.BadTerms;
        var mayBe = said.Act switch
        {
            KeyAct.Activated => known.State == KeyState.Next && said.State == KeyState.Current && said.Replaced == current && previous == 0,
            KeyAct.Exported => known.State != KeyState.Retired && said.State == known.State && said.Replaced == 0,
            KeyAct.Retired => known.State is KeyState.Next or KeyState.Previous && said.State == KeyState.Retired && said.Replaced == 0,
            _ => known.State != KeyState.Retired && said.State == KeyState.Retired && said.Replaced == 0,
        };
        return mayBe ? CardRefusal.None : CardRefusal.BadTerms;
    }

    /// <summary>Where a cardholder lives.</summary>
    public CardRefusal Judge(in CardAddressed addressed) => state.Cards.Find(addressed.Pan) < 0 ? CardRefusal.Unknown : CardRefusal.None;

    /// <summary>What is said of a merchant, or of one of its terminals; None when nothing is.</summary>
    public (AcceptorStatus Status, ushort Category) Of(ulong acquirer, in Text16 merchant, in Text16 terminal)
    {
        var key = new AcceptorEntry { Acquirer = acquirer, Merchant = AcceptorEntry.IdOf(in merchant), Terminal = AcceptorEntry.IdOf(in terminal) };
        ref readonly var known = ref state.Registers.Acceptors.Find(in key);
        return (known.Status, known.Category);
    }
}
