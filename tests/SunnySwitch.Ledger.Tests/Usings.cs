global using Xunit;

// One server for all that do not stop it, each with a database of its own.
[assembly: AssemblyFixture(typeof(SunnySwitch.Ledger.Tests.PostgresServer))]

// Most of the time a test waits for a server.
[assembly: Xunit.v3.Parallelization(MaxThreads = 4)]
