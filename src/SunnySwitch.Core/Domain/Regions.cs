namespace SunnySwitch.Core.Domain;

/// <summary>
/// Countries and the regions that they are in, by the numbers of UN M49: countries have the same ones in ISO 3166, so that one number
/// can say either.
/// </summary>
public static class Regions
{
    // A sub-region, then its countries.
    private static readonly ushort[][] _subRegions =
    [
        [15, 12, 818, 434, 504, 729, 788, 732],
        [11, 204, 854, 132, 384, 270, 288, 324, 624, 430, 466, 478, 562, 566, 654, 686, 694, 768],
        [14, 86, 108, 174, 262, 232, 231, 260, 404, 450, 454, 480, 175, 508, 638, 646, 690, 706, 728, 800, 834, 894, 716],
        [17, 24, 120, 140, 148, 178, 180, 226, 266, 678],
        [18, 72, 748, 426, 516, 710],
        [29, 660, 28, 533, 44, 52, 535, 92, 136, 192, 531, 212, 214, 308, 312, 332, 388, 474, 500, 630, 652, 659, 662, 663, 670, 534, 780, 796, 850],
        [13, 84, 188, 222, 320, 340, 484, 558, 591],
        [5, 32, 68, 74, 76, 152, 170, 218, 238, 254, 328, 600, 604, 239, 740, 858, 862],
        [21, 60, 124, 304, 666, 840],
        [143, 398, 417, 762, 795, 860],
        [30, 156, 344, 446, 408, 392, 496, 410, 158],
        [35, 96, 116, 360, 418, 458, 104, 608, 702, 764, 626, 704],
        [34, 4, 50, 64, 356, 364, 462, 524, 586, 144],
        [145, 51, 31, 48, 196, 268, 368, 376, 400, 414, 422, 512, 275, 634, 682, 760, 792, 784, 887],
        [151, 112, 100, 203, 348, 616, 498, 642, 643, 703, 804],
        [154, 248, 208, 233, 234, 246, 831, 352, 372, 833, 832, 428, 440, 578, 744, 752, 826],
        [39, 8, 20, 70, 191, 292, 300, 336, 380, 470, 499, 807, 620, 674, 688, 705, 724],
        [155, 40, 56, 250, 276, 438, 442, 492, 528, 756],
        [53, 36, 162, 166, 334, 554, 574],
        [54, 242, 540, 598, 90, 548],
        [57, 316, 296, 584, 583, 520, 580, 585, 581],
        [61, 16, 184, 258, 570, 612, 882, 772, 776, 798, 876],
    ];

    // What sub-regions make up: Africa, and south of the Sahara; the Americas, their north, Latin America and the Caribbean; Asia; Europe; Oceania.
    private static readonly ushort[][] _regions =
    [
        [2, 15, 11, 14, 17, 18],
        [202, 11, 14, 17, 18],
        [19, 29, 13, 5, 21],
        [3, 29, 13, 21],
        [419, 29, 13, 5],
        [142, 143, 30, 35, 34, 145],
        [150, 151, 154, 39, 155],
        [9, 53, 54, 57, 61],
    ];

    private static readonly ushort[] _subRegionOf = new ushort[1_000];

    static Regions()
    {
        foreach (var subRegion in _subRegions)
        {
            foreach (var country in subRegion.AsSpan(1)) _subRegionOf[country] = subRegion[0];
        }
    }

    /// <summary>True for a number of a country or region that is known here.</summary>
    public static bool IsKnown(int number) =>
        number is > 0 and < 1_000
        && (_subRegionOf[number] != 0 || _subRegions.Any(each => each[0] == number) || _regions.Any(each => each[0] == number));

    /// <summary>True if a country (ISO 3166 number) is the place, or in it.</summary>
    public static bool Has(ushort place, ushort country)
    {
        if (place == country || country >= _subRegionOf.Length || place >= _subRegionOf.Length) return place == country;
        var subRegion = _subRegionOf[country];
        if (subRegion == 0 || subRegion == place) return subRegion != 0;
        foreach (var region in _regions)
        {
            if (region[0] == place) return region.AsSpan(1).Contains(subRegion);
        }

        return false;
    }
}
