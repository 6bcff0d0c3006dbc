namespace Monolith.Testing;

/// <summary>How a database looks before a test begins, built once in a test process and then copied.</summary>
/// <param name="Key">What the template is told by: two with the same key are the same template.</param>
/// <param name="Build">
/// Fills an empty database, given its connection string. Connections that are still open at its end are terminated, so pools should be disposed.
/// </param>
public sealed record DatabaseTemplate(string Key, Func<string, Task> Build);
