namespace SunnySwitch.Core.Domain;

/// <summary>The values of DE39 (1987) that the switch itself gives.</summary>
public static class ResponseCodes
{
#pragma warning disable CS1591
    public static ResponseCode Approved => ResponseCode.Of('0', '0');
    public static ResponseCode PickUp => ResponseCode.Of('0', '4');
    public static ResponseCode InvalidTransaction => ResponseCode.Of('1', '2');
    public static ResponseCode InvalidAmount => ResponseCode.Of('1', '3');
    public static ResponseCode InvalidCard => ResponseCode.Of('1', '4');
    public static ResponseCode OriginalNotFound => ResponseCode.Of('2', '5');
    public static ResponseCode FormatError => ResponseCode.Of('3', '0');
    public static ResponseCode SenderNotSupported => ResponseCode.Of('3', '1');
    public static ResponseCode LostCard => ResponseCode.Of('4', '1');
    public static ResponseCode StolenCard => ResponseCode.Of('4', '3');
    public static ResponseCode InsufficientFunds => ResponseCode.Of('5', '1');
    public static ResponseCode ExpiredCard => ResponseCode.Of('5', '4');
    public static ResponseCode RestrictedCard => ResponseCode.Of('6', '2');
    public static ResponseCode AmountOfOriginalWrong => ResponseCode.Of('6', '4');
    public static ResponseCode CardNotActive => ResponseCode.Of('7', '8');
    public static ResponseCode Duplicate => ResponseCode.Of('9', '4');
    public static ResponseCode SystemMalfunction => ResponseCode.Of('9', '6');
#pragma warning restore CS1591
}
