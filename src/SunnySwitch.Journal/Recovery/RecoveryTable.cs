namespace SunnySwitch.Journal.Recovery;

/// <summary>What stands where the next batch has to start.</summary>
internal enum Found
{
    /// <summary>A batch whose frames, order and chain are all right.</summary>
    Whole,

    /// <summary>Zeros, or the end of the file.</summary>
    Empty,

    /// <summary>Bytes that are no whole batch: a checksum fails, or the frames stop before the chain frame.</summary>
    Broken,

    /// <summary>
    /// Frames with right checksums that do not continue the journal: sequence, batch, epoch or chain. No power cut
    /// makes these.
    /// </summary>
    Foreign,
}

/// <summary>What stands from there to the end of the segment.</summary>
internal enum Beyond
{
    /// <summary>Not looked at: the decision does not depend on it.</summary>
    Unseen,

    /// <summary>Zeros only.</summary>
    Zeros,

    /// <summary>Bytes, but no frame of another batch.</summary>
    Debris,

    /// <summary>A good frame of a later batch: so this batch had been flushed.</summary>
    LaterBatch,

    /// <summary>A good frame of an earlier batch: a write that went to the wrong place.</summary>
    EarlierBatch,
}

/// <summary>What recovery does.</summary>
internal enum Decision { Fold, NextSegment, End, Cut, Refuse, Impossible }

/// <summary>The rules of recovery, one row each; first match counts. Every row has a test of the same name.</summary>
internal static class RecoveryTable
{
    internal readonly record struct Row(Found Found, bool? Last, Beyond? Beyond, Decision Decision, string Why);

    internal static readonly Row[] Rows =
    [
        new(Found.Whole, null, null, Decision.Fold, "a whole batch"),
        new(Found.Foreign, null, null, Decision.Refuse, "good frames that do not belong here"),
        // The next segment's header was written after every batch before it was flushed.
        new(Found.Empty, false, Beyond.Zeros, Decision.NextSegment, "end of a segment that has a successor"),
        new(Found.Empty, false, null, Decision.Refuse, "bytes after the end of a finished segment"),
        new(Found.Broken, false, null, Decision.Refuse, "a damaged batch in a finished segment"),
        new(Found.Empty, true, Beyond.Zeros, Decision.End, "end of the journal"),
        // One batch is in flight at a time, so a later batch proves that this one had been flushed.
        new(Found.Empty, true, Beyond.LaterBatch, Decision.Refuse, "a lost batch with a later batch after it"),
        new(Found.Broken, true, Beyond.LaterBatch, Decision.Refuse, "a damaged batch with a later batch after it"),
        new(Found.Empty, true, Beyond.EarlierBatch, Decision.Refuse, "an earlier batch's frame after the end"),
        new(Found.Broken, true, Beyond.EarlierBatch, Decision.Refuse, "an earlier batch's frame after the end"),
        new(Found.Empty, true, Beyond.Debris, Decision.Cut, "a torn tail whose first sectors are missing"),
        new(Found.Broken, true, Beyond.Debris, Decision.Cut, "a torn tail"),
        // Broken means that there are bytes, so zeros cannot follow from the same place.
        new(Found.Broken, true, Beyond.Zeros, Decision.Impossible, "a broken batch of zeros"),
    ];

    internal static ref readonly Row Decide(Found found, bool last, Beyond beyond)
    {
        if (Mutant.Is(Mutation.CutAnyBadBatch) && found == Found.Broken) (last, beyond) = (true, Beyond.Debris);
        for (var index = 0; index < Rows.Length; index++)
        {
            ref readonly var row = ref Rows[index];
            if (row.Found == found && (row.Last is null || row.Last == last)
                && (row.Beyond is null || row.Beyond == beyond)) return ref row;
        }
        throw new StopToProtectDataException($"recovery: no rule for {found}, last {last}, beyond {beyond}");
    }
}
