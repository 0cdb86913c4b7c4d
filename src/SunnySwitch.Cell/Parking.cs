namespace SunnySwitch.Cell;

/// <summary>
/// Requests that wait for the HSM or for other cells' counts: copied out of their ring slots, found again by ticket. Bounded; outside of the
/// state: not hashed, in no snapshot, lost at a crash together with their link. The kernel's thread alone.
/// </summary>
internal sealed class Parking
{
    private const int SlotBits = 16;
    private readonly Input[] _inputs;
    private readonly ulong[] _keys;
    private readonly long[] _tickets;
    private readonly int[] _followers;
    private readonly Stack<int> _free;
    private readonly Queue<long> _order;
    private readonly Queue<(long Ticket, long SinceNanos)> _counts;
    private long _next = 1;

    public Parking(int slots, int signedBytesMax)
    {
        Must.Hold(slots is > 0 and <= 1 << SlotBits);
        _inputs = new Input[slots];
        _keys = new ulong[slots];
        _tickets = new long[slots];
        _followers = new int[slots];
        _free = new Stack<int>(slots);
        _order = new Queue<long>(2 * slots);
        _counts = new Queue<(long, long)>(2 * slots);
        for (var slot = slots - 1; slot >= 0; slot--)
        {
            _inputs[slot] = new Input(signedBytesMax);
            _free.Push(slot);
        }
    }

    /// <summary>Requests that wait.</summary>
    public int Count => _inputs.Length - _free.Count;

    public bool IsFull => _free.Count == 0;

    public bool IsHalfFull => _free.Count <= _inputs.Length / 2;

    /// <summary>The ticket that the next one parked gets.</summary>
    public long NextTicket => IsFull ? 0 : (_next << SlotBits) | (uint)_free.Peek();

    /// <summary>Parks a request under <see cref="NextTicket"/>, which it has.</summary>
    public void Park(Input input)
    {
        var slot = _free.Pop();
        Must.Hold(input.Transaction.Ticket == ((_next << SlotBits) | (uint)slot));
        _next++;
        _inputs[slot].CopyFrom(input);
        _keys[slot] = input.Transaction.Request.KeyPrimary;
        _tickets[slot] = input.Transaction.Ticket;
        _followers[slot] = -1;
        // Behind one that waits for long, most have left by then; at most as many wait as there are slots.
        for (var left = _order.Count == 2 * _inputs.Length ? _order.Count : 0; left > 0; left--)
        {
            var ticket = _order.Dequeue();
            if (TryFind(ticket, out _)) _order.Enqueue(ticket);
        }

        _order.Enqueue(input.Transaction.Ticket);
    }

    /// <summary>
    /// A request with the key of one that waits waits behind it: it gets its answer, and the HSM is not asked twice. False: there is none, or
    /// no room.
    /// </summary>
    public bool TryFollow(Input input)
    {
        ref readonly var request = ref input.Transaction.Request;
        var slot = Count == 0 ? -1 : Array.IndexOf(_keys, request.KeyPrimary);
        if (slot < 0 || IsFull || request.KeyPrimary == 0) return false;
        var follower = _free.Pop();
        _inputs[follower].CopyFrom(input);
        if (Mutant.Is(Mutation.FollowerIsTheFirst)) _inputs[follower].Transaction.Request = _inputs[slot].Transaction.Request;
        (_keys[follower], _tickets[follower], _followers[follower]) = (0, 0, -1);
        while (_followers[slot] >= 0) slot = _followers[slot];
        _followers[slot] = follower;
        return true;
    }

    /// <summary>True if a full table is why a request with such a key cannot wait behind the first.</summary>
    public bool IsWaiting(ulong keyPrimary) => Count > 0 && keyPrimary != 0 && Array.IndexOf(_keys, keyPrimary) >= 0;

    /// <summary>True if a slot of the ring, or of this table, is one that waits under its ticket.</summary>
    public bool Has(Input input) => Count > 0 && TryFind(input.Transaction.Ticket, out var parked) && ReferenceEquals(parked, input);

    /// <summary>A request of a connection that waits under a ticket of its own.</summary>
    public bool TryFindOf(int connection, uint generation, out long ticket)
    {
        for (var slot = 0; slot < _inputs.Length; slot++)
        {
            ticket = _tickets[slot];
            if (ticket == 0) continue;
            ref readonly var transaction = ref _inputs[slot].Transaction;
            if (transaction.Connection == connection && transaction.Generation == generation) return true;
        }

        ticket = 0;
        return false;
    }

    /// <summary>The request of a ticket, if it still waits.</summary>
    public bool TryFind(long ticket, out Input input)
    {
        var slot = (int)(ticket & ((1 << SlotBits) - 1));
        var isThere = ticket != 0 && slot < _inputs.Length && _tickets[slot] == ticket;
        input = isThere ? _inputs[slot] : null!;
        return isThere;
    }

    /// <summary>A parked request begins to wait for other cells' counts.</summary>
    public void AwaitCounts(long ticket, long nowNanos)
    {
        for (var left = _counts.Count == 2 * _inputs.Length ? _counts.Count : 0; left > 0; left--)
        {
            var waiting = _counts.Dequeue();
            if (IsAwaiting(waiting.Ticket, out _)) _counts.Enqueue(waiting);
        }

        _counts.Enqueue((ticket, nowNanos));
    }

    /// <summary>The oldest that waits for counts, if it has since before a time: it waits no longer.</summary>
    public bool TryFindImpatient(long beforeNanos, out Input input)
    {
        input = null!;
        while (_counts.TryPeek(out var first))
        {
            var isAwaiting = IsAwaiting(first.Ticket, out input);
            if (isAwaiting && first.SinceNanos > beforeNanos) return false;
            _counts.Dequeue();
            if (isAwaiting) return true;
        }

        return false;
    }

    private bool IsAwaiting(long ticket, out Input input) => TryFind(ticket, out input) && input.Waits == DeskWait.Counts;

    /// <summary>Ends the wait of a ticket; returns the first that waited behind it, or -1. Its slot is wiped and free.</summary>
    public int Leave(long ticket)
    {
        var slot = (int)(ticket & ((1 << SlotBits) - 1));
        Must.Hold(_tickets[slot] == ticket);
        return Free(slot);
    }

    /// <summary>One that waited behind another, by what <see cref="Leave"/> or <see cref="Next"/> returned.</summary>
    public Input Follower(int slot) => _inputs[slot];

    /// <summary>The one behind it; its own slot is wiped and free.</summary>
    public int Next(int slot) => Free(slot);

    /// <summary>The oldest that waits, if it has waited for longer than it may.</summary>
    public bool TryFindLate(long nowNanos, LinkProfile[] links, out long ticket)
    {
        while (_order.TryPeek(out ticket))
        {
            if (TryFind(ticket, out var input))
            {
                // Of links with another deadline, those behind are found a little later.
                return nowNanos - input.ArrivedAt.UnixNanos > links[input.Transaction.LinkIndex].DeadlineNanos;
            }

            _order.Dequeue();
        }

        return false;
    }

    /// <summary>Those of a connection that wait behind another's wait no longer.</summary>
    public void LeaveFollowers(int connection, uint generation)
    {
        for (var slot = 0; slot < _tickets.Length; slot++)
        {
            if (_tickets[slot] == 0) continue;
            var before = slot;
            for (var follower = _followers[before]; follower >= 0; follower = _followers[before])
            {
                ref readonly var transaction = ref _inputs[follower].Transaction;
                if (transaction.Connection == connection && transaction.Generation == generation) _followers[before] = Free(follower);
                else before = follower;
            }
        }
    }

    private int Free(int slot)
    {
        var behind = _followers[slot];
        _inputs[slot].Transaction.Wipe();
        (_keys[slot], _tickets[slot], _followers[slot]) = (0, 0, -1);
        _free.Push(slot);
        return behind;
    }
}
