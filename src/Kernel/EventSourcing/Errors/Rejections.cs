namespace Monolith.EventSourcing;

/// <summary>Why a business rule refuses a command.</summary>
/// <param name="Code">A stable name in lower_snake_case, for programs.</param>
/// <param name="Message">A sentence for people, without personal data.</param>
public sealed record Rejection(string Code, string Message);

/// <summary>A business rule refused the command; nothing was stored. The same command will be refused again until the state changes.</summary>
public class RejectedException : EventSourcingException
{
    /// <summary>A refusal for the reason given.</summary>
    public RejectedException(Rejection rejection, Exception? innerException = null)
        : base((rejection ?? throw new ArgumentNullException(nameof(rejection))).Code, rejection.Message, innerException) => Rejection = rejection;

    /// <summary>The reason.</summary>
    public Rejection Rejection { get; }
}

/// <summary>A claim is held by another aggregate of the tenant. The code is <c>{name}_taken</c>.</summary>
public sealed class ClaimTakenException(Claim claim, Exception? innerException = null)
    : RejectedException(new($"{claim.Name}_taken", $"This {claim.Name.Replace('_', ' ')} is already taken."), innerException)
{
    /// <summary>The claim that is taken. Its value may be personal data: keep it out of logs.</summary>
    public Claim Claim { get; } = claim;
}
