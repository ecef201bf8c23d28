using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders;

/// <summary>Turns a class or record into declared fields.</summary>
[RequiresUnreferencedCode("Reads the properties of the type and of the types of its properties.")]
internal sealed class TypeFields(JsonNamingPolicy? naming)
{
    private readonly StructuredFieldGraderOptions options = new();
    private readonly List<string> problems = [];

    public static StructuredFieldGraderOptions Read(Type type, JsonNamingPolicy? naming)
    {
        var reader = new TypeFields(naming);
        if (!IsRecordLike(type))
        {
            throw new ArgumentException($"{type.Name} has no properties to grade, and the answer must be an object: give a class or record whose properties are the fields.");
        }

        reader.ReadProperties(type, "", new Stack<Type>([type]));
        return reader.problems.Count == 0
            ? reader.options
            : throw new ArgumentException($"{type.Name} cannot be graded by: {string.Join(" ", reader.problems)}");
    }

    private void ReadProperties(Type type, string path, Stack<Type> enclosing)
    {
        foreach (PropertyInfo property in Properties(type))
        {
            GradedFieldAttribute attribute = AttributeOf(type, property);
            string name = attribute.Name ?? property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? naming?.ConvertName(property.Name) ?? property.Name;
            string own = FieldPath.Join(path, name);
            if (attribute.Ignore || property.GetCustomAttribute<JsonIgnoreAttribute>() is { Condition: JsonIgnoreCondition.Always })
            {
                if (path.Length == 0)
                {
                    options.Ignored.Add(name);
                }
                else
                {
                    problems.Add($"'{own}' is to be ignored, which works at the top level only: leave the property out instead.");
                }

                continue;
            }

            ReadField(property, attribute, own, enclosing);
        }
    }

    private void ReadField(PropertyInfo property, GradedFieldAttribute attribute, string path, Stack<Type> enclosing)
    {
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        FieldListMode mode = attribute.List;
        if (ElementOf(type) is { } element)
        {
            bool isSet = type.GetInterfaces().Append(type).Any(face => face.IsGenericType
                && (face.GetGenericTypeDefinition() == typeof(ISet<>) || face.GetGenericTypeDefinition() == typeof(IReadOnlySet<>)));
            mode = isSet && mode == FieldListMode.Multiset ? FieldListMode.Set : mode;
            type = Nullable.GetUnderlyingType(element) ?? element;
        }

        FieldComparer? comparer = attribute.Comparer is null ? ComparerOf(type, attribute) : Named(attribute, path);
        options.Fields.Add(new FieldOptions
        {
            Path = path,
            Comparer = comparer,
            Weight = attribute.Weight,
            Beta = attribute.Beta < 0 ? null : attribute.Beta,
            Gate = attribute.Gate,
            WrongPenalty = attribute.WrongPenalty < 0 ? null : attribute.WrongPenalty,
            NullIsValue = attribute.NullIsValue,
            Required = attribute.Required,
            List = mode,
            BestOf = attribute.BestOf,
            Keys = attribute.Keys,
        });

        // A type within itself has no end; what lies deeper is inferred.
        if (comparer is null && IsRecordLike(type) && !enclosing.Contains(type))
        {
            enclosing.Push(type);
            ReadProperties(type, path, enclosing);
            enclosing.Pop();
        }
    }

    private FieldComparer? Named(GradedFieldAttribute attribute, string path)
    {
        switch (attribute.Comparer)
        {
            case "inferred":
                return null;
            case "exact":
                return FieldComparer.Exact();
            case "text":
                return FieldComparer.Text();
            case "number":
                return FieldComparer.Number(attribute.Tolerance, attribute.Relative, attribute.AcceptText);
            case "integer":
                return FieldComparer.Integer(attribute.AcceptText);
            case "id":
                return FieldComparer.Id();
            case "enum":
                return FieldComparer.Enum(attribute.Values);
            case "boolean":
                return FieldComparer.Boolean(attribute.AcceptText);
            case "date":
                return FieldComparer.Date(attribute.Formats);
            case "date_time":
                return FieldComparer.DateTime(attribute.Formats);
            case "duration":
                return FieldComparer.Duration();
            case "money":
                return FieldComparer.Money(attribute.Tolerance);
            case "url":
                return FieldComparer.Url();
            case "phone":
                return FieldComparer.Phone();
            case "regex" when attribute.Values is [var pattern]:
                return FieldComparer.Regex(pattern);
            case "regex":
                problems.Add($"'{path}' is compared by 'regex', which needs its pattern as the one entry of Values.");
                return null;
            case "regex_reference":
                return FieldComparer.ReferenceRegex();
            case "similarity":
                return FieldComparer.Similarity(attribute.Threshold);
            case "one_of":
                return FieldComparer.OneOf();
            default:
                problems.Add($"'{path}' names the comparer '{attribute.Comparer}', which does not exist: {NearestName.Hint(attribute.Comparer!, ComparerJson.Types)}");
                return null;
        }
    }

    private static FieldComparer? ComparerOf(Type type, GradedFieldAttribute attribute)
    {
        if (type.IsEnum)
        {
            return FieldComparer.Enum([.. type.GetFields(BindingFlags.Public | BindingFlags.Static)
                .Select(field => field.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? field.Name)]);
        }

        if (type == typeof(string) || type == typeof(char) || type == typeof(Guid))
        {
            return attribute.Values.Length > 0 ? FieldComparer.Enum(attribute.Values) : FieldComparer.Text();
        }

        if (type == typeof(int) || type == typeof(long) || type == typeof(short) || type == typeof(byte) || type == typeof(uint)
            || type == typeof(ulong) || type == typeof(ushort) || type == typeof(sbyte) || type == typeof(BigInteger))
        {
            return attribute is { Tolerance: 0, Relative: 0 } ? FieldComparer.Integer(attribute.AcceptText) : FieldComparer.Number(attribute.Tolerance, attribute.Relative, attribute.AcceptText);
        }

        return type == typeof(double) || type == typeof(float) || type == typeof(decimal) ? FieldComparer.Number(attribute.Tolerance, attribute.Relative, attribute.AcceptText)
            : type == typeof(bool) ? FieldComparer.Boolean(attribute.AcceptText)
            : type == typeof(DateOnly) ? FieldComparer.Date(attribute.Formats)
            : type == typeof(DateTime) || type == typeof(DateTimeOffset) ? FieldComparer.DateTime(attribute.Formats)
            : type == typeof(TimeSpan) ? FieldComparer.Duration()
            : type == typeof(Uri) ? FieldComparer.Url()
            : null;
    }

    private static IEnumerable<PropertyInfo> Properties(Type type) => type
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.GetMethod is { IsPublic: true } && property.GetIndexParameters().Length == 0)
        .OrderBy(property => property.MetadataToken);

    /// <summary>The attribute of the property or, in a record, of the parameter that made it.</summary>
    private static GradedFieldAttribute AttributeOf(Type type, PropertyInfo property) =>
        property.GetCustomAttribute<GradedFieldAttribute>()
        ?? type.GetConstructors()
            .SelectMany(constructor => constructor.GetParameters())
            .Where(parameter => string.Equals(parameter.Name, property.Name, StringComparison.Ordinal))
            .Select(parameter => parameter.GetCustomAttribute<GradedFieldAttribute>())
            .FirstOrDefault(attribute => attribute is not null)
        ?? new GradedFieldAttribute();

    private static Type? ElementOf(Type type)
    {
        if (type == typeof(string) || typeof(IDictionary).IsAssignableFrom(type) || IsDictionary(type))
        {
            return null;
        }

        return type.IsArray
            ? type.GetElementType()
            : type.GetInterfaces().Append(type)
                .FirstOrDefault(face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0];
    }

    private static bool IsDictionary(Type type) => type.GetInterfaces().Append(type).Any(face => face.IsGenericType
        && (face.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>) || face.GetGenericTypeDefinition() == typeof(IDictionary<,>)));

    private static bool IsRecordLike(Type type) =>
        !type.IsPrimitive && !type.IsEnum && type != typeof(string) && type != typeof(object) && type != typeof(decimal) && ElementOf(type) is null && !IsDictionary(type)
        && type.Namespace?.StartsWith("System", StringComparison.Ordinal) != true && Properties(type).Any();
}
