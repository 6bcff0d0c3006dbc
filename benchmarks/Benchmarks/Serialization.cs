using System.Text.Json;
using System.Text.Json.Serialization;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Monolith.EventSourcing;

namespace Monolith.Benchmarks;

/// <summary>
/// What does it cost to write an event as JSON and to read it, beside what a serializer takes that was generated for its type and knows no stored names, no
/// versions and no upcasters?
/// </summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class Serialization
{
    private const string Encode = "encode";
    private const string Decode = "decode";

    private readonly Moved moved = new(12.50m, "a movement of usual length", 1012.50m);
    private readonly StreamId stream = new("acme", "ledger", Guid.CreateVersion7());
    private byte[] json = null!;

    [GlobalSetup]
    public void Setup()
    {
        json = MonolithEncode();
        // They must do the same for their times to be compared.
        Benchmark.Expect(Convert.ToHexString(BareEncode()), Convert.ToHexString(json));
        Benchmark.Expect(moved, BareDecode());
        Benchmark.Expect(moved, MonolithDecode());
    }

    [BenchmarkCategory(Encode), Benchmark(Baseline = true, Description = "System.Text.Json, generated")]
    public byte[] BareEncode() => JsonSerializer.SerializeToUtf8Bytes(moved, LedgerJson.Default.Moved);

    [BenchmarkCategory(Encode), Benchmark(Description = "Monolith")]
    public byte[] MonolithEncode() => Benchmark.Model.Event(moved.GetType()).Serialize(moved);

    [BenchmarkCategory(Decode), Benchmark(Baseline = true, Description = "System.Text.Json, generated")]
    public Moved BareDecode() => JsonSerializer.Deserialize(json, LedgerJson.Default.Moved)!;

    [BenchmarkCategory(Decode), Benchmark(Description = "Monolith")]
    public Moved MonolithDecode() => (Moved)Benchmark.Model.Decode("ledger.moved", 1, json, stream, 2)[0];
}

/// <summary>Code for these types, made by the compiler.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Moved))]
internal sealed partial class LedgerJson : JsonSerializerContext;
