using System.Text;
using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Simulation;

/// <summary>What an operator says of a version of a key.</summary>
internal sealed record KeyTold(string Label, uint Version, KeyState State, KeyAct Act, uint Replaced, ulong CheckValue);

/// <summary>Keys come, are activated, exported, retired; some of it is not possible, and has to be refused.</summary>
internal sealed class SimKeys(Prng prng, Action<SimNode, OperatorCommand, LogEntry?> submit)
{
    private static readonly string[] _labels = ["zpk", "mac", "cvk-visa"];

    public void Note(SimNode node, ReferenceKeys keys)
    {
        var label = _labels[prng.Below(_labels.Length)];
        var told = prng.Chance(150) ? Anything(label) : Sensible(label, keys);
        var noted = new KeyNoted
        {
            Version = told.Version,
            Replaced = told.Replaced,
            CheckValue = told.CheckValue,
            Usage = 0x5030,
            Bits = 128,
            Algorithm = (byte)'T',
            Mode = (byte)'B',
            Exportability = (byte)'N',
            State = told.State,
            Act = told.Act,
        };
        Encoding.ASCII.GetBytes(label, noted.Label);
        Encoding.ASCII.GetBytes("anna", noted.Operator);
        Encoding.ASCII.GetBytes("boris", noted.SecondOperator);
        submit(node, new OperatorCommand(CommandKind.KeyNote, _ => { }) { Key = noted }, new LogEntry(JournalKind.KeyNoted) { Key = told });
    }

    /// <summary>Refused is what the reference refuses, or what there is no room for on the disk.</summary>
    public static void CheckNote(OperatorCommand command, KeyTold told, ReferenceKeys keys)
    {
        if (command.Outcome == CommandOutcome.JournalFull) return;
        var mayBe = keys.MayBe(told);
        Ledger.Check(mayBe == (command.Outcome == CommandOutcome.Done), "I2", $"{told}: {command.Outcome}, may be: {mayBe}");
    }

    /// <summary>What the node knows of keys is what it was told.</summary>
    public static void Check(SimNode node, ReferenceKeys keys)
    {
        var found = node.State.KeyNotes().Select(note => new KeyKnown(note.Label, note.Version, note.State, note.CheckValue, note.Made, note.Since));
        var known = keys.Known.OrderBy(key => key.Label, StringComparer.Ordinal).ThenBy(key => key.Version);
        Ledger.Check(found.SequenceEqual(known), "I2", $"keys are {string.Join(", ", found)}; told was {string.Join(", ", known)}");
    }

    private static ulong CheckValueOf(string label, uint version) => (ulong)label.Length * 0x10_000 + version;

    private KeyTold Sensible(string label, ReferenceKeys keys)
    {
        var ofLabel = keys.Known.Where(key => key.Label == label).ToList();
        var highest = (uint)ofLabel.Count;
        KeyKnown? Of(KeyState state) => ofLabel.Find(key => key.State == state);
        if (Of(KeyState.Current) is not { } current || (Of(KeyState.Next) is null && prng.Chance(600)))
        {
            var isNext = Of(KeyState.Current) is not null;
            if (Of(KeyState.Next) is { } only) return Told(only, KeyState.Current, KeyAct.Activated);
            return new KeyTold(
                label, highest + 1, isNext ? KeyState.Next : KeyState.Current, KeyAct.Generated, 0, CheckValueOf(label, highest + 1));
        }

        if (prng.Chance(100)) return Told(current, KeyState.Retired, KeyAct.Compromised);
        if (prng.Chance(200)) return Told(current, KeyState.Current, KeyAct.Exported);
        if (Of(KeyState.Previous) is { } previous) return Told(previous, KeyState.Retired, KeyAct.Retired);
        return Of(KeyState.Next) is { } next
            ? Told(next, KeyState.Current, KeyAct.Activated) with { Replaced = current.Version }
            : Told(current, KeyState.Current, KeyAct.Exported);
    }

    private KeyTold Anything(string label)
    {
        var version = (uint)prng.Between(1, 6);
        var check = CheckValueOf(label, prng.Chance(900) ? version : 99);
        return new KeyTold(label, version, (KeyState)prng.Between(1, 4), (KeyAct)prng.Between(1, 7), (uint)prng.Below(3), check);
    }

    private static KeyTold Told(KeyKnown key, KeyState state, KeyAct act) => new(key.Label, key.Version, state, act, 0, key.CheckValue);
}

/// <summary>What is known of a version of a key.</summary>
internal sealed record KeyKnown(string Label, uint Version, KeyState State, ulong CheckValue, int Made, int Since);

/// <summary>Keys once more: a list. A label has one next, one current and one previous version at most.</summary>
internal sealed class ReferenceKeys
{
    public List<KeyKnown> Known { get; } = [];

    public bool MayBe(KeyTold told)
    {
        var known = Of(told.Label, told.Version);
        bool Has(KeyState state) => Known.Exists(key => key.Label == told.Label && key.State == state);
        var current = Known.Find(key => key.Label == told.Label && key.State == KeyState.Current);
        if (told.Act is KeyAct.Formed or KeyAct.Generated or KeyAct.Imported)
        {
            var isNew = told.Version == Known.Count(key => key.Label == told.Label) + 1 && told.Replaced == 0;
            if (told.State == KeyState.Next) return isNew && current is not null && !Has(KeyState.Next);
            return isNew && told.State == KeyState.Current && current is null && !Has(KeyState.Next);
        }

        if (known is null || known.CheckValue != told.CheckValue) return false;
        var replaced = current?.Version ?? 0;
        return told.Act switch
        {
            KeyAct.Activated =>
                (known.State, told.State) == (KeyState.Next, KeyState.Current) && told.Replaced == replaced && !Has(KeyState.Previous),
            KeyAct.Exported => known.State != KeyState.Retired && told.State == known.State && told.Replaced == 0,
            KeyAct.Retired => known.State is KeyState.Next or KeyState.Previous && told.State == KeyState.Retired && told.Replaced == 0,
            _ => known.State != KeyState.Retired && told.State == KeyState.Retired && told.Replaced == 0,
        };
    }

    public void Note(KeyTold told, int date)
    {
        if (told.Replaced != 0) Put(Of(told.Label, told.Replaced)! with { State = KeyState.Previous, Since = date });
        var known = Of(told.Label, told.Version) ?? new KeyKnown(told.Label, told.Version, told.State, told.CheckValue, date, date);
        Put(known.State == told.State ? known : known with { State = told.State, Since = date });
    }

    private KeyKnown? Of(string label, uint version) => Known.Find(key => key.Label == label && key.Version == version);

    private void Put(KeyKnown key)
    {
        Known.RemoveAll(each => each.Label == key.Label && each.Version == key.Version);
        Known.Add(key);
    }
}
