namespace SunnySwitch.Simulation;

/// <summary>What an acquirer put on the wire.</summary>
/// <param name="Frame">Its bytes.</param>
/// <param name="Message">The business message; null for 0800 and for what was cut short.</param>
/// <param name="Stan">DE11.</param>
/// <param name="AnswerMti">MTI that its answer has.</param>
/// <param name="Network">DE70 of an 0800, else null.</param>
/// <param name="Key">What names it: those with the same wait behind each other.</param>
/// <param name="Mac">What its MAC is; Nothing: it has none.</param>
internal sealed record Sent(byte[] Frame, Message? Message, uint Stan, ushort AnswerMti, ReferenceSwitch.Name Key, Proven Mac, string? Network = null);

/// <summary>An answer that has to come, decided by the reference.</summary>
/// <param name="Sent">What it answers.</param>
/// <param name="Code">DE39.</param>
/// <param name="Key">Number of the stored answer that it is, or repeats; 0: none.</param>
/// <param name="Told">Amounts that it tells, where it is a stored answer.</param>
/// <param name="FramesBefore">Frames of the reference's log when it was decided: all of them durable when it leaves.</param>
/// <param name="Chip">DE55, what the chip gets.</param>
internal readonly record struct Expected(Sent Sent, string Code, long Key, string Told, int FramesBefore, string Chip = "");

/// <summary>One connection of an acquirer, both ends and the wire between.</summary>
internal sealed class SimConnection(int slot, uint generation)
{
    public int Slot => slot;

    public uint Generation => generation;

    /// <summary>Sent and not yet taken by the switch.</summary>
    public Queue<Sent> OnTheWay { get; } = new();

    /// <summary>Bytes that arrived and were not taken.</summary>
    public List<byte> Received { get; } = [];

    /// <summary>Taken by the switch and neither answered nor given up.</summary>
    public int InHand { get; set; }

    /// <summary>Answers to come, in order.</summary>
    public Queue<Expected> Awaited { get; } = new();

    /// <summary>Answers that the switch has encoded and not let go.</summary>
    public List<byte[]> Encoded { get; } = [];

    /// <summary>When the last byte sent so far arrives, in time without pauses: a stream keeps its order.</summary>
    public long LastArrivalNanos { get; set; }

    /// <summary>It found the ring full.</summary>
    public bool IsStarved { get; set; }

    /// <summary>The acquirer is gone.</summary>
    public bool IsCut { get; set; }

    /// <summary>The switch was told, by the connection's last input.</summary>
    public bool IsEndPublished { get; set; }

    /// <summary>As the reference sees it.</summary>
    public bool IsSignedOn { get; set; }
}
