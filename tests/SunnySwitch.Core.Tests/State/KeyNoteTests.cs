using System.Runtime.InteropServices;
using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using static SunnySwitch.Core.Tests.Bench;

namespace SunnySwitch.Core.Tests.State;

/// <summary>What the journal knows of keys: one next, one current and one previous version of a label, and who brought them.</summary>
public sealed class KeyNoteTests
{
    private const string Label = "zpk-acme-16-char";
    private readonly Bench _bench = new();

    [Fact]
    public void A_key_comes_is_changed_with_an_overlap_and_ends()
    {
        Say(Noted(1, KeyState.Current, KeyAct.Formed, third: "clara"));
        Assert.Equal([(1U, KeyState.Current)], States());
        _bench.OpenDay(FirstDay + 1);
        Say(Noted(2, KeyState.Next, KeyAct.Generated));
        Say(Noted(2, KeyState.Next, KeyAct.Exported));
        _bench.OpenDay(FirstDay + 2);
        Say(Noted(2, KeyState.Current, KeyAct.Activated, replaced: 1));
        Assert.Equal([(1U, KeyState.Previous), (2U, KeyState.Current)], States());
        _bench.OpenDay(FirstDay + 3);
        Say(Noted(1, KeyState.Retired, KeyAct.Retired));
        Assert.Equal([(1U, KeyState.Retired), (2U, KeyState.Current)], States());
        var notes = _bench.State.KeyNotes();
        Assert.Equal("anna, boris, clara", notes[0].Custodians);
        Assert.Equal((FirstDay, FirstDay + 3), (notes[0].Made, notes[0].Since));
        Assert.Equal((FirstDay + 1, FirstDay + 2), (notes[1].Made, notes[1].Since));
        Assert.Equal((Label, 0x00A0B1UL, 0x5030, (byte)'T', 128), (notes[0].Label, notes[0].CheckValue, notes[0].Usage, notes[0].Algorithm, notes[0].Bits));
        AssertIsSound();
        Assert.Equal(notes, _bench.State.KeyNotes());
    }

    [Fact]
    public void Every_value_of_a_note_is_in_the_hash()
    {
        var hashes = new HashSet<UInt128>();
        foreach (var change in new Func<KeyNoted, KeyNoted>[]
        {
            said => said, said => said with { CheckValue = 1 }, said => said with { Usage = 1 }, said => said with { Bits = 192 },
            said => said with { Expires = 9 }, said => said with { Algorithm = 1 }, said => said with { Mode = 1 },
            said => said with { Exportability = 1 }, said => said with { State = KeyState.Next }, said => said with { Version = 2 },
            said => said with { Operator = TextOf("x") }, said => said with { SecondOperator = TextOf("x") },
            said => said with { ThirdOperator = TextOf("x") }, said => said with { Label = TextOf("x") },
        })
        {
            var bench = new Bench();
            bench.Write(JournalKind.KeyNoted, change(Noted(1, KeyState.Current, KeyAct.Formed)));
            Assert.True(hashes.Add(bench.State.Hash));
            Assert.Equal(bench.State.Hash, bench.State.HashFromScratch());
        }
    }

    [Fact]
    public void What_makes_no_sense_of_a_key_is_refused()
    {
        Refused(CardRefusal.BadTerms, Noted(1, KeyState.Next, KeyAct.Generated));                  // Next to nothing.
        Refused(CardRefusal.BadTerms, Noted(2, KeyState.Current, KeyAct.Generated));               // Versions have no gaps.
        Refused(CardRefusal.BadTerms, Noted(0, KeyState.Current, KeyAct.Generated));
        Refused(CardRefusal.BadTerms, Noted(1, KeyState.None, KeyAct.Generated));
        Refused(CardRefusal.BadTerms, Noted(1, KeyState.Current, KeyAct.None));
        Refused(CardRefusal.BadTerms, Noted(1, KeyState.Current, (KeyAct)8));
        Refused(CardRefusal.BadTerms, Noted(1, KeyState.Current, KeyAct.Generated) with { Label = default });
        Refused(CardRefusal.BadTerms, Noted(1, KeyState.Current, KeyAct.Generated) with { Operator = default });
        Refused(CardRefusal.Unknown, Noted(1, KeyState.Current, KeyAct.Activated));
        Say(Noted(1, KeyState.Current, KeyAct.Generated));
        Refused(CardRefusal.AlreadyKnown, Noted(1, KeyState.Current, KeyAct.Generated));
        Refused(CardRefusal.BadTerms, Noted(2, KeyState.Current, KeyAct.Generated));               // There is a current one.
        Refused(CardRefusal.BadTerms, Noted(1, KeyState.Retired, KeyAct.Retired));                 // Only a compromised one ends like this.
        Refused(CardRefusal.BadTerms, Noted(1, KeyState.Current, KeyAct.Activated));
        Refused(CardRefusal.BadTerms, Noted(1, KeyState.Current, KeyAct.Exported) with { CheckValue = 7 });
        Say(Noted(2, KeyState.Next, KeyAct.Generated));
        Refused(CardRefusal.BadTerms, Noted(3, KeyState.Next, KeyAct.Generated));                  // One next at a time.
        Refused(CardRefusal.BadTerms, Noted(2, KeyState.Current, KeyAct.Activated));               // It does not say what it replaces.
        Say(Noted(2, KeyState.Current, KeyAct.Activated, replaced: 1));
        Say(Noted(3, KeyState.Next, KeyAct.Generated));
        Refused(CardRefusal.BadTerms, Noted(3, KeyState.Current, KeyAct.Activated, replaced: 2));  // A third that counts.
        Say(Noted(1, KeyState.Retired, KeyAct.Retired));
        Refused(CardRefusal.BadTerms, Noted(1, KeyState.Retired, KeyAct.Retired));
        Refused(CardRefusal.BadTerms, Noted(1, KeyState.Retired, KeyAct.Exported));
        Say(Noted(3, KeyState.Current, KeyAct.Activated, replaced: 2));
        AssertIsSound();
    }

    [Fact]
    public void A_compromised_key_ends_at_once_and_another_takes_its_place()
    {
        Say(Noted(1, KeyState.Current, KeyAct.Generated));
        Say(Noted(1, KeyState.Retired, KeyAct.Compromised));
        Say(Noted(2, KeyState.Current, KeyAct.Imported));
        Say(Noted(3, KeyState.Next, KeyAct.Generated));
        Say(Noted(2, KeyState.Retired, KeyAct.Compromised));
        Say(Noted(3, KeyState.Current, KeyAct.Activated));
        Assert.Equal([(1U, KeyState.Retired), (2U, KeyState.Retired), (3U, KeyState.Current)], States());
        AssertIsSound();
    }

    [Fact]
    public void A_full_table_refuses_what_is_new_and_lets_what_is_there_go_on()
    {
        var bench = new Bench(new StateOptions(64, 64, 1000, 1000, 100, 8) { KeyNotesMax = 1 });
        var desk = new RegisterDesk(bench.State);
        bench.Write(JournalKind.KeyNoted, Noted(1, KeyState.Current, KeyAct.Generated));
        Assert.Equal(CardRefusal.TableFull, desk.Judge(Noted(2, KeyState.Next, KeyAct.Generated)));
        Assert.Equal(CardRefusal.None, desk.Judge(Noted(1, KeyState.Retired, KeyAct.Compromised)));
    }

    [Fact]
    public void A_frame_that_does_not_fit_the_state_stops()
    {
        Say(Noted(1, KeyState.Current, KeyAct.Generated));
        Stops(Noted(1, KeyState.Current, KeyAct.Exported) with { CheckValue = 7 });
        Stops(Noted(2, KeyState.Current, KeyAct.Activated, replaced: 3));
        var short1 = MemoryMarshal.AsBytes([Noted(2, KeyState.Next, KeyAct.Generated)])[1..].ToArray();
        Assert.Throws<StopToProtectDataException>(() => _bench.State.Apply(JournalKind.KeyNoted, 1, _bench.NextSequence, _bench.Now, short1));
        void Stops(KeyNoted said) => Assert.Throws<StopToProtectDataException>(() => _bench.State.Apply(
            JournalKind.KeyNoted, 1, _bench.NextSequence, _bench.Now, MemoryMarshal.AsBytes([said]).ToArray()));
    }

    private void Say(KeyNoted said)
    {
        Assert.Equal(CardRefusal.None, new RegisterDesk(_bench.State).Judge(in said));
        _bench.Write(JournalKind.KeyNoted, said);
    }

    private void Refused(CardRefusal refusal, KeyNoted said) => Assert.Equal(refusal, new RegisterDesk(_bench.State).Judge(in said));

    private IEnumerable<(uint Version, KeyState State)> States() => _bench.State.KeyNotes().Select(note => (note.Version, note.State));

    private void AssertIsSound()
    {
        Assert.Equal(_bench.State.Hash, _bench.State.HashFromScratch());
        Assert.Equal(_bench.State.Hash, _bench.Fold().Hash);
        var hash = _bench.State.Hash;
        _bench.RestartFromImage();
        Assert.Equal(hash, _bench.State.Hash);
    }

    private static KeyNoted Noted(uint version, KeyState state, KeyAct act, uint replaced = 0, string third = "") => new()
    {
        Label = TextOf(Label),
        Version = version,
        Replaced = replaced,
        CheckValue = 0x00A0B0 + version,
        Operator = TextOf("anna"),
        SecondOperator = TextOf("boris"),
        ThirdOperator = TextOf(third),
        Usage = 0x5030,
        Bits = 128,
        Algorithm = (byte)'T',
        Mode = (byte)'B',
        Exportability = (byte)'E',
        State = state,
        Act = act,
    };

    private static Text16 TextOf(string text)
    {
        var target = default(Text16);
        Encoding.ASCII.GetBytes(text, target);
        return target;
    }
}
