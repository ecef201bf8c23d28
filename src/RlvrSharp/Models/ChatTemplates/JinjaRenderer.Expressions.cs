using System.Text;

namespace RlvrSharp.Models;

/// <summary>This part evaluates expressions.</summary>
internal sealed partial class JinjaRenderer
{
    private object? Evaluate(JinjaExpression node, JinjaScope scope)
    {
        budget.Enter();
        object? value = EvaluateNode(node, scope);
        budget.Leave();
        return value;
    }

    private object? EvaluateNode(JinjaExpression node, JinjaScope scope)
    {
        switch (node)
        {
            case JinjaLiteral literal:
                return literal.Value;
            case JinjaName name:
                return scope.Get(name.Name);
            case JinjaAttribute attribute:
                object? target = Evaluate(attribute.Target, scope);
                At(node);
                return JinjaOps.GetAttribute(target, attribute.Name);
            case JinjaIndex index:
                target = Evaluate(index.Target, scope);
                object? key = Evaluate(index.Key, scope);
                At(node);
                return JinjaOps.GetItem(target, key, budget);
            case JinjaSlice slice:
                return Slice(slice, scope);
            case JinjaCall call:
                target = Evaluate(call.Target, scope);
                JinjaArguments arguments = Arguments(call.Arguments, scope);
                At(node);
                return context.Call(target, arguments);
            case JinjaFilterCall filter:
                return Filter(filter, scope, null);
            case JinjaTestCall test:
                return Test(test, scope);
            case JinjaUnary unary:
                return Unary(unary, scope);
            case JinjaBinary binary:
                return Binary(binary, scope);
            case JinjaConcat concat:
                return Concat(concat, scope);
            case JinjaComparison comparison:
                return Compare(comparison, scope);
            case JinjaConditional choice:
                return JinjaOps.IsTrue(Evaluate(choice.Condition, scope)) ? Evaluate(choice.Then, scope)
                    : choice.Else is null ? new JinjaUndefined("the 'if' of this expression has no 'else'")
                    : Evaluate(choice.Else, scope);
            case JinjaItems items:
                return List(items, scope);
            case JinjaPairs pairs:
                return Mapping(pairs, scope);
            default:
                throw new JinjaException("this expression is not supported.", node.Line, node.Column);
        }
    }

    private object List(JinjaItems node, JinjaScope scope)
    {
        var values = new object?[node.Items.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Evaluate(node.Items[i], scope);
        }

        return node.IsTuple ? new JinjaTuple(values) : new JinjaList([.. values]);
    }

    private JinjaDict Mapping(JinjaPairs node, JinjaScope scope)
    {
        var dict = new JinjaDict();
        foreach ((JinjaExpression key, JinjaExpression value) in node.Pairs)
        {
            object? name = Evaluate(key, scope);
            object? item = Evaluate(value, scope);
            At(key);
            dict.Set(name, item);
        }

        return dict;
    }

    private object Slice(JinjaSlice node, JinjaScope scope)
    {
        object? target = Evaluate(node.Target, scope);
        object? start = node.Start is null ? null : Evaluate(node.Start, scope);
        object? stop = node.Stop is null ? null : Evaluate(node.Stop, scope);
        object? step = node.Step is null ? null : Evaluate(node.Step, scope);
        At(node);
        return JinjaOps.Slice(target, start, stop, step, budget);
    }

    private object Unary(JinjaUnary node, JinjaScope scope)
    {
        object? value = Evaluate(node.Operand, scope);
        if (node.Operator == "not")
        {
            return !JinjaOps.IsTrue(value);
        }

        At(node);
        if (!JinjaNumber.IsNumber(value))
        {
            throw value is JinjaUndefined missing ? missing.Error() : new JinjaException($"'{node.Operator}' does not work on {JinjaText.TypeName(value)}.");
        }

        return node.Operator == "-" ? JinjaNumber.Negate(value) : value is bool ? JinjaNumber.Normalize(JinjaNumber.ToBig(value)) : value!;
    }

    private object? Binary(JinjaBinary node, JinjaScope scope)
    {
        object? left = Evaluate(node.Left, scope);
        switch (node.Operator)
        {
            case "and":
                return JinjaOps.IsTrue(left) ? Evaluate(node.Right, scope) : left;
            case "or":
                return JinjaOps.IsTrue(left) ? left : Evaluate(node.Right, scope);
            default:
                object? right = Evaluate(node.Right, scope);
                At(node);
                return JinjaOps.Compute(node.Operator, left, right, budget);
        }
    }

    private string Concat(JinjaConcat node, JinjaScope scope)
    {
        var text = new StringBuilder();
        foreach (JinjaExpression part in node.Parts)
        {
            object? value = Evaluate(part, scope);
            At(part);
            text.Append(context.Str(value));
            budget.ChargeText(text.Length);
        }

        return text.ToString();
    }

    private bool Compare(JinjaComparison node, JinjaScope scope)
    {
        object? left = Evaluate(node.First, scope);
        foreach ((string op, JinjaExpression next) in node.Rest)
        {
            object? right = Evaluate(next, scope);
            At(node);
            if (!JinjaOps.Test(op, left, right, budget))
            {
                return false;
            }

            left = right;
        }

        return true;
    }

    // 'text' is what a filter without a target works on: the text of its block.
    private object? Filter(JinjaFilterCall node, JinjaScope scope, string? text)
    {
        object? value = node.Target is null ? text : node.Target is JinjaFilterCall inner && text is not null ? Filter(inner, scope, text) : Evaluate(node.Target, scope);
        JinjaArguments arguments = Arguments(node.Arguments, scope);
        At(node);
        return JinjaFilters.Apply(context, node.Name, value, arguments);
    }

    private bool Test(JinjaTestCall node, JinjaScope scope)
    {
        object? value = Evaluate(node.Target, scope);
        JinjaArguments arguments = Arguments(node.Arguments, scope);
        At(node);
        return JinjaTests.Apply(context, node.Name, value, arguments) != node.Negated;
    }

    private JinjaArguments Arguments(IReadOnlyList<JinjaArgument> nodes, JinjaScope scope)
    {
        if (nodes.Count == 0)
        {
            return JinjaArguments.None;
        }

        List<object?> positional = [];
        List<KeyValuePair<string, object?>> named = [];
        foreach (JinjaArgument node in nodes)
        {
            object? value = Evaluate(node.Value, scope);
            switch (node.Kind)
            {
                case JinjaArgumentKind.Positional:
                    positional.Add(value);
                    break;
                case JinjaArgumentKind.Named:
                    AddNamed(named, node.Name, value);
                    break;
                case JinjaArgumentKind.Spread:
                    At(node.Value);
                    positional.AddRange(JinjaOps.ToList(value, budget));
                    break;
                default:
                    At(node.Value);
                    JinjaDict dict = value as JinjaDict ?? throw new JinjaException($"'**' wants a mapping, not {JinjaText.TypeName(value)}.");
                    foreach (KeyValuePair<object?, object?> pair in dict.Pairs)
                    {
                        AddNamed(named, pair.Key as string ?? throw new JinjaException("the keys after '**' must be strings."), pair.Value);
                    }

                    break;
            }
        }

        return new JinjaArguments(positional, named);
    }

    private static void AddNamed(List<KeyValuePair<string, object?>> named, string name, object? value)
    {
        if (named.Exists(pair => pair.Key == name))
        {
            throw new JinjaException($"the argument '{name}' is given twice.");
        }

        named.Add(new(name, value));
    }
}
