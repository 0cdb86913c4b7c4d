using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;

namespace SunnySwitch.Ledger.Projection;

/// <summary>Which errors pass by themselves, and which wait for somebody.</summary>
internal static class Failures
{
    // Beyond those that the driver knows: the server stops or starts, is a replica now, has no room; the tables were dropped to be made
    // anew, or somebody makes the same partition.
    private static readonly string[] _passing = ["08", "53", "57P01", "57P02", "57P03", "57014", "58", "40", "55P03", "25006", "42P01", "3F000",
        "42P07"];

    /// <summary>True for what is tried again: the network, a server that stops or starts, a full disk.</summary>
    public static bool IsPassing(Exception failure) => failure switch
    {
        PostgresException said => said.IsTransient || _passing.Any(state => said.SqlState.StartsWith(state, StringComparison.Ordinal)),
        AggregateException several => several.InnerExceptions.Count == 0 || several.InnerExceptions.Any(IsPassing),
        NpgsqlException { InnerException: { } inner } => IsPassing(inner),
        NpgsqlException or SocketException or TimeoutException => true,
        AuthenticationException => false,
        IOException => true,
        _ => false,
    };

    /// <summary>True when nobody was asked: servers that failed a moment ago are left alone for a second, and replicas are not written to.</summary>
    public static bool NobodyWasAsked(Exception failure) => failure is NpgsqlException { InnerException: null } and not PostgresException
        && failure.Message.StartsWith("No suitable host", StringComparison.Ordinal);

    /// <summary>In a line, for people; nothing of a row's values.</summary>
    public static string Words(Exception failure) => failure switch
    {
        PostgresException said => $"{said.MessageText} ({said.SqlState}{Place(said)})",
        AggregateException { InnerExceptions: [var first, ..] } => Words(first),
        NpgsqlException { InnerException: { } inner } => Words(inner),
        _ when NobodyWasAsked(failure) => "no server answers as the primary",
        AuthenticationException => "no TLS with the database: its certificate does not lead to Root Certificate, is not of that host, or is over; or no "
            + $"version of TLS was agreed ({failure.Message})",
        _ => failure.Message,
    };

    private static string Place(PostgresException said) =>
        (said.TableName is null ? "" : $", table {said.TableName}") + (said.ConstraintName is null ? "" : $", constraint {said.ConstraintName}");
}
