using ArchUnitNET.Loader;
using ArchUnitNET.xUnitV3;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace Monolith.Architecture.Tests;

public class DomainTests
{
    [Fact]
    public void A_domain_knows_neither_database_nor_documents_nor_web_nor_messages()
    {
        var architecture = new ArchLoader().LoadAssemblies([.. Repository.Modules]).Build();

        Types().That().ResideInNamespaceMatching(@"^Monolith\.[^.]+\.Domain")
            .Should().NotDependOnAny(Types(includeReferenced: true).That().ResideInNamespaceMatching(
                @"^(Npgsql|Marten|Wolverine|JasperFx|Weasel|FluentValidation|Microsoft\.AspNetCore|Microsoft\.Extensions|Monolith\.EventStore|Monolith\.Hosting|System\.Net|System\.IO|System\.Data)(\.|$)"))
            .Check(architecture);
    }
}
