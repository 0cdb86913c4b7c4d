using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Stages;

/// <summary>0800 by DE70: 001 sign-on, 002 sign-off, 301 or absent echo. Gives 00, else 12. Signing on twice is fine.</summary>
internal readonly struct Network : IStage
{
    private const ushort SignOn = 1;
    private const ushort SignOff = 2;
    private const ushort Echo = 301;

    public StageResult Run(ref Transaction transaction, Instant now)
    {
        var code = (transaction.Request.Has & RequestHas.NetworkCode) != 0 ? transaction.NetworkCode : Echo;
        switch (code)
        {
            case Echo:
                return transaction.Refuse(InternalResult.Approved);
            case SignOn or SignOff:
                transaction.Verdict = Verdict.SessionChange;
                transaction.Decided.Code = ResponseCode.Approved;
                transaction.Decided.Result = InternalResult.Approved;
                transaction.Session = new SessionChanged
                {
                    Connection = transaction.Connection,
                    Generation = transaction.Generation,
                    Link = transaction.Decided.Link,
                    State = code == SignOn ? SessionState.SignedOn : SessionState.SignedOff,
                };
                return StageResult.Answer;
            default:
                return transaction.Refuse(InternalResult.UnknownNetworkCode);
        }
    }
}
