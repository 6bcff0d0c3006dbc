using Monolith.Host;
using Monolith.Hosting;

var builder = WebApplication.CreateBuilder(args);
await using var database = await HostDatabase.Provide(builder, args);

builder.AddMonolith(typeof(Program).Assembly);
builder.AddTelemetry();
builder.AddStartUp();

var app = builder.Build();
app.UseMonolith();
app.MapTelemetry();
app.MapApiPage();

return await app.RunMonolith(args);
