using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;
using SunnySwitch.Protocol.Meaning;

namespace SunnySwitch.Cell;

/// <summary>How staging a stretch of received bytes ended.</summary>
/// <param name="Frames">Frames staged; each becomes one input.</param>
/// <param name="Unanswerable">Frames that could not be decoded far enough to answer; dropped.</param>
/// <param name="ConsumedBytes">Bytes that staged and dropped frames took.</param>
/// <param name="Status">What follows them: need more bytes, or why the link has to close. Complete: the stage is full, more frames wait.</param>
/// <param name="KeepAlives">Frames of length zero that the link takes.</param>
/// <param name="Rejected">Messages of ours that the other side sent back under a reject header; nobody answers them.</param>
/// <param name="RejectCode">Code of the last of those.</param>
public readonly record struct Staged(
    int Frames, int Unanswerable, int ConsumedBytes, FrameStatus Status, int KeepAlives, int Rejected, int RejectCode);

/// <summary>
/// Decodes received bytes before any ring slot is claimed, so that nothing can fail between claim and publish.
/// One instance serves one thread at a time; PANs become tokens in one call per read and are wiped.
/// </summary>
/// <param name="tokens">Makes tokens; this instance's own.</param>
/// <param name="signedBytesMax">Longest message with a MAC; 0 where no link has one.</param>
public sealed class Intake(IPanTokens tokens, int signedBytesMax = 0)
{
    /// <summary>Frames staged at most at a time: a claim never asks for more.</summary>
    public const int FramesMax = 128;

    /// <summary>Longest message that a MAC can be over; a longer one is refused as one without.</summary>
    public const int SignedBytesMax = 2_048;

    private readonly Transaction[] _transactions = Transactions(signedBytesMax);
    private readonly ReplyDraft[] _drafts = new ReplyDraft[FramesMax];
    private readonly byte[] _replies = new byte[FramesMax * ReplyEncoder.ReplyBytesMax];
    private readonly int[] _panOf = new int[FramesMax];
    private readonly byte[] _panBlocks = new byte[FramesMax * PanBlock.Bytes];
    private readonly byte[] _panTokens = new byte[FramesMax * PanBlock.Bytes];
    private readonly byte[] _scratch = GC.AllocateArray<byte>(Decoder.MessageBytesMax, pinned: true);
    private readonly (int Field, uint Tag)[] _unknown = new (int Field, uint Tag)[FramesMax];
    private readonly AddressIntake _addresses = new(tokens);
    private int _unknownTags;
    private Dialect? _dialect;
    private FieldTable _fields;

    private static Transaction[] Transactions(int signedBytesMax)
    {
        var all = new Transaction[FramesMax];
        for (var index = 0; index < all.Length; index++) all[index] = Transaction.WithEvidence(signedBytesMax);
        return all;
    }

    /// <summary>Cuts, decodes and reads frames from <paramref name="received"/>.</summary>
    public Staged Stage(LinkProfile link, ReadOnlySpan<byte> received)
    {
        int frames = 0, unanswerable = 0, consumed = 0, pans = 0, keepAlives = 0, rejected = 0, rejectCode = -1;
        var status = FrameStatus.Complete;
        _unknownTags = 0;
        _dialect = link.Dialect;
        while (frames < FramesMax)
        {
            var rest = received[consumed..];
            status = link.Framing.TryTakeFrame(rest, out var frame);
            if (status == FrameStatus.KeepAlive && link.KeepAlives == KeepAlivePolicy.Refuse) status = FrameStatus.Malformed;
            if (status is not (FrameStatus.Complete or FrameStatus.KeepAlive)) break;
            consumed += frame.FrameBytes;
            if (status == FrameStatus.KeepAlive) keepAlives++;
            else if (frame.RejectCode >= 0) (rejected, rejectCode) = (rejected + 1, frame.RejectCode);
            else if (StageOne(link, in frame, rest, frames, ref pans)) frames++;
            else unanswerable++;
        }

        Tokenise(frames, pans);
        return new Staged(frames, unanswerable, consumed, status, keepAlives, rejected, rejectCode);
    }

    /// <summary>Moves staged frame <paramref name="index"/> into a claimed slot. Cannot fail.</summary>
    public void Fill(int index, Input slot)
    {
        ref var staged = ref _transactions[index];
        ref var target = ref slot.Transaction;
        target.Request = staged.Request;
        if ((staged.Request.Has & RequestHas.Names) != 0) target.Original = staged.Original;
        if ((staged.Request.Has & RequestHas.Fee) != 0) target.Charges = staged.Charges;
        target.Address = staged.Address;
        (target.IsVerified, target.IsShared) = (false, false);
        target.CopyEvidence(in staged);
        staged.Wipe();
        target.Decode = staged.Decode;
        target.NetworkCode = staged.NetworkCode;
        target.NetworkSays = staged.NetworkSays;
        target.DialectVersion = staged.DialectVersion;
        slot.SetReply(_drafts[index], _replies.AsSpan(index * ReplyEncoder.ReplyBytesMax, ReplyEncoder.ReplyBytesMax));
        slot.Dialect = _dialect;
        slot.Begin();
        slot.Kind = InputKind.Message;
    }

    private bool StageOne(LinkProfile link, in Frame frame, ReadOnlySpan<byte> bytes, int index, ref int pans)
    {
        var message = bytes.Slice(frame.MessageStart, frame.MessageBytes);
        ref var transaction = ref _transactions[index];
        transaction.Decode = Decoder.Decode(link.Dialect, message, ref _fields);
        if (!transaction.Decode.IsOk && (_fields.Mti == 0 || !_fields.Has(11))) return false;
        transaction.DialectVersion = link.Dialect.Version;
        var reader = new MessageReader(link.Dialect, message, in _fields);
        _drafts[index] = default;
        if (link.Dialect.AnswerMti(_fields.Mti) != 0)
        {
            var header = bytes.Slice(frame.HeaderStart, frame.HeaderBytes);
            _drafts[index] = ReplyEncoder.Draft(link, reader, header, _replies.AsSpan(index * ReplyEncoder.ReplyBytesMax, ReplyEncoder.ReplyBytesMax));
            if (_drafts[index].Bytes == 0) return false;
        }

        CountUnknownTags(link.Dialect, reader);
        var hasPan = RequestReader.Read(
            reader, link.Dialect, link.Terms.Acquirers[0], ref transaction, _panBlocks.AsSpan(pans * PanBlock.Bytes, PanBlock.Bytes));
        _panOf[index] = hasPan ? pans++ : -1;
        if (hasPan) _addresses.Take(index, reader, link.Dialect);
        if (link.IsVerified) EvidenceReader.Read(reader, link.Dialect, link.Terms.MacRequired, message, ref transaction);
        return true;
    }

    /// <summary>Tags that neither the dialect nor EMV knows, of the frames staged last: field and tag; a tag of 0 for parts that are broken.</summary>
    public ReadOnlySpan<(int Field, uint Tag)> UnknownTags => _unknown.AsSpan(0, _unknownTags);

    private void CountUnknownTags(Dialect dialect, in MessageReader message)
    {
        var fields = message.Present.And(dialect.WithParts);
        if (fields.IsEmpty) return;
        foreach (var field in fields)
        {
            var parts = message.Open(field, _scratch);
            while (parts.MoveNext())
            {
                if (!parts.IsListed && !(parts.Kind == CompositionKind.BerTlv && EmvTags.TryFind(parts.Key, out _))) AddUnknown(field, parts.Key);
            }

            if (!parts.IsOk) AddUnknown(field, 0);
            _scratch.AsSpan(0, Math.Min(_scratch.Length, message.Content(field).Length)).Clear();
        }
    }

    private void AddUnknown(int field, uint tag)
    {
        if (_unknownTags < _unknown.Length) _unknown[_unknownTags++] = (field, tag);
    }

    private void Tokenise(int frames, int pans)
    {
        if (pans > 0) tokens.Tokenise(_panBlocks, pans, _panTokens);
        for (var index = 0; index < frames; index++)
        {
            ref var transaction = ref _transactions[index];
            if (_panOf[index] >= 0)
            {
                transaction.Request.Pan = PanBlock.ReadToken(_panTokens.AsSpan(_panOf[index] * PanBlock.Bytes, PanBlock.Bytes));
            }

            RequestKeys.Seal(ref transaction.Request, ref transaction.Original, in transaction.Charges);
        }

        _addresses.Finish(_transactions);
        _panBlocks.AsSpan(0, pans * PanBlock.Bytes).Clear();
    }
}
