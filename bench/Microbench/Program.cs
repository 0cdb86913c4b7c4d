using BenchmarkDotNet.Running;
using SunnySwitch.Microbench;

if (args is ["core", ..])
{
    CoreBench.Run(args);
    return;
}

if (args is ["cell", ..])
{
    CellBench.Run(args);
    return;
}

if (args is ["codec", ..])
{
    CodecTable.Run(args);
    return;
}

if (args is ["hsm", ..])
{
    HsmBench.Run(args);
    return;
}

if (args is ["token", ..])
{
    TokenBench.Run(args);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
