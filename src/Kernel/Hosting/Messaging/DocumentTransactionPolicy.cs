using JasperFx;
using JasperFx.CodeGeneration;
using Marten;
using Wolverine.Attributes;
using Wolverine.Configuration;
using Wolverine.Runtime.Handlers;

namespace Monolith.Hosting;

/// <summary>
/// Stores the documents of a handler that takes an <see cref="IDocumentSession"/> when it has returned, in one transaction with the mark that its message is
/// handled. Wolverine's own policy would do the same to handlers that only read.
/// </summary>
internal sealed class DocumentTransactionPolicy : IHandlerPolicy
{
    public void Apply(IReadOnlyList<HandlerChain> chains, GenerationRules rules, IServiceContainer container)
    {
        foreach (var chain in chains)
        {
            if (chain.Handlers.Any(handler => handler.Method.GetParameters().Any(parameter => parameter.ParameterType == typeof(IDocumentSession))))
            {
                new TransactionalAttribute().Modify(chain, rules, container);
            }
        }
    }
}
