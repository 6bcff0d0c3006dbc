namespace Monolith.Testing.Conformance;

/// <summary>A server that nothing was ever stored on.</summary>
internal sealed class FreshServer : IAsyncDisposable
{
    private readonly OwnServer server = new();

    /// <summary>Starts it.</summary>
    /// <returns>The connection string to an empty database.</returns>
    public async Task<string> Start(CancellationToken ct)
    {
        await server.InitializeAsync();
        return await server.NewDatabase(ct);
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();
}
