using System.Diagnostics;
using Polly;
using Polly.Retry;
using SunnySwitch.Core.Domain;
using SunnySwitch.Journal;
using SunnySwitch.Journal.Reading;

namespace SunnySwitch.Ledger.Projection;

/// <summary>
/// Follows a journal and writes what its frames do into PostgreSQL, batch by batch, each in one transaction with the checkpoint. Whatever
/// happens to the database, the switch does not notice: it is tried again from where the database says that it is.
/// </summary>
/// <param name="source">The database.</param>
/// <param name="journal">The journal's directory, for reading.</param>
/// <param name="durable">Newest durable frame: no frame after it is looked at.</param>
/// <param name="tokens">For generated cards; used by the thread of <see cref="Run"/> only.</param>
/// <param name="say">Gets a line when the state changes.</param>
public sealed class Projector(LedgerSource source, IDisk journal, Func<long> durable, IPanTokens tokens, Action<string> say)
{
    private const int RowsFirst = 20_000, RowsMin = 1_000;
    private const int BytesMax = 64 << 20;
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(20), _gatherFew = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _gatherMany = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _transactionTarget = TimeSpan.FromSeconds(1.5);

    private readonly LedgerWriter _writer = new(source.Primary);
    private readonly IndexSummaries _summaries = new(source.Primary);
    private FrameBatch _batch = new(tokens), _otherBatch = new(tokens);
    private JournalReader? _reader;
    private Checkpoint _at;                                  // What the database says.
    private Checkpoint _ahead;                               // After the batch that is being written.
    private Task<TimeSpan>? _write;
    private int _rowsWanted = RowsFirst;
    private bool _follows;

    /// <summary>Most decisions in a transaction; a batch of the journal is never divided.</summary>
    public int RowsMax { get; init; } = 100_000;

    /// <summary>How long it stands still before it looks whether the cause is gone.</summary>
    public TimeSpan LookAgain { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long the block range indexes may not know of rows, where few come.</summary>
    public TimeSpan SummarizeAfter { get => _summaries.After; init => _summaries.After = value; }

    /// <summary>How far it is.</summary>
    public ProjectionStatus Status { get; } = new();

    /// <summary>Follows the journal until stopped. The calling thread is its own.</summary>
    public void Run(CancellationToken stopping)
    {
        _follows = true;
        var pipeline = Patience(stopping);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (!pipeline.Execute(Step, stopping)) Rest(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failure) when (failure is not (OutOfMemoryException or StopToProtectDataException))
            {
                Leave();
                var cause = Failures.Words(failure);
                if (Status.State != ProjectionState.Stopped) say($"ledger: stopped at sequence {_at.Sequence}: {cause}");
                Status.Failed(ProjectionState.Stopped, cause);
                stopping.WaitHandle.WaitOne(LookAgain);
            }
        }

        Leave();
    }

    /// <summary>Takes all whole batches that are durable now and returns; errors are the caller's.</summary>
    public void RunToEnd()
    {
        try
        {
            long before;
            do
            {
                before = _at.Sequence;
                Step(CancellationToken.None);
            }
            while (_at.Sequence > before || _write is not null);
            _summaries.TellAll();
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Takes the tables away; whoever projects makes them anew.</summary>
    public static void Drop(LedgerSource source)
    {
        using var command = source.Primary.CreateCommand("drop schema if exists sunny cascade");
        command.CommandTimeout = 0;
        command.ExecuteNonQuery();
    }

    private ResiliencePipeline Patience(CancellationToken stopping) => new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions
    {
        ShouldHandle = new PredicateBuilder().Handle<Exception>(failure => !stopping.IsCancellationRequested && Failures.IsPassing(failure)),
        MaxRetryAttempts = int.MaxValue,
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        Delay = TimeSpan.FromMilliseconds(100),
        MaxDelay = TimeSpan.FromSeconds(5),
        OnRetry = attempt =>
        {
            Leave();
            var failure = attempt.Outcome.Exception!;
            var isNew = Status.State != ProjectionState.Retrying;
            // Why it failed before says more than that nobody was asked since.
            var cause = !isNew && Failures.NobodyWasAsked(failure) ? Status.Cause! : Failures.Words(failure);
            if (isNew) say($"ledger: waits at sequence {_at.Sequence}: {cause}");
            Status.Failed(ProjectionState.Retrying, cause);
            return ValueTask.CompletedTask;
        },
    }).Build();

    private int Enough => Math.Min(_rowsWanted, RowsMax);

    /// <summary>One transaction, if there is anything; true when there is much more. Then the next is read while that one is written.</summary>
    private bool Step(CancellationToken stopping)
    {
        stopping.ThrowIfCancellationRequested();
        if (_reader is null) Enter();
        var until = durable();
        var isFilled = until > _ahead.Sequence && Fill(until);
        Finish();
        if (_reader is null) return true;
        _summaries.TellSome();
        if (!isFilled) return false;
        var (batch, before, after) = (_batch, _at, _batch.After with { At = _reader.Position });
        _ahead = after;
        var inHurry = !_follows || durable() - after.Sequence >= Enough;
        _write = Task.Factory.StartNew(
            () => Write(batch, before, after, inHurry ? null : stopping), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        (_batch, _otherBatch) = (_otherBatch, _batch);
        if (durable() - _ahead.Sequence >= Enough) return true;
        Finish();
        return false;
    }

    private TimeSpan Write(FrameBatch batch, Checkpoint before, Checkpoint after, CancellationToken? rests)
    {
        var began = Stopwatch.GetTimestamp();
        _writer.Write(batch, in before, in after, rests);
        return Stopwatch.GetElapsedTime(began);
    }

    /// <summary>Waits for the transaction that is under way, if there is one.</summary>
    private void Finish()
    {
        if (_write is not { } write) return;
        _write = null;
        try
        {
            var took = write.GetAwaiter().GetResult();
            _at = _ahead;
            Status.Taken(in _at, _otherBatch.Rows);
            Adapt(_otherBatch.Rows, took);
            _summaries.Wrote(_otherBatch.Decisions.Keys, _otherBatch.Rows);
        }
        catch (CheckpointMovedException)
        {
            Leave();                                         // Somebody else took it, or the database is an older one: from what it says.
        }
    }

    // A transaction takes about as long as the target, so that locks are short and a lost one costs little.
    private void Adapt(int rows, TimeSpan took)
    {
        if (rows < _rowsWanted) return;
        if (took < _transactionTarget / 2) _rowsWanted = Math.Min(2 * _rowsWanted, RowsMax);
        else if (took > _transactionTarget) _rowsWanted = Math.Max(_rowsWanted / 2, RowsMin);
    }

    private void Enter()
    {
        _at = _ahead = _writer.Open();
        _reader = _at.At is { } position ? new JournalReader(journal, position) : new JournalReader(journal);
        _reader.Until = _at.Sequence;
        _reader.TryRead(out _, out _);                       // Nothing but whether the journal is the same.
        Heed(_reader);
        Status.At(in _at);
        if (_at.BusinessDay != 0) _summaries.Wrote([_at.BusinessDay], rows: IndexSummaries.RowsMany);
        say(_at.Sequence == 0
            ? $"ledger: {source.Name} is empty, from the beginning of the journal" : $"ledger: {source.Name}, on from sequence {_at.Sequence}");
    }

    private void Leave()
    {
        if (_write is { } write) Task.WaitAny(write);        // What it did is seen in the database afterwards.
        _write = null;
        _summaries.Leave();
        _reader?.Dispose();
        _reader = null;
    }

    /// <summary>Whole batches of the journal, as many as a transaction is to have; false when there is none.</summary>
    private bool Fill(long until)
    {
        _batch.Begin(in _ahead);
        var reader = _reader!;
        reader.Until = until;
        var any = false;
        while (reader.TryRead(out var header, out var payload))
        {
            if (!any && _ahead.Sequence == 0 && header.Sequence != 1)
            {
                throw new LedgerException(
                    $"the journal begins at sequence {header.Sequence}: put the segments before it back from the archive, "
                    + "the ledger needs all from the first on");
            }

            any = true;
            _batch.Add(in header, payload);
            if (reader.IsBatchEnd && (_batch.Rows >= Enough || _batch.Bytes >= BytesMax)) break;
        }

        Heed(reader);
        return any;
    }

    private void Heed(JournalReader reader)
    {
        if (reader.Problem is { } problem) throw new LedgerException($"the journal cannot be read on from sequence {_at.Sequence}: {problem}");
    }

    // A transaction for a handful of rows costs as much as one for a thousand: some are waited for, not long. Of many, the more are in one, the fewer
    // times an account is moved and its page of the table cleaned: longer, where the whole machine is busy.
    private void Rest(CancellationToken stopping)
    {
        var began = Stopwatch.GetTimestamp();
        while (durable() - _at.Sequence is var behind && behind < Enough && !stopping.IsCancellationRequested)
        {
            if (_summaries.IsDue) return;
            if (behind <= 0) Status.Level();
            if (behind > 0 && Stopwatch.GetElapsedTime(began) > (behind < RowsMin ? _gatherFew : _gatherMany)) return;
            if (stopping.WaitHandle.WaitOne(_look)) return;
        }
    }
}
