namespace SunnySwitch.Simulation;

/// <summary>What one seed did.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Transactions">Business messages sent, repeats included.</param>
/// <param name="Approvals">Answers 00 that left.</param>
/// <param name="Repeats">Answers that were the same again, DE38 included.</param>
/// <param name="Restarts">Lives of the node after the first.</param>
/// <param name="VirtualSeconds">Time that passed in the simulation.</param>
/// <param name="Invariant">The invariant that broke; null when all held.</param>
/// <param name="What">In words.</param>
/// <param name="Did">How often new answers did what: <c>Completion with fee 12</c>, a line each.</param>
/// <param name="History">The last happenings before it broke, a line each.</param>
public sealed record Outcome(
    ulong Seed, int Transactions, long Approvals, long Repeats, int Restarts, double VirtualSeconds, string? Invariant,
    string? What, string Did, IReadOnlyList<string> History);
