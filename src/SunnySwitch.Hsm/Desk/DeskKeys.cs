using SunnySwitch.Hsm.Cards;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Ledger;

namespace SunnySwitch.Hsm.Desk;

/// <summary>A key and the one before it, which is still taken while they overlap.</summary>
internal readonly record struct KeyPair(HsmKey? Current, HsmKey? Previous)
{
    public static KeyPair Of(IKeyRing ring, string? label)
    {
        if (label is null) return default;
        ring.TryCurrent(label, out var current);
        ring.TryPrevious(label, out var previous);
        return new KeyPair(current, previous);
    }
}

/// <summary>The keys of links and products, found by label once for each generation of the ring.</summary>
internal sealed class DeskKeys
{
    private readonly IKeyRing _ring;
    private readonly LinkKeys[] _links;
    private readonly ProductKeys[] _products;
    private readonly (KeyPair Pin, KeyPair Mac)[] _ofLinks;
    private readonly (KeyPair Pin, KeyPair CardCode, KeyPair Cryptogram)[] _ofProducts;
    private readonly CryptogramVersion[] _versions;
    private int _generation = -1;

    public DeskKeys(IKeyRing ring, IReadOnlyList<LinkKeys> links, IReadOnlyList<ProductKeys> products)
    {
        (_ring, _products) = (ring, [.. products]);
        _links = new LinkKeys[links.Count == 0 ? 0 : links.Max(link => link.Link) + 1];
        foreach (var link in links) _links[link.Link] = link;
        _ofLinks = new (KeyPair, KeyPair)[_links.Length];
        _ofProducts = new (KeyPair, KeyPair, KeyPair)[_products.Length];
        _versions = [.. _products.Select(product => CryptogramVersion.All.Single(version => version.Name == product.CryptogramVersion))];
    }

    /// <summary>Looks the keys up again if the ring has changed; false: the module cannot take in what changed.</summary>
    public bool TryRefresh()
    {
        if (!_ring.TryCatchUp()) return false;
        var generation = _ring.Generation;
        if (generation == _generation) return true;
        for (var link = 0; link < _links.Length; link++)
        {
            if (_links[link] is { } terms) _ofLinks[link] = (KeyPair.Of(_ring, terms.PinKey), KeyPair.Of(_ring, terms.MacKey));
        }

        for (var product = 0; product < _products.Length; product++)
        {
            var terms = _products[product];
            _ofProducts[product] = (
                KeyPair.Of(_ring, terms.PinKey), KeyPair.Of(_ring, terms.CardCodeKey), KeyPair.Of(_ring, terms.CryptogramKey));
        }

        _generation = generation;
        return true;
    }

    /// <summary>Counts a use.</summary>
    public void Used(HsmKey key) => _ring.Used(key);

    /// <summary>What a link has; false if it has nothing.</summary>
    public bool TryLink(uint link, out LinkKeys terms, out (KeyPair Pin, KeyPair Mac) keys)
    {
        var isThere = link < _links.Length && _links[link] is not null;
        (terms, keys) = isThere ? (_links[link], _ofLinks[link]) : (null!, default);
        return isThere;
    }

    /// <summary>Place of the first product that a card is of, by its first six digits; -1: of none.</summary>
    public int ProductOf(uint bin)
    {
        for (var index = 0; index < _products.Length; index++)
        {
            if (bin >= _products[index].BinFrom && bin <= _products[index].BinTo) return index;
        }

        return -1;
    }

    public ProductKeys Product(int index) => _products[index];

    public ref readonly (KeyPair Pin, KeyPair CardCode, KeyPair Cryptogram) Of(int product) => ref _ofProducts[product];

    public CryptogramVersion Version(int product) => _versions[product];
}
