namespace SunnySwitch.Links;

/// <summary>
/// How many messages of a connection are in the ring, told from what was published and how far the kernel is. Never too low;
/// too high by what was published since it last looked. Used by the connection's reading side alone.
/// </summary>
internal sealed class InFlight
{
    private long _published, _handled;
    private long _last, _mark, _markPublished;

    /// <summary>So many were published, the last one as event <paramref name="highest"/>.</summary>
    public void Add(int messages, long highest)
    {
        _published += messages;
        _last = highest;
        if (_markPublished == _handled) (_mark, _markPublished) = (highest, _published);
    }

    /// <summary>Messages in the ring when all events up to <paramref name="handled"/> were handled.</summary>
    public long Count(long handled)
    {
        while (_markPublished > _handled && handled >= _mark)
        {
            _handled = _markPublished;
            (_mark, _markPublished) = (_last, _published);
        }

        return _published - _handled;
    }
}
