using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <content>Writing a state down, and becoming one that was written down.</content>
public sealed partial class SwitchState
{
    /// <summary>How an image of this state begins: how much of everything.</summary>
    public StateImage Image => new()
    {
        Sequence = Sequence,
        Epoch = _epoch,
        TokenKeyCheck = _tokenKeyCheck,
        Day = _day,
        PreviousDay = _previousDay,
        Cards = Cards.Count,
        Accounts = Accounts.Count,
        Holds = Holds.Count,
        HoldSlotsUsed = Holds.SlotsUsed,
        HoldFreeHead = Holds.FreeHead,
        Keys = Keys.Entries.Range,
        Tombstones = Tombstones.Entries.Range,
        Balances = new(Balances.Range),
        DayCounters = new(Velocity.Days.Range),
        SlidingCounters = new(Velocity.Slidings.Range),
        Receipts = new(Velocity.Receipts.Range),
        LatestMinute = Velocity.LatestMinute,
        Steps = new(Steps.Range),
        Charges = new(Charges.Range),
        ContraAccounts = Contra.Count,
        HasContra = _hasContra ? 1 : 0,
        MonthCounters = new(Velocity.Months.Range),
        LifeCounters = Velocity.Lives.Live,
        Acceptors = Registers.Acceptors.Count,
        Stops = Registers.Stops.Count,
        KeyNotes = Registers.KeyNotes.Count,
        ChipCounters = ChipCounters.Count,
        Devices = DeviceSerials.Count,
        TombstoneLinks = Tombstones.LinksSeen,
        Sessions = Sessions.Count,
    };

    /// <summary>Writes all tables, as many bytes as <see cref="StateImage.Bytes"/> says.</summary>
    public void WriteImage(ImageWriter image)
    {
        Accounts.Write(image);
        Cards.Write(image);
        Holds.Write(image);
        Keys.Entries.Write(image);
        Tombstones.Write(image);
        Sessions.Write(image);
        SealedPans.Write(image, Cards.Count);
        Balances.Write(image);
        Velocity.Write(image);
        Steps.Write(image);
        Charges.Write(image);
        Contra.Write(image);
        RateVersions.Write(image);
        Velocity.WriteLonger(image);
        Registers.Acceptors.Write(image);
        Registers.Stops.Write(image);
        Registers.KeyNotes.Write(image);
        ChipCounters.Write(image);
        DeviceSerials.Write(image);
        image.Flush();
    }

    /// <summary>Becomes the state that an image was made of. Only for a state to which nothing was applied yet.</summary>
    /// <exception cref="StopToProtectDataException">A table is too small for it: which, and what is needed.</exception>
    public void ReadImage(in StateImage head, ImageReader image)
    {
        Must.Hold(Sequence == 0 && head.Problem() is null);
        Accounts.Read(image, head.Accounts);
        Cards.Read(image, head.Cards);
        Holds.Read(image, head.Holds, head.HoldSlotsUsed, head.HoldFreeHead, head.HasLifeCycle);
        Keys.Entries.Read(image, head.Keys);
        Tombstones.Read(image, head.Tombstones, head.TombstoneLinks);
        Sessions.Read(image, head.Sessions);
        if (head.HasSealedPans) SealedPans.Read(image, head.Cards);
        if (head.HasLifeCycle)
        {
            Balances.Read(image, head.Balances.Whole);
            Velocity.Read(image, head.DayCounters.Whole, head.SlidingCounters.Whole, head.Receipts.Whole, head.LatestMinute, head.RuleBytes);
            Steps.Read(image, head.Steps.Whole);
            Charges.Read(image, head.Charges.Whole);
            Contra.Read(image, head.ContraAccounts);
            RateVersions.Read(image, RateSet.Bytes);
            _hasContra = head.HasContra != 0;
        }
        else
        {
            // All that moved before had one other side.
            for (var account = 0; account < head.Accounts; account++)
            {
                Contra.Add(ContraKind.Funding, default, Accounts[account].Currency, -Accounts[account].LedgerMinor);
            }
        }

        if (head.HasRegisters)
        {
            Velocity.ReadLonger(image, head.MonthCounters.Whole, new FifoRange { LiveFirst = 1, TodayFirst = 1, Next = 1L + head.LifeCounters });
            Registers.Acceptors.Read(image, head.Acceptors);
            Registers.Stops.Read(image, head.Stops);
            Registers.KeyNotes.Read(image, head.KeyNotes);
        }

        if (head.HasChipCounters) ChipCounters.Read(image, head.ChipCounters);
        if (head.HasDevices) DeviceSerials.Read(image, head.Devices);
        (Sequence, _epoch, _tokenKeyCheck, _previousDay, _day) = (head.Sequence, head.Epoch, head.TokenKeyCheck, head.PreviousDay, head.Day);
        if (_day != 0) NameDay();
    }
}
