using Microsoft.AspNetCore.Connections;
using SunnySwitch.Cell;

namespace SunnySwitch.Links;

/// <summary>All open connections by slot, and the kernel's desk to their outputs.</summary>
public sealed class ConnectionTable : ILinkDesk
{
    private readonly Connection?[] _connections;
    private readonly uint[] _generations;
    private readonly int[] _openByLink;
    private readonly Stack<int> _free;
    private readonly Lock _lock = new();
    private readonly StarvedList _starved;

    /// <summary>Makes room for the connections of all links.</summary>
    public ConnectionTable(IReadOnlyList<Link> links)
    {
        var slots = links.Sum(link => link.Limits.ConnectionsMax);
        _connections = new Connection?[slots];
        _generations = new uint[slots];
        _openByLink = new int[links.Count];
        _free = new Stack<int>(Enumerable.Range(0, slots).Reverse());
        _starved = new StarvedList();
    }

    /// <summary>Connections at most, over all links.</summary>
    public int SlotsMax => _connections.Length;

    internal StarvedList Starved => _starved;

    /// <summary>Connections open now on that link.</summary>
    public int OpenOn(int link) => Volatile.Read(ref _openByLink[link]);

    internal Connection? TryEnter(Link link, ConnectionContext context)
    {
        lock (_lock)
        {
            if (_openByLink[link.Index] >= link.Limits.ConnectionsMax) return null;
            var slot = _free.Pop();
            var connection = new Connection(link, slot, ++_generations[slot], context);
            _connections[slot] = connection;
            _openByLink[link.Index]++;
            return connection;
        }
    }

    internal void Leave(Connection connection)
    {
        lock (_lock)
        {
            Must.Hold(ReferenceEquals(_connections[connection.Slot], connection));
            _connections[connection.Slot] = null;
            _openByLink[connection.Link.Index]--;
            _free.Push(connection.Slot);
        }
    }

    internal IEnumerable<Connection> Open()
    {
        for (var slot = 0; slot < _connections.Length; slot++)
        {
            if (Volatile.Read(ref _connections[slot]) is { } connection) yield return connection;
        }
    }

    /// <inheritdoc/>
    public Span<byte> Claim(int connection, uint generation, int bytes)
    {
        var target = _connections[connection];
        if (target is null || target.Generation != generation || IsCut(target)) return default;
        return target.Output.GetSpan(bytes);
    }

    /// <inheritdoc/>
    public void Commit(int connection, int bytes) => _connections[connection]!.Output.Advance(bytes);

    /// <inheritdoc/>
    public void Flush(int connection)
    {
        var target = _connections[connection];
        Must.Hold(target is not null);
        try
        {
            // Never awaited: an incomplete flush means that the peer left more unread than the transport's bound.
            var flush = target.Output.FlushAsync();
            if (!flush.IsCompleted) target.NoteUnread();
            else _ = flush.Result;
        }
        catch (Exception unknown) when (unknown is not (StopToProtectDataException or OutOfMemoryException))
        {
            // What the transport throws ends this link, not the kernel.
            target.AbortSoon(LinkCloseReason.TransportFailed, $"{unknown.GetType().Name}: {unknown.Message}");
        }
    }

    /// <inheritdoc/>
    public void Release(int connection, uint generation)
    {
        var target = _connections[connection];
        Must.Hold(target is not null && target.Generation == generation);
        target.Released.SetResult();
    }

    /// <inheritdoc/>
    public void WakeStarved() => _starved.WakeAll();

    private static bool IsCut(Connection connection) =>
        connection.CloseReason is LinkCloseReason.SlowReader or LinkCloseReason.UnknownError or LinkCloseReason.TransportFailed;
}
