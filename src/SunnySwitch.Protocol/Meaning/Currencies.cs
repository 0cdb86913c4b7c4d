namespace SunnySwitch.Protocol.Meaning;

/// <summary>A currency of ISO 4217.</summary>
/// <param name="Number">Its three digits.</param>
/// <param name="Code">Its three letters.</param>
/// <param name="Decimals">Decimals of an amount: its exponent.</param>
/// <param name="Name">Its name.</param>
public readonly record struct Currency(int Number, string Code, int Decimals, string Name);

/// <summary>The currencies of ISO 4217 list one; not the metals, units of account and test codes, which have no decimals.</summary>
public static class Currencies
{
    // By number.
    private static readonly Currency[] _table =
    [
        new(8, "ALL", 2, "Lek"), new(12, "DZD", 2, "Algerian dinar"), new(32, "ARS", 2, "Argentine peso"), new(36, "AUD", 2, "Australian dollar"),
        new(44, "BSD", 2, "Bahamian dollar"), new(48, "BHD", 3, "Bahraini dinar"), new(50, "BDT", 2, "Taka"), new(51, "AMD", 2, "Armenian dram"),
        new(52, "BBD", 2, "Barbados dollar"), new(60, "BMD", 2, "Bermudian dollar"), new(64, "BTN", 2, "Ngultrum"), new(68, "BOB", 2, "Boliviano"),
        new(72, "BWP", 2, "Pula"), new(84, "BZD", 2, "Belize dollar"), new(90, "SBD", 2, "Solomon dollar"), new(96, "BND", 2, "Brunei dollar"),
        new(104, "MMK", 2, "Kyat"), new(108, "BIF", 0, "Burundi franc"), new(116, "KHR", 2, "Riel"), new(124, "CAD", 2, "Canadian dollar"),
        new(132, "CVE", 2, "Cabo Verde escudo"), new(136, "KYD", 2, "Cayman dollar"), new(144, "LKR", 2, "Sri Lanka rupee"),
        new(152, "CLP", 0, "Chilean peso"), new(156, "CNY", 2, "Yuan renminbi"), new(170, "COP", 2, "Colombian peso"),
        new(174, "KMF", 0, "Comorian franc"), new(188, "CRC", 2, "Costa Rican colon"), new(192, "CUP", 2, "Cuban peso"),
        new(203, "CZK", 2, "Czech koruna"), new(208, "DKK", 2, "Danish krone"), new(214, "DOP", 2, "Dominican peso"),
        new(222, "SVC", 2, "El Salvador colon"), new(230, "ETB", 2, "Birr"), new(232, "ERN", 2, "Nakfa"), new(238, "FKP", 2, "Falkland pound"),
        new(242, "FJD", 2, "Fiji dollar"), new(262, "DJF", 0, "Djibouti franc"), new(270, "GMD", 2, "Dalasi"), new(292, "GIP", 2, "Gibraltar pound"),
        new(320, "GTQ", 2, "Quetzal"), new(324, "GNF", 0, "Guinean franc"), new(328, "GYD", 2, "Guyana dollar"), new(332, "HTG", 2, "Gourde"),
        new(340, "HNL", 2, "Lempira"), new(344, "HKD", 2, "Hong Kong dollar"), new(348, "HUF", 2, "Forint"), new(352, "ISK", 0, "Iceland krona"),
        new(356, "INR", 2, "Indian rupee"), new(360, "IDR", 2, "Rupiah"), new(364, "IRR", 2, "Iranian rial"), new(368, "IQD", 3, "Iraqi dinar"),
        new(376, "ILS", 2, "New shekel"), new(388, "JMD", 2, "Jamaican dollar"), new(392, "JPY", 0, "Yen"), new(398, "KZT", 2, "Tenge"),
        new(400, "JOD", 3, "Jordanian dinar"), new(404, "KES", 2, "Kenyan shilling"), new(408, "KPW", 2, "North Korean won"),
        new(410, "KRW", 0, "Won"), new(414, "KWD", 3, "Kuwaiti dinar"), new(417, "KGS", 2, "Som"), new(418, "LAK", 2, "Kip"),
        new(422, "LBP", 2, "Lebanese pound"), new(426, "LSL", 2, "Loti"), new(430, "LRD", 2, "Liberian dollar"), new(434, "LYD", 3, "Libyan dinar"),
        new(446, "MOP", 2, "Pataca"), new(454, "MWK", 2, "Malawi kwacha"), new(458, "MYR", 2, "Ringgit"), new(462, "MVR", 2, "Rufiyaa"),
        new(480, "MUR", 2, "Mauritius rupee"), new(484, "MXN", 2, "Mexican peso"), new(496, "MNT", 2, "Tugrik"), new(498, "MDL", 2, "Moldovan leu"),
        new(504, "MAD", 2, "Moroccan dirham"), new(512, "OMR", 3, "Rial Omani"), new(516, "NAD", 2, "Namibia dollar"),
        new(524, "NPR", 2, "Nepalese rupee"), new(532, "XCG", 2, "Caribbean guilder"), new(533, "AWG", 2, "Aruban florin"),
        new(548, "VUV", 0, "Vatu"), new(554, "NZD", 2, "New Zealand dollar"), new(558, "NIO", 2, "Cordoba"), new(566, "NGN", 2, "Naira"),
        new(578, "NOK", 2, "Norwegian krone"), new(586, "PKR", 2, "Pakistan rupee"), new(590, "PAB", 2, "Balboa"), new(598, "PGK", 2, "Kina"),
        new(600, "PYG", 0, "Guarani"), new(604, "PEN", 2, "Sol"), new(608, "PHP", 2, "Philippine peso"), new(634, "QAR", 2, "Qatari rial"),
        new(643, "RUB", 2, "Russian ruble"), new(646, "RWF", 0, "Rwanda franc"), new(654, "SHP", 2, "Saint Helena pound"),
        new(682, "SAR", 2, "Saudi riyal"), new(690, "SCR", 2, "Seychelles rupee"), new(702, "SGD", 2, "Singapore dollar"), new(704, "VND", 0, "Dong"),
        new(706, "SOS", 2, "Somali shilling"), new(710, "ZAR", 2, "Rand"), new(728, "SSP", 2, "South Sudanese pound"),
        new(748, "SZL", 2, "Lilangeni"), new(752, "SEK", 2, "Swedish krona"), new(756, "CHF", 2, "Swiss franc"), new(760, "SYP", 2, "Syrian pound"),
        new(764, "THB", 2, "Baht"), new(776, "TOP", 2, "Pa'anga"), new(780, "TTD", 2, "Trinidad and Tobago dollar"), new(784, "AED", 2, "UAE dirham"),
        new(788, "TND", 3, "Tunisian dinar"), new(800, "UGX", 0, "Uganda shilling"), new(807, "MKD", 2, "Denar"),
        new(818, "EGP", 2, "Egyptian pound"), new(826, "GBP", 2, "Pound sterling"), new(834, "TZS", 2, "Tanzanian shilling"),
        new(840, "USD", 2, "US dollar"), new(858, "UYU", 2, "Uruguayan peso"), new(860, "UZS", 2, "Uzbekistan sum"), new(882, "WST", 2, "Tala"),
        new(886, "YER", 2, "Yemeni rial"), new(901, "TWD", 2, "New Taiwan dollar"), new(924, "ZWG", 2, "Zimbabwe gold"), new(925, "SLE", 2, "Leone"),
        new(926, "VED", 2, "Digital bolivar"), new(927, "UYW", 4, "Unidad previsional"), new(928, "VES", 2, "Bolivar"), new(929, "MRU", 2, "Ouguiya"),
        new(930, "STN", 2, "Dobra"), new(933, "BYN", 2, "Belarusian ruble"), new(934, "TMT", 2, "Turkmenistan manat"), new(936, "GHS", 2, "Cedi"),
        new(938, "SDG", 2, "Sudanese pound"), new(940, "UYI", 0, "Uruguay peso, indexed units"), new(941, "RSD", 2, "Serbian dinar"),
        new(943, "MZN", 2, "Metical"), new(944, "AZN", 2, "Azerbaijan manat"), new(946, "RON", 2, "Romanian leu"), new(947, "CHE", 2, "WIR euro"),
        new(948, "CHW", 2, "WIR franc"), new(949, "TRY", 2, "Turkish lira"), new(950, "XAF", 0, "CFA franc BEAC"),
        new(951, "XCD", 2, "East Caribbean dollar"), new(952, "XOF", 0, "CFA franc BCEAO"), new(953, "XPF", 0, "CFP franc"),
        new(967, "ZMW", 2, "Zambian kwacha"), new(968, "SRD", 2, "Surinam dollar"), new(969, "MGA", 2, "Ariary"),
        new(970, "COU", 2, "Unidad de valor real"), new(971, "AFN", 2, "Afghani"), new(972, "TJS", 2, "Somoni"), new(973, "AOA", 2, "Kwanza"),
        new(975, "BGN", 2, "Lev"), new(976, "CDF", 2, "Congolese franc"), new(977, "BAM", 2, "Convertible mark"), new(978, "EUR", 2, "Euro"),
        new(979, "MXV", 2, "Unidad de inversion"), new(980, "UAH", 2, "Hryvnia"), new(981, "GEL", 2, "Lari"), new(984, "BOV", 2, "Mvdol"),
        new(985, "PLN", 2, "Zloty"), new(986, "BRL", 2, "Real"), new(990, "CLF", 4, "Unidad de fomento"), new(997, "USN", 2, "US dollar, next day"),
    ];

    /// <summary>Every currency, by number.</summary>
    public static ReadOnlySpan<Currency> All => _table;

    private static readonly sbyte[] _decimals = Decimals();

    /// <summary>Decimals of a currency's minor unit by its number (ISO 4217), 0 to 4; -1 for a number that is no currency.</summary>
    public static int DecimalsOf(int number) => (uint)number < (uint)_decimals.Length ? _decimals[number] : -1;

    private static sbyte[] Decimals()
    {
        var decimals = new sbyte[1_000];
        Array.Fill(decimals, (sbyte)-1);
        foreach (ref readonly var each in _table.AsSpan()) decimals[each.Number] = (sbyte)each.Decimals;
        return decimals;
    }

    /// <summary>Finds a currency by its three digits (<c>840</c>) or letters (<c>USD</c>).</summary>
    public static bool TryFind(ReadOnlySpan<char> code, out Currency found)
    {
        found = default;
        if (code.Length != 3) return false;
        var number = Digits.Value(code);
        foreach (ref readonly var each in _table.AsSpan())
        {
            if (each.Number != number && !code.SequenceEqual(each.Code)) continue;
            found = each;
            return true;
        }

        return false;
    }
}
