namespace SunnySwitch.Core.State;

/// <summary>Numbers of the hashed tables. Part of every state hash: never reused or renumbered; new data is a new table.</summary>
public enum StateTable : ushort
{
#pragma warning disable CS1591
    Cards = 1, Accounts = 2, Holds = 3, DuplicateKeys = 4, Tombstones = 5, Sessions = 6, BusinessDate = 7, Epoch = 8,
    SealedPans = 9, Balances = 10, Rules = 11, DayCounters = 12, SlidingCounters = 13, Receipts = 14, Steps = 15, ContraAccounts = 16, Rates = 17, Charges = 18,
    MonthCounters = 19, LifeCounters = 20, Acceptors = 21, Stops = 22, KeyNotes = 23, ChipCounters = 24, DeviceSerials = 25,
#pragma warning restore CS1591
}
