using SunnySwitch.Cell;

namespace SunnySwitch.Simulation;

/// <summary>What the node answers, as the simulation has it.</summary>
internal interface IAnswerCourse
{
    /// <summary>It is about to answer what it is at, which has to be of that connection; false: nobody is there any more.</summary>
    bool MayAnswer(SimConnection connection);

    /// <summary>It has: what the answer has to be.</summary>
    Expected Answered(SimConnection connection);
}

/// <summary>The connections' outputs as the kernel sees them; each answer that leaves is checked against what was awaited.</summary>
/// <remarks><c>course</c> is told of each answer that the node is about to give, in its order; <c>approved</c> of approvals with their DE38.</remarks>
internal sealed class SimLinks(
    Wire wire, Ledger ledger, History history, Func<long> now, IAnswerCourse course, Action<Message, long, string> approved) : ILinkDesk
{
    private readonly SimConnection?[] _connections = new SimConnection?[SimNode.ConnectionsMax];
    private readonly byte[] _target = new byte[ReplyEncoder.ReplyBytesMax];
    private readonly Dictionary<long, string> _approvalCodes = [];

    public SimConnection? this[int slot]
    {
        get => _connections[slot];
        set => _connections[slot] = value;
    }

    public long Approvals { get; private set; }

    public long Repeats { get; private set; }

    public Span<byte> Claim(int connection, uint generation, int bytes)
    {
        var target = Find(connection, generation);
        return course.MayAnswer(target) ? _target : default;
    }

    public void Commit(int connection, int bytes)
    {
        var target = _connections[connection]!;
        target.Awaited.Enqueue(course.Answered(target));
        target.Encoded.Add(_target[..bytes]);
    }

    public void Flush(int connection)
    {
        var target = _connections[connection]!;
        foreach (var frame in target.Encoded) Check(target, frame);
        target.Encoded.Clear();
    }

    public void Release(int connection, uint generation)
    {
        var target = Find(connection, generation);
        Ledger.Check(target.IsEndPublished && target.Encoded.Count == 0, "I8", $"connection {connection} is let go too early");
        _connections[connection] = null;
    }

    public void WakeStarved() { }

    private SimConnection Find(int connection, uint generation)
    {
        var found = _connections[connection];
        Ledger.Check(found is not null && found.Generation == generation, "I8", $"connection {connection}.{generation} is not there");
        return found!;
    }

    private void Check(SimConnection connection, byte[] frame)
    {
        var expected = connection.Awaited.Dequeue();
        Ledger.Check(wire.TryDecode(frame, out var answer), "I8", $"an answer to {expected.Sent} cannot be decoded");
        history.Add(now(), "answer", answer.Code, expected.Sent.Stan);
        var about = (object?)expected.Sent.Message ?? expected.Sent.Network ?? "a message cut short";
        Ledger.Check(
            answer.Mti == expected.Sent.AnswerMti && uint.Parse(answer.Stan) == expected.Sent.Stan, "I8",
            $"{answer.Mti:X4} STAN {answer.Stan} answers {about}");
        Ledger.Check(answer.Code == expected.Code, "I3", $"{answer.Code} instead of {expected.Code} for {about}");
        Ledger.Check(answer.IsSigned == wire.HasMac, "I3", $"the answer to {about} has {(answer.IsSigned ? "a" : "no")} MAC");
        Ledger.Check(answer.Chip == expected.Chip, "I3", $"the chip gets {answer.Chip} instead of {expected.Chip} for {about}");
        ledger.Promise(expected.FramesBefore);
        if (expected.Code is "00" or "10" && expected.Key != 0) Approvals++;
        if (expected.Key == 0) return;
        Ledger.Check(answer.Amounts == expected.Told, "I3", $"amounts {answer.Amounts} instead of {expected.Told} for {about}");
        SameAsEver(expected.Key, answer.ApprovalCode, about);
        if (expected.Code is "00" or "10") approved(expected.Sent.Message!, expected.Key, answer.ApprovalCode);
    }

    /// <summary>DE38 of a stored answer is the same for ever, over crashes too.</summary>
    private void SameAsEver(long key, string approvalCode, object about)
    {
        if (_approvalCodes.TryAdd(key, approvalCode)) return;
        Repeats++;
        var before = _approvalCodes[key];
        Ledger.Check(before == approvalCode, "I3", $"DE38 {approvalCode} after {before} for {about}");
    }
}
