using System.Numerics;
using System.Runtime.CompilerServices;

namespace SunnySwitch.Protocol.Codec;

/// <summary>
/// Set of field numbers 1 to 192; bits 1 and, where there is a third bitmap, 65 are derived, never set by hand.
/// </summary>
public struct FieldSet
{
    /// <summary>Highest field number: three bitmaps.</summary>
    public const int FieldMax = 192;

    private const ulong First = 1UL << 63;

    /// <summary>Fields 1 to 64; field 1 is the most significant bit, as on the wire.</summary>
    public ulong Low;

    /// <summary>Fields 65 to 128; field 65 is the most significant bit.</summary>
    public ulong High;

    /// <summary>Fields 129 to 192, of a third bitmap; field 129 is the most significant bit.</summary>
    public ulong Third;

    /// <summary>A set of the given fields, each 2 to 192.</summary>
    public static FieldSet Of(params ReadOnlySpan<int> fields)
    {
        var set = default(FieldSet);
        foreach (var field in fields) set.Add(field);
        return set;
    }

    /// <summary>How many fields.</summary>
    public readonly int Count => BitOperations.PopCount(Low) + BitOperations.PopCount(High) + BitOperations.PopCount(Third);

    /// <summary>True if there is no field.</summary>
    public readonly bool IsEmpty => (Low | High | Third) == 0;

    /// <summary>True if the field, 1 to 192, is in the set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Has(int field)
    {
        Must.Hold((uint)(field - 1) < FieldMax);
        var word = field <= 64 ? Low : field <= 128 ? High : Third;
        return ((word << (field - 1)) & First) != 0;   // A shift counts modulo 64.
    }

    /// <summary>Puts a field, 1 to 192, into the set.</summary>
    public void Add(int field)
    {
        Must.Hold((uint)(field - 1) < FieldMax);
        if (field <= 64) Low |= First >> (field - 1);
        else if (field <= 128) High |= First >> (field - 65);
        else Third |= First >> (field - 129);
    }

    /// <summary>Takes a field, 1 to 192, out of the set.</summary>
    public void Remove(int field)
    {
        Must.Hold((uint)(field - 1) < FieldMax);
        if (field <= 64) Low &= ~(First >> (field - 1));
        else if (field <= 128) High &= ~(First >> (field - 65));
        else Third &= ~(First >> (field - 129));
    }

    /// <summary>Fields in both sets.</summary>
    public readonly FieldSet And(FieldSet other) =>
        new() { Low = Low & other.Low, High = High & other.High, Third = Third & other.Third };

    /// <summary>Fields in either set.</summary>
    public readonly FieldSet Or(FieldSet other) =>
        new() { Low = Low | other.Low, High = High | other.High, Third = Third | other.Third };

    /// <summary>Fields of this set that are not in the other.</summary>
    public readonly FieldSet Without(FieldSet other) =>
        new() { Low = Low & ~other.Low, High = High & ~other.High, Third = Third & ~other.Third };

    /// <summary>Lowest field of the set; 0 if it is empty.</summary>
    public readonly int Lowest =>
        Low != 0 ? BitOperations.LeadingZeroCount(Low) + 1
        : High != 0 ? BitOperations.LeadingZeroCount(High) + 65
        : Third != 0 ? BitOperations.LeadingZeroCount(Third) + 129
        : 0;

    /// <summary>
    /// Takes the lowest field out; false, and nothing changes, if that is not <paramref name="field"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryTakeLowest(int field)
    {
        // The field is the lowest exactly when its bit is the highest one set: shifted to the right end, 1 is left.
        if (field <= 64)
        {
            if (field < 1 || Low >> (64 - field) != 1) return false;
            Low &= ~(First >> (field - 1));
            return true;
        }

        if (field > 128) return TryTakeLowestOfThird(field);
        if (Low != 0 || High >> (128 - field) != 1) return false;
        High &= ~(First >> (field - 65));
        return true;
    }

    private bool TryTakeLowestOfThird(int field)
    {
        if (field > FieldMax || (Low | High) != 0 || Third >> (FieldMax - field) != 1) return false;
        Third &= ~(First >> (field - 129));
        return true;
    }

    /// <summary>How many fields of the set are lower than <paramref name="field"/>, 1 to 192.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly int Rank(int field)
    {
        if (field <= 64) return BitOperations.PopCount(Low & ~(ulong.MaxValue >> (field - 1)));
        var low = BitOperations.PopCount(Low);
        return field <= 128
            ? low + BitOperations.PopCount(High & ~(ulong.MaxValue >> (field - 65)))
            : low + BitOperations.PopCount(High) + BitOperations.PopCount(Third & ~(ulong.MaxValue >> (field - 129)));
    }

    /// <summary>Fields of the set lower than <paramref name="field"/>, 1 to 192.</summary>
    internal readonly FieldSet Below(int field)
    {
        Must.Hold((uint)(field - 1) < FieldMax);
        if (field <= 64) return new FieldSet { Low = Low & ~(ulong.MaxValue >> (field - 1)) };
        return field <= 128
            ? new FieldSet { Low = Low, High = High & ~(ulong.MaxValue >> (field - 65)) }
            : new FieldSet { Low = Low, High = High, Third = Third & ~(ulong.MaxValue >> (field - 129)) };
    }

    /// <summary>The fields in ascending order: <c>foreach (var field in set)</c>. Allocates nothing.</summary>
    public readonly Enumerator GetEnumerator() => new(this);

    /// <summary>Walks a copy of the set in ascending order.</summary>
    public struct Enumerator
    {
        private FieldSet _left;

        internal Enumerator(FieldSet set) => _left = set;

        /// <summary>Field under the cursor, 1 to 192.</summary>
        public int Current { get; private set; }

        /// <summary>Goes to the next field; false at the end.</summary>
        public bool MoveNext()
        {
            if (_left.Low != 0)
            {
                var lead = BitOperations.LeadingZeroCount(_left.Low);
                _left.Low ^= First >> lead;
                Current = lead + 1;
                return true;
            }

            if (_left.High == 0) return MoveInThird();
            var highLead = BitOperations.LeadingZeroCount(_left.High);
            _left.High ^= First >> highLead;
            Current = highLead + 65;
            return true;
        }

        private bool MoveInThird()
        {
            if (_left.Third == 0) return false;
            var lead = BitOperations.LeadingZeroCount(_left.Third);
            _left.Third ^= First >> lead;
            Current = lead + 129;
            return true;
        }
    }
}
