using SunnySwitch.Cell;
using SunnySwitch.Disruptor;

namespace SunnySwitch.Host.Serving;

/// <summary>The one thread that decides. What it throws stops the process: nothing is caught inside.</summary>
internal sealed class KernelThread
{
    private readonly BatchConsumer<Input, Cell.Cell> _consumer;
    private readonly Thread _thread;

    public KernelThread(RingBuffer<Input> ring, Cell.Cell cell)
    {
        _consumer = new BatchConsumer<Input, Cell.Cell>(ring, ring.NewBarrier(), cell);
        ring.AddGatingSequences(_consumer.Sequence);
        _thread = new Thread(Run) { Name = "kernel", IsBackground = true };
    }

    public void Start() => _thread.Start();

    /// <summary>Lets it handle what was published, then waits for it to end.</summary>
    public void HaltAndJoin()
    {
        _consumer.Halt();
        _thread.Join();
    }

    private void Run()
    {
        try
        {
            _consumer.Run();
        }
        catch (StopToProtectDataException stop)
        {
            ProtectData.Stop(stop.Message);
        }
        catch (Exception unknown)
        {
            ProtectData.Stop($"unknown error in the kernel: {unknown.GetType().Name}: {unknown.Message}");
        }
    }
}
