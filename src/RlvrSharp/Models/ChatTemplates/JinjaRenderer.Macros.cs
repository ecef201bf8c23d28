namespace RlvrSharp.Models;

/// <summary>This part makes and calls macros.</summary>
internal sealed partial class JinjaRenderer
{
    private JinjaCallable MakeMacro(JinjaMacro macro, JinjaScope scope)
    {
        var attributes = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["name"] = macro.Name,
            ["arguments"] = new JinjaTuple([.. macro.Parameters.Select(parameter => parameter.Name)]),
            ["catch_kwargs"] = macro.Names.Contains("kwargs"),
            ["catch_varargs"] = macro.Names.Contains("varargs"),
            ["caller"] = macro.Names.Contains("caller"),
        };
        return new JinjaCallable(macro.Name, (_, arguments) => CallMacro(macro, scope, arguments), attributes);
    }

    private void CallWithBlock(JinjaCallBlock block, JinjaScope scope)
    {
        object? target = Evaluate(block.Call.Target, scope);
        JinjaArguments arguments = Arguments(block.Call.Arguments, scope);
        JinjaCallable caller = MakeMacro(block.Caller, scope);
        At(block.Call);
        Write(context.Str(context.Call(target, new JinjaArguments(arguments.Positional, [.. arguments.Named, new("caller", caller)]))));
    }

    private string CallMacro(JinjaMacro macro, JinjaScope outer, JinjaArguments arguments)
    {
        var scope = new JinjaScope(outer);
        var named = new Dictionary<string, object?>(arguments.Named, StringComparer.Ordinal);
        if (arguments.Positional.Count > macro.Parameters.Count && !macro.Names.Contains("varargs"))
        {
            throw new JinjaException($"the macro '{macro.Name}' takes at most {macro.Parameters.Count} arguments, not {arguments.Positional.Count}.");
        }

        for (int i = 0; i < macro.Parameters.Count; i++)
        {
            JinjaParameter parameter = macro.Parameters[i];
            if (i < arguments.Positional.Count)
            {
                if (named.ContainsKey(parameter.Name))
                {
                    throw new JinjaException($"the macro '{macro.Name}' is given its argument '{parameter.Name}' twice.");
                }

                scope.Set(parameter.Name, arguments.Positional[i]);
            }
            else if (named.Remove(parameter.Name, out object? value))
            {
                scope.Set(parameter.Name, value);
            }
            else
            {
                scope.Set(parameter.Name, parameter.Default is null
                    ? new JinjaUndefined($"the argument '{parameter.Name}' of the macro '{macro.Name}' was not given")
                    : Evaluate(parameter.Default, scope));
            }
        }

        AddSpecial(macro, scope, arguments, named);
        budget.Enter();
        string text = Capture(macro.Body, scope);
        budget.Leave();
        return text;
    }

    // What a macro gets only if it names it: caller, varargs, kwargs.
    private static void AddSpecial(JinjaMacro macro, JinjaScope scope, JinjaArguments arguments, Dictionary<string, object?> named)
    {
        if (macro.Names.Contains("caller") && macro.Name != "caller")
        {
            scope.Set("caller", named.Remove("caller", out object? caller) ? caller : new JinjaUndefined($"the macro '{macro.Name}' was called without a caller"));
        }

        if (macro.Names.Contains("varargs"))
        {
            scope.Set("varargs", new JinjaTuple([.. arguments.Positional.Skip(macro.Parameters.Count)]));
        }

        if (macro.Names.Contains("kwargs"))
        {
            var rest = new JinjaDict();
            foreach (KeyValuePair<string, object?> pair in arguments.Named.Where(pair => named.ContainsKey(pair.Key)))
            {
                rest.Set(pair.Key, pair.Value);
            }

            scope.Set("kwargs", rest);
        }
        else if (named.Count > 0)
        {
            throw new JinjaException($"the macro '{macro.Name}' has no argument '{named.Keys.Order(StringComparer.Ordinal).First()}'.");
        }
    }
}
