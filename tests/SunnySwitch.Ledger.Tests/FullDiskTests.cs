using SunnySwitch.Ledger.Projection;

namespace SunnySwitch.Ledger.Tests;

/// <summary>A server on a small file system of its own, which is filled.</summary>
public sealed class FullDiskTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_full_disk_of_the_database_is_waited_for(bool stopsTheServer)
    {
        using var server = PostgresServer.Small(megabytes: 192);
        Assert.SkipUnless(server is not null, "needs leave to mount a small file system");
        using var rig = new Rig(server.NewDatabase());
        rig.Durable = rig.End / 2;
        using var running = new RunningProjector(rig);
        running.Reaches(rig.End / 3);
        PostgresServer.Execute(rig.Database, "select pg_switch_wal(); checkpoint");
        var ballast = Path.Combine(server.Folder, "ballast");
        Fill(ballast);
        if (stopsTheServer)
        {
            // Without room for its log of changes it ends itself.
            Assert.ThrowsAny<Npgsql.NpgsqlException>(() =>
            {
                for (var time = 0; time < 100; time++) PostgresServer.Execute(rig.Database, "select pg_logical_emit_message(false, '', ''), pg_switch_wal()");
            });
        }

        rig.Durable = rig.End;
        running.Is(ProjectionState.Retrying, stopsTheServer ? "" : "No space left on device");
        if (!stopsTheServer)
        {
            // And that stays the cause.
            running.FailsAgain();
            Assert.Contains("No space left on device", running.Projector.Status.Cause, StringComparison.Ordinal);
        }

        File.Delete(ballast);
        server.Start();
        running.EndsClean();
    }

    private static void Fill(string ballast)
    {
        using var file = File.Create(ballast, bufferSize: 0);
        var piece = new byte[64 << 10];
        for (var size = piece.Length; size > 0;)
        {
            try
            {
                file.Write(piece.AsSpan(0, size));
            }
            catch (IOException)
            {
                size /= 2;
            }
        }
    }
}
