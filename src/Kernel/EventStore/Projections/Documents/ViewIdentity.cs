using System.Globalization;
using System.Linq.Expressions;
using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>How the id of a view is read: its public property <c>Id</c>, by a delegate that is compiled once.</summary>
internal static class ViewIdentity<TView, TKey> where TView : class where TKey : notnull
{
    private static readonly Func<TView, TKey>? Getter = Compile();

    public static TKey Of(TView view) => Getter!(view);

    /// <summary>A key as the database shows it.</summary>
    public static string Text(TKey key) => Convert.ToString(key, CultureInfo.InvariantCulture)!;

    public static void Check(string projection)
    {
        if (Getter is null)
        {
            throw new InvalidModelException(
                $"The projection '{projection}' makes {typeof(TView).FullName}, which has no readable property Id of type {typeof(TKey).Name}.");
        }

        if (typeof(TKey) != typeof(Guid) && typeof(TKey) != typeof(string) && typeof(TKey) != typeof(int) && typeof(TKey) != typeof(long))
        {
            throw new InvalidModelException($"The projection '{projection}' has keys of type {typeof(TKey).Name}; a key is a Guid, string, int or long.");
        }
    }

    private static Func<TView, TKey>? Compile()
    {
        var property = typeof(TView).GetProperty("Id");
        if (property is not { CanRead: true } || property.PropertyType != typeof(TKey))
        {
            return null;
        }

        var view = Expression.Parameter(typeof(TView));
        return Expression.Lambda<Func<TView, TKey>>(Expression.Property(view, property), view).Compile();
    }
}
