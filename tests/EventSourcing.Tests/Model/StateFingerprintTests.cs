namespace Monolith.EventSourcing.Tests.Model;

public class StateFingerprintTests
{
    private static readonly string Basis = Of<State>();

    [Fact]
    public void It_is_16_hexadecimal_digits() => Assert.Matches("^[0-9a-f]{16}$", Basis);

    [Fact]
    public void The_same_shape_has_the_same_fingerprint_whatever_its_name() => Assert.Equal(Basis, Of<SameShape>());

    [Fact]
    public void A_computed_member_is_no_part_of_the_shape() => Assert.Equal(Basis, Of<WithComputed>());

    [Fact]
    public void Another_shape_has_another_fingerprint()
    {
        string[] others = [Of<WithMore>(), Of<WithLess>(), Of<Renamed>(), Of<Retyped>(), Of<OtherEnum>(), Of<OtherItem>()];

        Assert.Equal(others.Length + 1, others.Append(Basis).Distinct().Count());
    }

    private static string Of<TState>() where TState : class, IState<TState>
    {
        var aggregate = Declared.Aggregate("sample", parent: typeof(Aggregate<TState>));
        return new DomainModelBuilder().AddAggregate(aggregate).Build().Aggregate("sample").StateFingerprint;
    }

    public enum Phase
    {
        Open,
        Closed,
    }

    public enum LongerPhase
    {
        Open,
        Closed,
        Archived,
    }

    public sealed record Item(string Name);

    public sealed record PricedItem(string Name, decimal Price);

    public sealed record State(int Count, string? Name, Phase Phase, IReadOnlyList<Item> Items) : IState<State>
    {
        public static State Initial { get; } = new(0, null, Phase.Open, []);

        public State Apply(object @event) => this;
    }

    public sealed record SameShape(int Count, string? Name, Phase Phase, IReadOnlyList<Item> Items) : IState<SameShape>
    {
        public static SameShape Initial { get; } = new(0, null, Phase.Open, []);

        public SameShape Apply(object @event) => this;
    }

    public sealed record WithComputed(int Count, string? Name, Phase Phase, IReadOnlyList<Item> Items) : IState<WithComputed>, IClaimant
    {
        public static WithComputed Initial { get; } = new(0, null, Phase.Open, []);

        public IEnumerable<Claim> Claims => Name is null ? [] : [new("name", Name)];

        public WithComputed Apply(object @event) => this;
    }

    public sealed record WithMore(int Count, string? Name, Phase Phase, IReadOnlyList<Item> Items, bool More = false) : IState<WithMore>
    {
        public static WithMore Initial { get; } = new(0, null, Phase.Open, []);

        public WithMore Apply(object @event) => this;
    }

    public sealed record WithLess(int Count, string? Name, Phase Phase) : IState<WithLess>
    {
        public static WithLess Initial { get; } = new(0, null, Phase.Open);

        public WithLess Apply(object @event) => this;
    }

    public sealed record Renamed(int Number, string? Name, Phase Phase, IReadOnlyList<Item> Items) : IState<Renamed>
    {
        public static Renamed Initial { get; } = new(0, null, Phase.Open, []);

        public Renamed Apply(object @event) => this;
    }

    public sealed record Retyped(string Count, string? Name, Phase Phase, IReadOnlyList<Item> Items) : IState<Retyped>
    {
        public static Retyped Initial { get; } = new("", null, Phase.Open, []);

        public Retyped Apply(object @event) => this;
    }

    public sealed record OtherEnum(int Count, string? Name, LongerPhase Phase, IReadOnlyList<Item> Items) : IState<OtherEnum>
    {
        public static OtherEnum Initial { get; } = new(0, null, LongerPhase.Open, []);

        public OtherEnum Apply(object @event) => this;
    }

    public sealed record OtherItem(int Count, string? Name, Phase Phase, IReadOnlyList<PricedItem> Items) : IState<OtherItem>
    {
        public static OtherItem Initial { get; } = new(0, null, Phase.Open, []);

        public OtherItem Apply(object @event) => this;
    }
}
