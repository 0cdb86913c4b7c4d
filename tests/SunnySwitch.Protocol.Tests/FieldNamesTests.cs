using SunnySwitch.Protocol.Meaning;

namespace SunnySwitch.Protocol.Tests;

public sealed class FieldNamesTests
{
    [Theory]
    [InlineData(1987, 12, "Time, local transaction")]
    [InlineData(1993, 12, "Date and time, local transaction")]
    [InlineData(1987, 24, "Network international identifier")]
    [InlineData(1993, 24, "Function code")]
    [InlineData(1993, 59, "Transport data")]
    [InlineData(1993, 72, "Data record")]
    [InlineData(1993, 90, "Authorizations, reversal number")]
    [InlineData(1993, 95, "Card issuer reference data")]
    [InlineData(1993, 104, "Transaction description")]
    [InlineData(1993, 110, "Debits, fee amounts")]
    [InlineData(2003, 27, "Point of service capability")]
    [InlineData(2003, 49, "Verification data")]
    [InlineData(2003, 50, "Field 50")]
    [InlineData(2003, 71, "Field 71")]
    [InlineData(2003, 75, "Reconciliation data, secondary")]
    [InlineData(2003, 76, "Field 76")]
    [InlineData(2003, 92, "Field 92")]
    [InlineData(2003, 93, "Transaction destination institution identification code")]
    [InlineData(2003, 104, "Transaction specific data")]
    [InlineData(2003, 110, "Debits, reconciliation fee amounts")]
    [InlineData(2003, 128, "Message authentication code")]
    [InlineData(1993, 61, "Reserved for national or private use (61)")]
    [InlineData(1993, 129, "Field 129")]
    [InlineData(1993, -1, "Field -1")]
    [InlineData(2003, 0, "Message type indicator")]
    public void A_field_has_the_name_of_its_edition(int year, int field, string name) =>
        Assert.Equal(name, FieldNames.Of(year, field));

    [Fact]
    public void Every_other_year_is_taken_for_1987()
    {
        for (var field = -1; field <= 193; field++) Assert.Equal(FieldNames.Of(field), FieldNames.Of(0, field));
    }
}
