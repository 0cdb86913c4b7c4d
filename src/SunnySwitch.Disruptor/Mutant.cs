namespace SunnySwitch;

/// <summary>
/// A rule broken on purpose, to see that the simulator notices, and the model of the tests (from 100). Only a build with <c>-p:Mutants=true</c> has them: in
/// every other one <see cref="Mutant.Is"/> is a constant, and nothing of it is left in the machine code.
/// </summary>
public enum Mutation
{
#pragma warning disable CS1591
    None = 0, ReplyBeforeDurable, SkipFlush, SkipHeaderFlush, ForgetDirectoryFlush, CutAnyBadBatch, KeyWithoutClass,
    KeyWithoutTerminal, IgnoreFingerprint, DecideRepeatAfresh, ForgetDeclines, NewApprovalCodeForRepeat, ForgetTombstone,
    ReleaseTwice, HoldTwice, StaleHash, IgnoreDeadline, ForgetBothDays, IgnoreSignOn, IgnoreHotList,
    SkipSnapshotFlush, SnapshotAheadOfJournal, DropWhatIsNeeded, NonceWithoutEpoch, ForgetReseal, KeepExpiredMoney,
    IncrementUndoneFreesAll, FeeForgottenInReversal, RateOfToday, LimitLetsOneMore, LimitForgetsYesterday, RepeatForgetsBill, VoidIgnoresCutOver,
    RefundOfNothingLeft, PartLeavesNothing, LimitKeepsWhatWasUndone,
    RepeatIsVerified, WrongPinIsFree, RightPinKeepsCount, LateVerdictDecides, FollowerIsTheFirst, FailedDeskDecides, EndedLinkWaitsOn, ResetKeepsTries,
    ReplacedKeyStaysCurrent, SharedCountsIgnored,

    // Rules of authorization, which the tests' model has to notice too.
    CaptureAgainAndAgain = 100, CaptureAfterExpiry, RefundWithoutBound, RestStaysHeld, IncrementWithoutFunds, PartOfCash, AdviceNeedsFunds,
    ForceWhatIsNamed, CompletionStaysDone, RefundUndoneIsLost, CodeOfAnotherAcquirer, CompletedEndsEarly, DeclineElsewhereMoves,
    ToleranceForAll, VoidLeavesTombstone, UncaptureHoldsNothing,
    CounterNeverSeen, CounterBelowForgotten, CounterJumpsAnywhere, CounterOfWrongCryptogram,
    CutOverRefusesAdvices, CutOverRefusesRepeats, ClaimNeedsNoProof, WrongProofIsNone,
    DeclineOfChipIsGood, ChipWordsUnheard, RepeatForgetsProof, SerialForgotten, SerialOfDeclineIsFree,
#pragma warning restore CS1591
}

/// <summary>Which rule is broken.</summary>
public static class Mutant
{
    /// <summary>The first that the tests' model has to notice too.</summary>
    public const Mutation FirstOfTheModel = Mutation.CaptureAgainAndAgain;

#if MUTANTS
    /// <summary>True in a build that has mutants.</summary>
    public static bool Exist => true;

    /// <summary>The one that is active; set before a simulation, by its thread.</summary>
    public static Mutation Active { get; set; }

    /// <summary>True if that rule is broken.</summary>
    public static bool Is(Mutation mutation) => Active == mutation;
#else
    /// <summary>True in a build that has mutants.</summary>
    public static bool Exist => false;

    /// <summary>The one that is active: none, and setting it changes nothing.</summary>
    public static Mutation Active
    {
        get => Mutation.None;
        set => _ = value;
    }

    /// <summary>True if that rule is broken: never.</summary>
    public static bool Is(Mutation mutation) => false;
#endif
}
