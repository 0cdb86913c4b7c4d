using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using SunnySwitch.Journal;
using SunnySwitch.Journal.Frames;
using SunnySwitch.Journal.Reading;
using SunnySwitch.Journal.Segments;
using SunnySwitch.Journal.Snapshots;

namespace SunnySwitch.Ledger.Redis;

/// <summary>What has to be written: the keys; values are the state's at the moment of writing.</summary>
internal sealed class RedisChanges
{
    public readonly HashSet<CounterKey> Counters = [];
    public readonly HashSet<PanToken> Cards = [];
    public readonly Dictionary<string, AcceptorView> Acceptors = [];
    public readonly HashSet<int> Sessions = [];

    /// <summary>Sessions are to be written as a whole: others may be there.</summary>
    public bool AllSessions { get; set; }

    /// <summary>Rules are to be written.</summary>
    public bool Rules { get; set; }

    public int Count => Counters.Count + Cards.Count + Acceptors.Count + Sessions.Count + (AllSessions || Rules ? 1 : 0);

    public void Clear()
    {
        Counters.Clear();
        Cards.Clear();
        Acceptors.Clear();
        Sessions.Clear();
        (AllSessions, Rules) = (false, false);
    }

    public void Add(RedisChanges other)
    {
        Counters.UnionWith(other.Counters);
        Cards.UnionWith(other.Cards);
        foreach (var (key, acceptor) in other.Acceptors) Acceptors.TryAdd(key, acceptor);
        Sessions.UnionWith(other.Sessions);
        AllSessions |= other.AllSessions;
        Rules |= other.Rules;
    }
}

/// <summary>
/// The state once more, folded from durable frames by the same <c>Apply</c>: what is in Redis is what the switch counts, by construction.
/// One thread uses it.
/// </summary>
internal sealed class RedisFold : IDisposable
{
    private readonly IDisk _journal;
    private readonly JournalReader _reader;
    private readonly Dictionary<int, long> _sessionSince = [];
    private readonly List<CounterKey> _touched = [];
    private readonly long _from;

    /// <summary>Starts from the newest snapshot that holds nothing after <paramref name="before"/>.</summary>
    public RedisFold(IDisk journal, SwitchState empty, long before)
    {
        (_journal, State) = (journal, empty);
        var snapshot = before == long.MaxValue ? SnapshotReader.LoadNewest(journal, empty, _ => { }) : SnapshotReader.LoadBefore(journal, before + 1, empty);
        Sequence = _from = snapshot?.LastSequence ?? 0;
        _reader = new JournalReader(journal, SegmentsFrom(Sequence + 1));
    }

    public SwitchState State { get; }

    /// <summary>Last frame read, the journal's own included.</summary>
    public long Sequence { get; private set; }

    /// <summary>Time of that frame.</summary>
    public Instant Time { get; private set; }

    /// <summary>Unix seconds of a connection's last change; 0: not known.</summary>
    public long SinceOf(int connection) => _sessionSince.GetValueOrDefault(connection);

    /// <summary>Reads on, up to a sequence that is durable, until there is enough to write; false at the end of what is there.</summary>
    /// <exception cref="LedgerException">The journal cannot be read on from here.</exception>
    public bool Take(long until, RedisChanges changes, int changesMax)
    {
        while (Sequence < until && changes.Count < changesMax)
        {
            if (!_reader.TryRead(out var header, out var payload))
            {
                if (_reader.Problem is { } problem) throw new LedgerException($"the journal cannot be read on from sequence {Sequence}: {problem}");
                return false;
            }

            // What the snapshot has already, of the segment that it goes on from.
            if (header.Sequence <= _from) continue;
            if (header.Sequence != Sequence + 1)
            {
                throw new LedgerException($"the journal begins at sequence {header.Sequence} and there is no snapshot before: put the segments back");
            }

            Apply(in header, payload, changes);
            (Sequence, Time) = (header.Sequence, header.Time);
        }

        return Sequence < until;
    }

    public void Dispose() => _reader.Dispose();

    private void Apply(in FrameHeader header, ReadOnlySpan<byte> payload, RedisChanges changes)
    {
        switch (header.Kind)
        {
            case JournalKind.BatchChain: return;
            case JournalKind.HashAt:
                if (MemoryMarshal.Read<UInt128>(payload) == State.Hash) return;
                throw new LedgerException($"the fold at sequence {header.Sequence} is not what the switch had: this program is not the one that writes");
            case JournalKind.Decided when State.HasCounters && Decided.TryRead(header.KindVersion, payload, out var decided, out _):
                _touched.Clear();
                State.CollectCounters(in decided, _touched);
                break;
            default: _touched.Clear(); break;
        }

        State.Apply(header.Kind, (ushort)header.KindVersion, header.Sequence, header.Time, payload);
        foreach (var key in _touched) changes.Counters.Add(key);
        if (header.Kind != JournalKind.Decided) Note(in header, payload, changes);
    }

    private void Note(in FrameHeader header, ReadOnlySpan<byte> payload, RedisChanges changes)
    {
        switch (header.Kind)
        {
            case JournalKind.EpochStarted:
                _sessionSince.Clear();
                changes.AllSessions = true;
                break;
            case JournalKind.SessionChanged:
                var connection = MemoryMarshal.Read<SessionChanged>(payload).Connection;
                _sessionSince[connection] = header.TimeNanos / Instant.NanosPerSecond;
                changes.Sessions.Add(connection);
                break;
            case JournalKind.CardAdded:
                var added = MemoryMarshal.Read<CardAdded>(payload);
                if (added.Hot != HotReason.None) changes.Cards.Add(added.Pan);
                break;
            case JournalKind.CardChanged:
                changes.Cards.Add(MemoryMarshal.Read<PanToken>(payload));              // It begins with the token, in every version.
                break;
            case JournalKind.RulesActivated or JournalKind.BusinessDateOpened:
                changes.Rules = true;
                break;
            case JournalKind.AcceptorSet:
                var said = MemoryMarshal.Read<AcceptorSet>(payload);
                var acceptor = new AcceptorView(
                    said.Acquirer, said.Merchant.ToString().TrimEnd(), said.Terminal.ToString().TrimEnd(), said.Category, said.Status);
                changes.Acceptors[RedisKeys.Acceptor(in acceptor)] = acceptor;
                break;
        }
    }

    private int SegmentsFrom(long sequence)
    {
        var firsts = _journal.List().Select(name => SegmentName.TryParse(name, out var first) ? first : 0).Where(first => first > 0).Order().ToList();
        return Math.Max(1, firsts.Count - Math.Max(0, firsts.FindLastIndex(first => first <= sequence)));
    }
}
