using SunnySwitch.Host.Options;
using SunnySwitch.Host.Serving;
using Xunit;

namespace SunnySwitch.Host.Tests;

/// <summary>Sizes of tables are refused in the configuration's own words, before anything else looks at them.</summary>
public sealed class TableOptionsTests
{
    private const int Least = 16;

    public static TheoryData<string, int> Tables
    {
        get
        {
            var tables = new TheoryData<string, int>();
            foreach (var property in typeof(TableOptions).GetProperties())
            {
                tables.Add(char.ToLowerInvariant(property.Name[0]) + property.Name[1..], Most(property.Name));
            }

            return tables;
        }
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public void A_table_has_a_least_and_a_largest_size_and_the_handbook_says_them(string table, int most)
    {
        foreach (var size in new[] { int.MinValue, 0, Least - 1, most + 1, int.MaxValue })
        {
            var refused = Assert.Throws<OptionsException>(() => OptionsFile.Read(null, [$"tables.{table}={size}"]));
            Assert.Contains($"tables.{table}: {Least} to {most}, is {size}", refused.Problems);
        }

        Assert.Empty(Store.StateOptions(OptionsFile.Read(null, [$"tables.{table}={most}"])).Problems());
        var smallest = OptionsFile.Read(null, [$"tables.{table}={Least}", $"generatedCards.count={Least}"]);
        Assert.Empty(smallest.Problems());
        Assert.Empty(Store.StateOptions(smallest).Problems());
        var handbook = File.ReadAllLines(Path.Combine(RulesFileTests.Root(), "docs", "operations.md"));
        var rows = handbook.Select(line => line.Split('|')).Where(cells => cells.Length > 3);
        var row = Assert.Single(rows, cells => cells[1].Contains($"`tables.{table}`", StringComparison.Ordinal));
        Assert.Equal($"{Least} to {most}", row[3].Trim());
    }

    private static int Most(string property) => property switch
    {
        nameof(TableOptions.Acceptors) or nameof(TableOptions.Stops) or nameof(TableOptions.KeyNotes) or nameof(TableOptions.ChipCounters)
            or nameof(TableOptions.Devices) => 100_000_000,
        nameof(TableOptions.ContraAccounts) => 1_000_000,
        _ => 200_000_000,
    };
}
