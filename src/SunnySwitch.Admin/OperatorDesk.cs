using Microsoft.AspNetCore.Http;
using SunnySwitch.Cell;
using SunnySwitch.Disruptor;

namespace SunnySwitch.Admin;

/// <summary>Brings operators' commands to the kernel through the ring and their answers back.</summary>
/// <param name="ring">The way in.</param>
/// <param name="clock">When they come.</param>
/// <param name="patience">How long a caller waits for the kernel; ten seconds where nothing is said.</param>
public sealed class OperatorDesk(RingBuffer<Input> ring, IClock clock, TimeSpan? patience = null)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Sends a command; completes when its effect is durable.</summary>
    /// <exception cref="TimeoutException">The ring stayed full, or the kernel did not answer in time.</exception>
    public async Task<OperatorCommand> Ask(CommandKind kind, Action<OperatorCommand> fill)
    {
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var command = new OperatorCommand(kind, _ => answered.SetResult());
        fill(command);
        if (!ring.TryNext(1, out var sequence)) throw new TimeoutException("the switch is too busy; try again");
        var slot = ring[sequence];
        slot.Kind = InputKind.Command;
        slot.ArrivedAt = clock.Now;
        slot.Command = command;
        ring.Publish(sequence);
        await answered.Task.WaitAsync(patience ?? Patience).ConfigureAwait(false);
        return command;
    }

    /// <summary>Says in words what a command that got no answer in time means: 504.</summary>
    public static async Task AnswerTimeouts(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            context.Response.StatusCode = StatusCodes.Status504GatewayTimeout;
            var refusal = new Refusal([$"no answer within {Patience.TotalSeconds:F0} s: the outcome is unknown, it may still take effect"]);
            await context.Response.WriteAsJsonAsync(refusal).ConfigureAwait(false);
        }
    }
}
