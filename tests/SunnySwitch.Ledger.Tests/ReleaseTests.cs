using SunnySwitch.Ledger.Tests.Redis;

namespace SunnySwitch.Ledger.Tests;

public sealed class ReleaseTests(PostgresServer server)
{
    /// <summary>Answers are remembered for two business dates, authorizations live longer: DE38 ends them then.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(50_000)]
    public void An_authorization_that_is_ended_after_its_answer_was_forgotten_is_the_same_in_both(int rowsMax)
    {
        using var cell = new TestCell();
        var held = Enumerable.Range(0, 8).Select(index => cell.Buy(merchant: index, amount: 1_000 + index)).ToList();
        var taken = held[4];
        cell.Complete(in taken, 400);
        cell.Commit();
        for (var day = TestCell.Day + 1; day <= TestCell.Day + 3; day++) cell.OpenDay(day);
        foreach (var (index, stays) in new[] { (0, 0L), (1, 300L), (4, 0L), (2, 200L), (2, 0L), (1, 299L), (3, 0L) })
        {
            var original = held[index];
            cell.Release(in original, stays);
        }

        // A slot that became free is somebody else's now.
        for (var index = 0; index < 3; index++) cell.Buy(merchant: 50 + index);
        cell.Commit();
        using var rig = new Rig(server.NewDatabase(), cell.Disk);
        rig.Projector(rowsMax).RunToEnd();
        rig.AssertClean();
        Assert.Equal(7, PostgresServer.Ask<long>(rig.Database, "select count(*) from sunny.decision where effect = 10"));
        Assert.Equal("299 400", PostgresServer.Ask<string>(
            rig.Database, "select (select held from sunny.hold where slot = 1) || ' ' || (select authorized from sunny.hold where slot = 4)"));
    }
}
