namespace Monolith.EventSourcing.Tests;

public class OperationContextTests
{
    private static readonly OperationContext Acme = new("acme", new() { UserId = "ada" });
    private static readonly OperationContext Globex = new("globex", EventMetadata.Empty);

    [Fact]
    public void Without_a_context_there_is_none_and_asking_for_it_is_a_bug()
    {
        Assert.Null(OperationContext.CurrentOrNull);
        Assert.Throws<InvalidOperationException>(() => OperationContext.Current);
    }

    [Fact]
    public void A_context_lasts_until_it_is_disposed_and_the_outer_one_returns()
    {
        using (Acme.Begin())
        {
            using (Globex.Begin())
            {
                Assert.Same(Globex, OperationContext.Current);
            }

            Assert.Same(Acme, OperationContext.Current);
        }

        Assert.Null(OperationContext.CurrentOrNull);
    }

    [Fact]
    public async Task A_context_flows_into_what_the_operation_awaits_and_starts()
    {
        using var _ = Acme.Begin();

        await Task.Yield();

        Assert.Same(Acme, OperationContext.Current);
        Assert.Same(Acme, await Task.Run(() => OperationContext.Current, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Operations_that_run_at_once_never_see_each_others_context()
    {
        using var bothBegan = new Barrier(2);

        var seen = await Task.WhenAll(SeenIn(Acme), SeenIn(Globex));

        Assert.Equal([Acme, Globex], seen);
        Assert.Null(OperationContext.CurrentOrNull);

        Task<OperationContext> SeenIn(OperationContext context) => Task.Factory.StartNew(
            () =>
            {
                using var _ = context.Begin();
                Assert.True(bothBegan.SignalAndWait(TimeSpan.FromSeconds(30)));
                return OperationContext.Current;
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    [Fact]
    public async Task A_context_begun_inside_a_called_operation_does_not_leak_to_its_caller()
    {
        await Begin();

        Assert.Null(OperationContext.CurrentOrNull);

        static async Task Begin()
        {
            Acme.Begin();
            await Task.Yield();
        }
    }
}
