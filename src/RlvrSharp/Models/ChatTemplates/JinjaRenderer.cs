using System.Text;

namespace RlvrSharp.Models;

/// <summary>Runs a template: this part runs statements.</summary>
internal sealed partial class JinjaRenderer
{
    private readonly JinjaContext context;
    private readonly JinjaBudget budget;
    private StringBuilder output = new();
    private (int Line, int Column) place = (1, 1);

    private JinjaRenderer(JinjaContext context)
    {
        this.context = context;
        budget = context.Budget;
    }

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    /// <summary>Runs a template.</summary>
    /// <param name="template">The tree.</param>
    /// <param name="variables">What the template is given.</param>
    /// <param name="now">The time that <c>strftime_now</c> tells.</param>
    /// <param name="maxSteps">How much work it may do.</param>
    /// <param name="maxText">How long a text may get.</param>
    /// <returns>The text.</returns>
    /// <exception cref="JinjaException">With the place where it happened.</exception>
    public static string Render(
        IReadOnlyList<JinjaStatement> template, IEnumerable<KeyValuePair<string, object?>> variables, DateTimeOffset now, long maxSteps, int maxText)
    {
        var context = new JinjaContext(new JinjaBudget(maxSteps, maxText), now);
        var renderer = new JinjaRenderer(context);
        var globals = new JinjaScope(null);
        foreach (KeyValuePair<string, object?> pair in JinjaGlobals.All.Concat(variables))
        {
            globals.Set(pair.Key, pair.Value);
        }

        try
        {
            renderer.Run(template, new JinjaScope(globals));
            return renderer.output.ToString();
        }
        catch (JinjaException exception) when (exception.Line == 0)
        {
            throw new JinjaException(exception.Message, renderer.place.Line, renderer.place.Column, exception.Fault);
        }
    }

    private Flow Run(IReadOnlyList<JinjaStatement> body, JinjaScope scope)
    {
        foreach (JinjaStatement statement in body)
        {
            budget.Enter();
            Flow flow = Run(statement, scope);
            budget.Leave();
            if (flow != Flow.Next)
            {
                return flow;
            }
        }

        return Flow.Next;
    }

    private Flow Run(JinjaStatement statement, JinjaScope scope)
    {
        switch (statement)
        {
            case JinjaData data:
                place = (data.Line, data.Column);
                Write(data.Text);
                return Flow.Next;
            case JinjaOutput print:
                object? value = Evaluate(print.Value, scope);
                At(print.Value);
                Write(context.Str(value));
                return Flow.Next;
            case JinjaIf choice:
                foreach ((JinjaExpression condition, IReadOnlyList<JinjaStatement> body) in choice.Branches)
                {
                    if (JinjaOps.IsTrue(Evaluate(condition, scope)))
                    {
                        return Run(body, scope);
                    }
                }

                return Run(choice.Else, scope);
            case JinjaFor loop:
                object? items = Evaluate(loop.Items, scope);
                At(loop.Items);
                return RunLoop(loop, items, scope, 0);
            case JinjaBreak stop:
                return stop.IsContinue ? Flow.Continue : Flow.Break;
            case JinjaSet set:
                Assign(set.Target, Evaluate(set.Value, scope), scope);
                return Flow.Next;
            case JinjaSetBlock set:
                string text = Capture(set.Body, new JinjaScope(scope));
                Assign(set.Target, set.Filter is null ? text : Filter((JinjaFilterCall)set.Filter, scope, text), scope);
                return Flow.Next;
            case JinjaFilterBlock block:
                text = Capture(block.Body, new JinjaScope(scope));
                Write(context.Str(Filter((JinjaFilterCall)block.Filter, scope, text)));
                return Flow.Next;
            case JinjaMacro macro:
                scope.Set(macro.Name, MakeMacro(macro, scope));
                return Flow.Next;
            case JinjaCallBlock block:
                CallWithBlock(block, scope);
                return Flow.Next;
            case JinjaWith with:
                var inner = new JinjaScope(scope);
                foreach ((JinjaExpression name, JinjaExpression given) in with.Values)
                {
                    Assign(name, Evaluate(given, scope), inner);
                }

                return Run(with.Body, inner);
            default:
                throw new JinjaException("this statement is not supported.", statement.Line, statement.Column);
        }
    }

    private Flow RunLoop(JinjaFor node, object? items, JinjaScope scope, int depth)
    {
        using var loop = new JinjaLoop(Selected(node, items, scope), depth, budget);
        if (node.Recursive)
        {
            loop.Recurse = arguments =>
            {
                object?[] values = arguments.Bind("loop", 1, "/items");
                StringBuilder saved = output;
                output = new StringBuilder();
                budget.Enter();
                RunLoop(node, values[0], scope, depth + 1);
                budget.Leave();
                string text = output.ToString();
                output = saved;
                return text;
            };
        }

        // As in Jinja2, the else part also runs where 'break' or 'continue' ended every round early.
        bool finished = false;
        while (loop.MoveNext())
        {
            budget.Charge(1);
            var inner = new JinjaScope(scope);
            inner.Set("loop", loop);
            Assign(node.Target, loop.Current, inner);
            Flow flow = Run(node.Body, inner);
            finished |= flow == Flow.Next;
            if (flow == Flow.Break)
            {
                break;
            }
        }

        // A 'break' in the else part belongs to the loop around this one.
        return finished ? Flow.Next : Run(node.Else, new JinjaScope(scope));
    }

    private IEnumerable<object?> Selected(JinjaFor node, object? items, JinjaScope scope)
    {
        foreach (object? item in JinjaOps.Iterate(items))
        {
            if (node.Filter is not null)
            {
                budget.Charge(1);
                var inner = new JinjaScope(scope);
                Assign(node.Target, item, inner);
                if (!JinjaOps.IsTrue(Evaluate(node.Filter, inner)))
                {
                    continue;
                }
            }

            yield return item;
        }
    }

    private void Assign(JinjaExpression target, object? value, JinjaScope scope)
    {
        switch (target)
        {
            case JinjaName name:
                scope.Set(name.Name, value);
                break;
            case JinjaNamespaceTarget attribute:
                At(target);
                if (scope.Get(attribute.Name) is not JinjaNamespace space)
                {
                    throw new JinjaException($"'{attribute.Name}.{attribute.Attribute}' cannot be set: '{attribute.Name}' is not a namespace().");
                }

                space.Attributes.Set(attribute.Attribute, value);
                break;
            case JinjaItems targets:
                At(target);
                List<object?> values = JinjaOps.ToList(value, budget);
                if (values.Count != targets.Items.Count)
                {
                    throw new JinjaException($"{values.Count} values cannot be unpacked into {targets.Items.Count} names.");
                }

                for (int i = 0; i < values.Count; i++)
                {
                    Assign(targets.Items[i], values[i], scope);
                }

                break;
            default:
                throw new JinjaException("this cannot be assigned to.", target.Line, target.Column);
        }
    }

    private string Capture(IReadOnlyList<JinjaStatement> body, JinjaScope scope)
    {
        StringBuilder saved = output;
        output = new StringBuilder();
        Run(body, scope);
        string text = output.ToString();
        output = saved;
        return text;
    }

    private void Write(string text)
    {
        long length = (long)output.Length + text.Length;
        budget.ChargeText(length > budget.MaxText ? length : text.Length);
        output.Append(text);
    }

    private void At(JinjaExpression node) => place = (node.Line, node.Column);
}
