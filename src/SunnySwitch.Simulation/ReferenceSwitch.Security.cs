namespace SunnySwitch.Simulation;

/// <content>PINs, codes and cryptograms: who is asked for what, and what comes of the verdicts.</content>
internal sealed partial class ReferenceSwitch
{
    private const int PinTriesUsual = 3, CountersRemembered = 64;

    /// <summary>What the desk may be asked of a message now: nothing of what was answered before, and nothing of a PIN that was wrong too often.</summary>
    public Looks MayAsk(Message? message)
    {
        var mac = swarm.HasMac ? Looks.Mac : Looks.Nothing;
        if (message is not { Class: 1 or 2, Advice: false } || !Accounts.TryGetValue(message.Pan, out var account)) return mac;
        if (_remembered.TryGetValue(KeyOf(message), out var known) && known.Message.HasBodyOf(message)) return mac;
        var proof = message.Proof;
        if (proof.Code != Proven.Nothing || proof.Printed != Proven.Nothing) mac |= Looks.Code;
        if (proof.Chip != Proven.Nothing) mac |= Looks.Chip;
        return proof.Pin != Proven.Nothing && account.PinTries < PinTriesMax ? mac | Looks.Pin : mac;
    }

    private ProductRule? ProductOf(string pan) => Limits.File.Products.FirstOrDefault(product => pan.StartsWith(product.Bin, StringComparison.Ordinal));

    private string CodeOfNoCard(string pan) => Limits.File.Products.Count > 0 && ProductOf(pan) is null ? "15" : "14";

    /// <summary>The highest serial number of each device that came with a PIN which could be read.</summary>
    public Dictionary<int, int> Serials { get; } = [];

    public ReferenceKeys Keys { get; } = new();

    /// <summary>Something was done to a key, today.</summary>
    public void NoteKey(KeyTold told) => Keys.Note(told, _date);

    /// <summary>Wrong PINs are forgotten.</summary>
    public void ResetPin(string pan) => Accounts[pan].PinTries = 0;

    private int PinTriesMax => Limits.File.PinTries > 0 ? Limits.File.PinTries : PinTriesUsual;

    /// <summary>The code of what does not prove who it is; null: all that is asked for does.</summary>
    private string? ProblemOfProofs(Answered answer, What what)
    {
        var (proof, said) = (answer.Message.Proof, answer.Said);
        var needs = ProductOf(answer.Message.Pan);
        var isChipNeeded = needs is { Chip: true } && proof.EntryMode == "051";
        if (said.Chip != Proven.Nothing || isChipNeeded)
        {
            if (said.Chip is Proven.Wrong or Proven.Nothing) return answer.Because("82", "cryptogram wrong");
            if (said.Chip != Proven.Right && (said.Chip != Proven.Unable || isChipNeeded)) return answer.Because("88", "cryptogram fault");
            if (said.Chip == Proven.Right && IsSeen(answer.Account!.ChipCounters, proof.Counter)) return answer.Because("82", "counter seen");
            answer.TakesCounter = said.Chip == Proven.Right;
        }

        var isCodeNeeded = needs is { Code: true } && proof.EntryMode == "901";
        var isCodeGood = said.Code == Proven.Right || (!isCodeNeeded && said.Code is Proven.Unable or Proven.Nothing);
        var isPrinted = proof.Code == Proven.Nothing && proof.Printed != Proven.Nothing;
        if (!isCodeGood) return isPrinted ? answer.Because("N7", "printed code wrong") : answer.Because("82", "code wrong");
        var isPinNeeded = needs is { Pin: PinNeed.Always } || (needs is { Pin: PinNeed.ForCash } && what == What.Cash);
        if (proof.Pin == Proven.Nothing) return isPinNeeded ? answer.Because("55", "PIN missing") : null;
        var account = answer.Account!;
        if (account.PinTries >= PinTriesMax) return answer.Because("75", "PIN not looked at");
        if (said.IsPinRead && proof.Device != 0 && proof.Serial <= Serials.GetValueOrDefault(proof.Device)) return answer.Because("63", "serial replayed");
        switch (said.Pin)
        {
            case Proven.Right:
                if (account.PinTries > 0) answer.PinTries = 0;
                return null;
            case Proven.Wrong:
                answer.PinTries = account.PinTries + 1;
                return answer.Because("55", "PIN wrong");
            // What was brought and nobody looked at proves nothing.
            case Proven.Nothing or Proven.Unable: return answer.Because("86", "PIN not verifiable");
            case Proven.Replayed: return answer.Because("63", "PIN replayed");
            default: return answer.Because("81", "PIN fault");
        }
    }

    // Whatever the answer is.
    private void NoteSerial(Proof proof, Said said)
    {
        if (said.IsPinRead && proof.Device != 0) Serials[proof.Device] = Math.Max(proof.Serial, Serials.GetValueOrDefault(proof.Device));
    }

    // Of what is far below the highest nobody knows any more.
    private static bool IsSeen(SortedSet<int> seen, int counter) => seen.Contains(counter) || counter < seen.Max - CountersRemembered;

    private static Key KeyOf(Message message) => new(new Name(message.Class, message.Advice, message.Stan), message.Terminal);
}

/// <summary>When a product asks for a PIN.</summary>
internal enum PinNeed
{
    Never, ForCash, Always,
}

/// <summary>What cards of a BIN have to bring.</summary>
internal sealed record ProductRule(string Bin, PinNeed Pin, bool Chip, bool Code);
