using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>Sign-on state of each connection slot. The generation tells a connection from the one that had its slot before.</summary>
internal sealed class SessionTable(int connectionsMax, bool touch)
{
    private readonly Session[] _sessions = TableMemory.Take<Session>(connectionsMax, touch);

    public UInt128 Sum { get; private set; }

    public int Max => _sessions.Length;

    /// <summary>The state of a connection; a connection that no frame has named yet is opened, not signed on.</summary>
    public SessionState StateOf(int connection, uint generation)
    {
        ref readonly var session = ref _sessions[connection];
        return session.Generation == generation ? session.State : SessionState.None;
    }

    /// <summary>What is known of a connection's slot.</summary>
    public SessionChanged At(int connection)
    {
        ref readonly var session = ref _sessions[connection];
        return new SessionChanged { Connection = connection, Generation = session.Generation, Link = session.Link, State = session.State };
    }

    public void Set(int connection, uint generation, uint link, SessionState state)
    {
        Must.Hold((uint)connection < (uint)_sessions.Length && state <= SessionState.SignedOn);
        ref var session = ref _sessions[connection];
        Sum -= session.Mix(connection);
        session = state == SessionState.None ? default : new Session(generation, link, state);
        Sum += session.Mix(connection);
    }

    /// <summary>A start of the switch: no connection outlives it.</summary>
    public void Clear()
    {
        _sessions.AsSpan().Clear();
        Sum = UInt128.Zero;
    }

    public int Count
    {
        get
        {
            var count = 0;
            foreach (ref readonly var session in _sessions.AsSpan()) count += session.State == SessionState.None ? 0 : 1;
            return count;
        }
    }

    public void Write(ImageWriter image)
    {
        for (var connection = 0; connection < _sessions.Length; connection++)
        {
            ref readonly var session = ref _sessions[connection];
            if (session.State == SessionState.None) continue;
            image.Add(At(connection));
        }
    }

    public void Read(ImageReader image, int count)
    {
        for (var index = 0; index < count; index++)
        {
            var session = image.Next<SessionChanged>();
            TableMemory.NeedsRoom("connections", session.Connection + 1, _sessions.Length);
            Set(session.Connection, session.Generation, session.Link, session.State);
        }
    }

    public UInt128 SumFromScratch()
    {
        var sum = UInt128.Zero;
        for (var connection = 0; connection < _sessions.Length; connection++) sum += _sessions[connection].Mix(connection);
        return sum;
    }

    private readonly struct Session(uint generation, uint link, SessionState state)
    {
        public readonly uint Generation = generation;
        public readonly uint Link = link;
        public readonly SessionState State = state;

        public UInt128 Mix(int connection)
        {
            if (State == SessionState.None) return UInt128.Zero;
            var mix = new Mix((ulong)StateTable.Sessions);
            mix.Add((ulong)connection, ((ulong)Link << 32) | Generation);
            mix.Add((ulong)State, 0);
            return mix.Finish();
        }
    }
}
