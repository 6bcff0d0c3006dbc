using Monolith.Accounts;
using Monolith.Host;
using Monolith.Hosting;
using Monolith.Users;
using Monolith.Webhooks;

return await StartUp.Report(args, async () =>
{
    var builder = CommandLine.CreateBuilder(args);
    await using var database = HostDatabase.Provide(builder, args);

    builder.AddTelemetry(args);
    builder.AddMonolith(
        typeof(Program).Assembly,
        new UsersModule(),
        new AccountsModule(),
        new WebhooksModule());
    builder.AddStartUp();

    await using var app = builder.Build();
    app.UseMonolith();
    app.MapTelemetry();
    app.MapApiPage();

    await database.Ready();
    return await app.RunMonolith(args);
});
