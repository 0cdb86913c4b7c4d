using System.Security.Cryptography;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Cell;

/// <summary>
/// Turns cardholders' addresses into checks beside the tokens of their cards: many at once, and nothing of an address stays. Serves one
/// thread at a time, as its <see cref="Intake"/> does.
/// </summary>
internal sealed class AddressIntake(IPanTokens tokens)
{
    private const int PostalMax = 16, StreetMax = 64, TextMax = PostalMax + StreetMax;
    private readonly byte[] _texts = new byte[Intake.FramesMax * TextMax];
    private readonly (int Index, int Postal, int Street)[] _found = new (int, int, int)[Intake.FramesMax];
    private readonly (bool Postal, bool Street)[] _has = new (bool, bool)[Intake.FramesMax];
    private readonly byte[] _blocks = new byte[Intake.FramesMax * AddressText.Blocks * PanBlock.Bytes];
    private readonly byte[] _tokens = new byte[Intake.FramesMax * AddressText.Blocks * PanBlock.Bytes];
    private int _count;

    /// <summary>Notes the address of a request that stands at <paramref name="index"/>, if it has one.</summary>
    public void Take(int index, in MessageReader message, Dialect dialect)
    {
        if (dialect.Address is not { } places) return;
        var text = _texts.AsSpan(_count * TextMax, TextMax);
        var postal = places.Postal?.Copy(message, text[..PostalMax]) ?? 0;
        var street = places.Street?.Copy(message, text[PostalMax..]) ?? 0;
        if (postal + street > 0) _found[_count++] = (index, postal, street);
    }

    /// <summary>Puts the checks into the requests, whose cards have their tokens by now; forgets the addresses.</summary>
    public void Finish(Transaction[] transactions)
    {
        if (_count == 0) return;
        const int bytes = AddressText.Blocks * PanBlock.Bytes;
        for (var each = 0; each < _count; each++)
        {
            var (index, postal, street) = _found[each];
            var text = _texts.AsSpan(each * TextMax, TextMax);
            ref readonly var card = ref transactions[index].Request.Pan;
            AddressText.Write(text[..postal], text.Slice(PostalMax, street), card, _blocks.AsSpan(each * bytes, bytes), out _has[each]);
        }

        tokens.Tokenise(_blocks, _count * AddressText.Blocks, _tokens);
        for (var each = 0; each < _count; each++)
        {
            ref var transaction = ref transactions[_found[each].Index];
            if (!transaction.Request.Pan.IsNone) transaction.Address = AddressText.Read(_tokens.AsSpan(each * bytes, bytes), _has[each]);
        }

        CryptographicOperations.ZeroMemory(_texts.AsSpan(0, _count * TextMax));
        CryptographicOperations.ZeroMemory(_blocks.AsSpan(0, _count * bytes));
        _count = 0;
    }
}
