using System.Linq.Expressions;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace Monolith.EventSourcing;

/// <summary>A registered aggregate type: its stored name, its state and its snapshots. All reflection happens once, at registration.</summary>
public abstract class AggregateDefinition
{
    private readonly Func<Guid, Aggregate> create;

    private protected AggregateDefinition(Type clrType, Type stateType, AggregateTypeAttribute declared)
    {
        ClrType = clrType;
        StateType = stateType;
        Name = declared.Name;
        SnapshotEvery = declared.SnapshotEvery;
        SnapshotAfterBytes = declared.SnapshotAfterBytes;
        SnapshotsKept = declared.SnapshotsKept;
        SnapshotKeptEvery = declared.SnapshotKeptEvery;
        SnapshotSchema = declared.SnapshotSchema;
        Cache = declared.Cache;
        IndexData = declared.IndexData;
        create = Constructor(clrType);
        StateJson = EventJson.ContractOf(stateType);
        StateFingerprint = Fingerprint(StateJson);
    }

    /// <summary>The class.</summary>
    public Type ClrType { get; }

    /// <summary>The class of its state.</summary>
    public Type StateType { get; }

    /// <summary>The stored name.</summary>
    public string Name { get; }

    /// <summary>A snapshot at every multiple of this version; 0 for none.</summary>
    public int SnapshotEvery { get; }

    /// <summary>A snapshot also where the event data since the last one reaches so many bytes; 0 for no such limit.</summary>
    public int SnapshotAfterBytes { get; }

    /// <summary>Whether there are snapshots at all.</summary>
    public bool HasSnapshots => SnapshotEvery > 0 || SnapshotAfterBytes > 0;

    /// <summary>How many of the newest snapshots are kept; 0 for all, or for the very newest where <see cref="SnapshotKeptEvery"/> says which others are.</summary>
    public int SnapshotsKept { get; }

    /// <summary>Of the older ones, the last of each so many events is kept; 0 for none of them.</summary>
    public int SnapshotKeptEvery { get; }

    /// <summary>The hand-set number of the state's meaning.</summary>
    public int SnapshotSchema { get; }

    /// <summary>Whether states are kept in memory.</summary>
    public bool Cache { get; }

    /// <summary>Whether event data is indexed for containment search.</summary>
    public bool IndexData { get; }

    /// <summary>A digest of the shape of the state, so that a snapshot of another shape is recognised. 16 hexadecimal digits.</summary>
    public string StateFingerprint { get; }

    /// <summary>The state before the first event.</summary>
    public abstract object InitialState { get; }

    private protected JsonTypeInfo StateJson { get; }

    /// <summary>The state after one more event.</summary>
    public abstract object Apply(object state, object @event);

    /// <summary>The state as UTF-8 JSON.</summary>
    public byte[] SerializeState(object state) => JsonSerializer.SerializeToUtf8Bytes(state, StateJson);

    /// <summary>The state from UTF-8 JSON.</summary>
    /// <exception cref="JsonException">The JSON does not fit the state.</exception>
    public object DeserializeState(ReadOnlySpan<byte> data) =>
        JsonSerializer.Deserialize(data, StateJson) ?? throw new JsonException($"The state of '{Name}' is null.");

    /// <summary>An aggregate in a state that was read: a snapshot, or a fold made elsewhere.</summary>
    /// <param name="id">The aggregate's id.</param>
    /// <param name="state">Its state, of <see cref="StateType"/>.</param>
    /// <param name="version">The version of the last event in the state; 0 for none.</param>
    public abstract Aggregate Restore(Guid id, object state, long version);

    internal Aggregate Create(Guid id) => create(id);

    internal static AggregateDefinition Of(Type clrType, AggregateTypeAttribute declared)
    {
        var stateType = StateOf(clrType)
            ?? throw new InvalidModelException($"{clrType.FullName} is declared as an aggregate but does not derive from Aggregate<TState>.");
        return (AggregateDefinition)Activator.CreateInstance(
            typeof(AggregateDefinition<>).MakeGenericType(stateType),
            BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.DoNotWrapExceptions,
            binder: null,
            [clrType, declared],
            culture: null)!;
    }

    private static Type? StateOf(Type clrType)
    {
        for (var type = clrType.BaseType; type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Aggregate<>))
            {
                return type.GetGenericArguments()[0];
            }
        }

        return null;
    }

    private static Func<Guid, Aggregate> Constructor(Type clrType)
    {
        if (clrType.IsAbstract || clrType.ContainsGenericParameters)
        {
            throw new InvalidModelException($"{clrType.FullName} is declared as an aggregate but cannot be made: it is abstract or generic.");
        }

        var constructor = clrType.GetConstructor(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, [typeof(Guid)])
            ?? throw new InvalidModelException($"{clrType.FullName} needs a constructor that takes its id: (Guid id).");
        var id = Expression.Parameter(typeof(Guid), "id");
        return Expression.Lambda<Func<Guid, Aggregate>>(Expression.New(constructor, id), id).Compile();
    }

    private static string Fingerprint(JsonTypeInfo state)
    {
        var shape = state.GetJsonSchemaAsNode().ToJsonString();
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(shape)).AsSpan(0, 8));
    }
}

internal sealed class AggregateDefinition<TState> : AggregateDefinition where TState : class, IState<TState>
{
    internal AggregateDefinition(Type clrType, AggregateTypeAttribute declared) : base(clrType, typeof(TState), declared)
    {
    }

    public override object InitialState => TState.Initial;

    public override object Apply(object state, object @event) => ((TState)state).Apply(@event);

    public override Aggregate Restore(Guid id, object state, long version)
    {
        var aggregate = (Aggregate<TState>)Create(id);
        aggregate.Restore((TState)state, version);
        return aggregate;
    }
}
