namespace SunnySwitch.Ledger.Redis;

/// <summary>Where Redis is, and what this cell is called there. Names are the keys of the section <c>redis</c>.</summary>
public sealed record RedisOptions
{
    /// <summary>Addresses as <c>host:port</c>, with commas between: a server, or some of a cluster.</summary>
    public string Servers { get; init; } = "";

    /// <summary>The cell whose journal is fed: no other may have that name.</summary>
    public string Cell { get; init; } = "";

    /// <summary>A user of Redis' access lists; none: the default user.</summary>
    public string? User { get; init; }

    /// <summary>A file whose first line is the password, read anew for each connection; none: no password.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>TLS, the server's certificate checked against the system's authorities.</summary>
    public bool Tls { get; init; }

    /// <summary>Milliseconds after which a request is decided without other cells' counts.</summary>
    public int AnswerMilliseconds { get; init; } = 20;

    /// <summary>Hours after which everything is written anew: keys of what is still so never reach the end of their time.</summary>
    public int RewriteHours { get; init; } = 12;

    /// <summary>Every wrong value, in words.</summary>
    public IEnumerable<string> Problems(bool isProduction = false)
    {
        foreach (var problem in Addresses().Where(each => each.Problem is not null)) yield return $"redis.servers: {problem.Problem}";
        var isName = Cell.Length is > 0 and <= 32 && Cell.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_');
        if (!isName) yield return $"redis.cell: 1 to 32 letters, digits, - or _, is \"{Cell}\"";
        if (isProduction && !Tls && Addresses().Any(each => each.Host is not ("localhost" or "127.0.0.1" or "::1")))
        {
            yield return "redis.tls: in production, plain TCP goes to loopback only";
        }

        if (AnswerMilliseconds is < 1 or > 5_000) yield return $"redis.answerMilliseconds: 1 to 5000, is {AnswerMilliseconds}";
        if (RewriteHours is < 1 or > 24) yield return $"redis.rewriteHours: 1 to 24, is {RewriteHours}";
    }

    internal IEnumerable<(string Host, int Port, string? Problem)> Addresses()
    {
        foreach (var address in Servers.Split(',', StringSplitOptions.TrimEntries))
        {
            var colon = address.LastIndexOf(':');
            var isGood = colon > 0 && int.TryParse(address[(colon + 1)..], out var port) && port is > 0 and <= 65_535;
            if (isGood) yield return (address[..colon].Trim('[', ']'), int.Parse(address[(colon + 1)..]), null);
            else yield return ("", 0, $"host:port is expected, with commas between, is \"{address}\"");
        }
    }
}
