using FluentValidation;
using JasperFx;
using JasperFx.CodeGeneration;
using JasperFx.CodeGeneration.Frames;
using Wolverine.Configuration;
using Wolverine.Runtime.Handlers;

namespace Monolith.Hosting;

/// <summary>Puts a message's validators before its handler. A message without validator is not checked.</summary>
internal sealed class ValidationPolicy : IHandlerPolicy
{
    public void Apply(IReadOnlyList<HandlerChain> chains, GenerationRules rules, IServiceContainer container)
    {
        foreach (var chain in chains)
        {
            var validator = typeof(IValidator<>).MakeGenericType(chain.MessageType);
            if (container.RegistrationsFor(validator).Any())
            {
                var check = typeof(Validation).GetMethod(nameof(Validation.Check))!.MakeGenericMethod(chain.MessageType);
                chain.Middleware.Add(new MethodCall(typeof(Validation), check));
            }
        }
    }
}

/// <summary>Checks messages before they are handled. Called by generated code.</summary>
public static class Validation
{
    /// <summary>Returns when the message is valid.</summary>
    /// <exception cref="ValidationException">It is not. Answered with 400 and the messages by field.</exception>
    public static async Task Check<TMessage>(IValidator<TMessage> validator, TMessage message, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(validator);
        var result = await validator.ValidateAsync(message, ct);
        if (!result.IsValid)
        {
            throw new ValidationException(result.Errors);
        }
    }
}
