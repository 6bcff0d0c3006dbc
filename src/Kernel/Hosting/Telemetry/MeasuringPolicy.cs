using System.Collections.Concurrent;
using JasperFx;
using JasperFx.CodeGeneration;
using JasperFx.CodeGeneration.Frames;
using JasperFx.CodeGeneration.Model;
using Wolverine.Configuration;
using Wolverine.Runtime.Handlers;

namespace Monolith.Hosting;

/// <summary>Puts <see cref="OperationMetrics"/> around the handlers of modules, validation included.</summary>
internal sealed class MeasuringPolicy(ModuleSet modules, ConcurrentDictionary<string, string> operations) : IHandlerPolicy
{
    public void Apply(IReadOnlyList<HandlerChain> chains, GenerationRules rules, IServiceContainer container)
    {
        foreach (var chain in chains)
        {
            if (chain.Handlers.Count > 0 && modules.Of(chain.Handlers[0].HandlerType) is { } module)
            {
                operations.TryAdd(chain.MessageType.Name, module.Name);
                chain.Middleware.Insert(0, new Measured(chain.MessageType.Name, module.Name));
            }
        }
    }

    private sealed class Measured(string operation, string module) : AsyncFrame
    {
        private Variable? metrics;

        public override IEnumerable<Variable> FindVariables(IMethodVariables chain)
        {
            yield return metrics = chain.FindVariable(typeof(OperationMetrics));
        }

        public override void GenerateCode(GeneratedMethod method, ISourceWriter writer)
        {
            writer.Write($"var started = {typeof(OperationMetrics).FullName}.{nameof(OperationMetrics.Begin)}();");
            writer.Write("BLOCK:try");
            Next?.GenerateCode(method, writer);
            writer.FinishBlock();
            writer.Write("BLOCK:catch (System.Exception failure)");
            writer.Write($"{metrics!.Usage}.{nameof(OperationMetrics.Failed)}(\"{operation}\", \"{module}\", failure);");
            writer.Write("throw;");
            writer.FinishBlock();
            writer.Write("BLOCK:finally");
            writer.Write($"{metrics.Usage}.{nameof(OperationMetrics.End)}(\"{operation}\", \"{module}\", started);");
            writer.FinishBlock();
        }
    }
}
