using SunnySwitch.Journal.Recovery;
using Xunit;

namespace SunnySwitch.Journal.Tests;

/// <summary>One test per row of the table; the scenes that lead to the rows are in the other files.</summary>
public sealed class RecoveryTableTests
{
    [Fact]
    public void A_whole_batch_is_folded() =>
        Says(0, Decision.Fold, Found.Whole, true, Beyond.Unseen);

    [Fact]
    public void Good_frames_that_do_not_belong_here_are_refused() =>
        Says(1, Decision.Refuse, Found.Foreign, true, Beyond.Unseen);

    [Fact]
    public void After_a_finished_segment_comes_the_next() =>
        Says(2, Decision.NextSegment, Found.Empty, false, Beyond.Zeros);

    [Fact]
    public void Bytes_after_the_end_of_a_finished_segment_are_refused() =>
        Says(3, Decision.Refuse, Found.Empty, false, Beyond.Debris);

    [Fact]
    public void A_damaged_batch_in_a_finished_segment_is_refused() =>
        Says(4, Decision.Refuse, Found.Broken, false, Beyond.Debris);

    [Fact]
    public void Zeros_in_the_last_segment_are_the_end() =>
        Says(5, Decision.End, Found.Empty, true, Beyond.Zeros);

    [Fact]
    public void A_lost_batch_before_a_later_one_is_refused() =>
        Says(6, Decision.Refuse, Found.Empty, true, Beyond.LaterBatch);

    [Fact]
    public void A_damaged_batch_before_a_later_one_is_refused() =>
        Says(7, Decision.Refuse, Found.Broken, true, Beyond.LaterBatch);

    [Fact]
    public void An_earlier_batch_after_the_end_is_refused() =>
        Says(8, Decision.Refuse, Found.Empty, true, Beyond.EarlierBatch);

    [Fact]
    public void An_earlier_batch_in_a_damaged_one_is_refused() =>
        Says(9, Decision.Refuse, Found.Broken, true, Beyond.EarlierBatch);

    [Fact]
    public void A_torn_tail_without_its_first_sectors_is_cut() =>
        Says(10, Decision.Cut, Found.Empty, true, Beyond.Debris);

    [Fact]
    public void A_torn_tail_is_cut() =>
        Says(11, Decision.Cut, Found.Broken, true, Beyond.Debris);

    [Fact]
    public void A_broken_batch_of_zeros_cannot_be() =>
        Says(12, Decision.Impossible, Found.Broken, true, Beyond.Zeros);

    [Fact]
    public void Every_finding_has_a_rule_and_every_rule_a_finding()
    {
        var reached = new HashSet<string>();
        foreach (var last in (bool[])[false, true])
        {
            reached.Add(RecoveryTable.Decide(Found.Whole, last, Beyond.Unseen).ToString());
            reached.Add(RecoveryTable.Decide(Found.Foreign, last, Beyond.Unseen).ToString());
            foreach (var beyond in (Beyond[])[Beyond.Zeros, Beyond.Debris, Beyond.LaterBatch, Beyond.EarlierBatch])
            {
                reached.Add(RecoveryTable.Decide(Found.Empty, last, beyond).ToString());
                reached.Add(RecoveryTable.Decide(Found.Broken, last, beyond).ToString());
            }
        }
        Assert.Equal(RecoveryTable.Rows.Length, reached.Count);
        Assert.Equal(13, RecoveryTable.Rows.Length);
    }

    private static void Says(int row, Decision decision, Found found, bool last, Beyond beyond)
    {
        Assert.Equal(RecoveryTable.Rows[row], RecoveryTable.Decide(found, last, beyond));
        Assert.Equal(decision, RecoveryTable.Rows[row].Decision);
    }
}
