using System.Globalization;
using System.Reflection;
using System.Text.Json;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Scripting;

/// <summary>
/// A grader given as C# text and compiled when it is made. <strong>It runs inside this process with all your rights</strong>: nothing
/// confines it, so use it only for code that you would compile into your application.
/// </summary>
/// <remarks>
/// <para>The source is one of: an expression of type double over <c>sample</c> and <c>item</c> (both <see cref="JsonElement"/>), such as
/// <c>sample.GetProperty("output_text").GetString() == item.GetProperty("answer").GetString() ? 1 : 0</c>; statements that return one;
/// members with a method <c>double Grade(JsonElement sample, JsonElement item)</c>, with a <see cref="CancellationToken"/> as third
/// parameter if wanted; or a file with one class that implements <see cref="IGrader"/> and has a constructor without parameters.</para>
/// <para><c>sample</c> and <c>item</c> are what templates and python graders see. An exception or a score outside [0, 1] is a
/// <see cref="GradeStatus.Failed"/> grade. Called from several threads at once, like every grader. Disposing unloads the code.</para>
/// </remarks>
public sealed class CSharpScriptGrader : IJsonGrader, IDisposable
{
    private readonly string _source;
    private readonly CSharpScriptGraderOptions _options;
    private ScriptLoadContext? _context;
    private int _stuck;
    private IGrader? _grader;
    private Func<JsonElement, JsonElement, CancellationToken, double>? _function;

    /// <summary>Compiles a grader.</summary>
    /// <param name="source">The C# source.</param>
    /// <param name="options">Name and time limit; null for the defaults.</param>
    /// <exception cref="ArgumentException"><paramref name="source"/> is empty.</exception>
    /// <exception cref="DataException">The source does not compile (every error is named with line and column) or holds no grader.</exception>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option is out of its range.</exception>
    public CSharpScriptGrader(string source, CSharpScriptGraderOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(source);
        _source = source;
        _options = options ?? new CSharpScriptGraderOptions();
        CSharpScriptGraderOptionsValidator.ThrowIfInvalid(_options);
        _context = new ScriptLoadContext();
        try
        {
            Assembly assembly = ScriptCompiler.Compile(source, Name, _context);
            if (assembly.GetType(ScriptSource.ClassName) is { } script)
            {
                _function = FindFunction(script);
            }
            else
            {
                _grader = MakeGrader(assembly);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Type => "csharp";

    /// <inheritdoc/>
    public string Name => _options.Name;

    /// <inheritdoc/>
    /// <value>Always empty: the code reads what it wants.</value>
    public IReadOnlyList<KeyValuePair<string, GraderTemplate>> Templates => [];

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, IGrader>> Parts => [];

    /// <inheritdoc/>
    public async ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(completion);
        ObjectDisposedException.ThrowIf(_context is null, this);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        // On another thread, so that a call that never returns costs a thread and not the run. Once calls hold on to theirs, the others no longer
        // queue for what the pool has left, or their wait would count against their own time.
        Task<Grade> call = Volatile.Read(ref _stuck) == 0
            ? Task.Run(async () => await RunAsync(problem, completion, limit.Token).ConfigureAwait(false), CancellationToken.None)
            : Task.Factory.StartNew(
                () => RunAsync(problem, completion, limit.Token).AsTask(), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        try
        {
            return await call.WaitAsync(_options.TimeLimit, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!call.IsCompleted)
        {
            await limit.CancelAsync().ConfigureAwait(false);
            Interlocked.Increment(ref _stuck);
            _ = call.ContinueWith(_ => Interlocked.Decrement(ref _stuck), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return Grade.Failed(string.Create(
                CultureInfo.InvariantCulture,
                $"The C# grader '{Name}' did not return within {_options.TimeLimit.TotalSeconds:0.###} s (CSharpScriptGraderOptions.TimeLimit); unless it heeds its cancellation token, its thread keeps running."));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception caught)
        {
            // What went wrong in a static field's initializer says more than that one did not return.
            Exception error = caught is TypeInitializationException { InnerException: { } inner } ? inner : caught;
            return Grade.Failed($"The C# grader '{Name}' threw {error.GetType().Name}{Place(error)}: {error.Message}", error);
        }
    }

    /// <inheritdoc/>
    public string? FindFault(Problem problem) => (_grader as IProblemRequirement)?.FindFault(problem);

    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("type", Type);
        writer.WriteString("name", Name);
        writer.WriteString("source", _source);
        writer.WriteEndObject();
    }

    /// <summary>Unloads the code, once the calls under way have returned.</summary>
    public void Dispose()
    {
        (_grader as IDisposable)?.Dispose();
        _grader = null;
        _function = null;
        _context?.Unload();
        _context = null;
    }

    private async ValueTask<Grade> RunAsync(Problem problem, Completion completion, CancellationToken cancellationToken)
    {
        if (_grader is { } grader)
        {
            return await grader.GradeAsync(problem, completion, cancellationToken).ConfigureAwait(false) ?? Grade.Failed($"The C# grader '{Name}' returned null instead of a Grade.");
        }

        Func<JsonElement, JsonElement, CancellationToken, double> function = _function ?? throw new ObjectDisposedException(nameof(CSharpScriptGrader));
        double score = function(GraderInput.SampleOf(completion), GraderInput.ItemOf(problem), cancellationToken);
        if (score is >= 0 and <= 1)
        {
            return new Grade(score + 0.0); // no negative zero
        }

        return _options.ClampScores && double.IsFinite(score)
            ? RawScore.ToGrade(score, string.Create(CultureInfo.InvariantCulture, $"The source returned {score}, cut to [0, 1]."))
            : Grade.Failed(string.Create(
                CultureInfo.InvariantCulture,
                $"The C# grader '{Name}' returned {score}, but a score lies between 0 and 1: scale it there in the source, or set CSharpScriptGraderOptions.ClampScores."));
    }

    private Func<JsonElement, JsonElement, CancellationToken, double> FindFunction(Type script)
    {
        const BindingFlags anywhere = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;
        foreach (MethodInfo method in script.GetMethods(anywhere).Where(method => method.Name == "Grade" && method.ReturnType == typeof(double)))
        {
            Type[] parameters = [.. method.GetParameters().Select(parameter => parameter.ParameterType)];
            object? target = method.IsStatic ? null : Create(script);
            if (parameters.SequenceEqual([typeof(JsonElement), typeof(JsonElement), typeof(CancellationToken)]))
            {
                return method.CreateDelegate<Func<JsonElement, JsonElement, CancellationToken, double>>(target);
            }

            if (parameters.SequenceEqual([typeof(JsonElement), typeof(JsonElement)]))
            {
                var function = method.CreateDelegate<Func<JsonElement, JsonElement, double>>(target);
                return (sample, item, _) => function(sample, item);
            }
        }

        throw NoGrader("it has no method double Grade(JsonElement sample, JsonElement item)");
    }

    private IGrader MakeGrader(Assembly assembly)
    {
        Type[] types = [.. assembly.GetTypes().Where(type => type is { IsClass: true, IsAbstract: false } && typeof(IGrader).IsAssignableFrom(type))];
        return types.Length switch
        {
            1 => (IGrader)Create(types[0]),
            0 => throw NoGrader("none of its classes implements IGrader"),
            _ => throw NoGrader($"{types.Length} of its classes implement IGrader ({string.Join(", ", types.Select(type => type.Name))}), and one must"),
        };
    }

    private object Create(Type type)
    {
        try
        {
            return Activator.CreateInstance(type, nonPublic: true)!;
        }
        catch (MissingMethodException)
        {
            throw NoGrader($"its class {type.Name} has no constructor without parameters");
        }
        catch (TargetInvocationException error)
        {
            throw new DataException($"The C# grader '{Name}' cannot be made: the constructor of {type.Name} threw {error.InnerException?.GetType().Name}: {error.InnerException?.Message}", error.InnerException);
        }
    }

    private DataException NoGrader(string why) => new(
        $"The C# source of '{Name}' is no grader: {why}. Write an expression of type double over sample and item, or statements that return one, or a method double Grade(JsonElement sample, JsonElement item), or one class that implements IGrader.");

    // " at grader.csx:line 3", from the stack trace.
    private static string Place(Exception error)
    {
        string trace = error.StackTrace ?? "";
        int start = trace.IndexOf(ScriptSource.FileName + ":", StringComparison.Ordinal);
        if (start < 0)
        {
            return "";
        }

        int end = trace.IndexOf('\n', start);
        return " at " + trace[start..(end < 0 ? trace.Length : end)].TrimEnd();
    }
}
