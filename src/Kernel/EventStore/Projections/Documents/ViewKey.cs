namespace Monolith.EventStore.Projections;

/// <summary>Which view is meant: the same id in two tenants is two views.</summary>
/// <typeparam name="TKey">The type of the view's id.</typeparam>
/// <param name="TenantId">The tenant that owns the view.</param>
/// <param name="Id">Its id.</param>
public readonly record struct ViewKey<TKey>(string TenantId, TKey Id) where TKey : notnull;
