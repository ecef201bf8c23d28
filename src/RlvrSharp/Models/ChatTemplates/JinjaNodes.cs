namespace RlvrSharp.Models;

// A template as a tree. Every node knows where it begins.

internal abstract record JinjaExpression(int Line, int Column);

internal sealed record JinjaLiteral(object? Value, int Line, int Column) : JinjaExpression(Line, Column);

internal sealed record JinjaName(string Name, int Line, int Column) : JinjaExpression(Line, Column);

internal sealed record JinjaItems(IReadOnlyList<JinjaExpression> Items, bool IsTuple, int Line, int Column) : JinjaExpression(Line, Column);

internal sealed record JinjaPairs(IReadOnlyList<(JinjaExpression Key, JinjaExpression Value)> Pairs, int Line, int Column) : JinjaExpression(Line, Column);

/// <summary><c>target.name</c></summary>
internal sealed record JinjaAttribute(JinjaExpression Target, string Name, int Line, int Column) : JinjaExpression(Line, Column);

/// <summary><c>target[key]</c></summary>
internal sealed record JinjaIndex(JinjaExpression Target, JinjaExpression Key, int Line, int Column) : JinjaExpression(Line, Column);

/// <summary><c>target[start:stop:step]</c></summary>
internal sealed record JinjaSlice(JinjaExpression Target, JinjaExpression? Start, JinjaExpression? Stop, JinjaExpression? Step, int Line, int Column)
    : JinjaExpression(Line, Column);

internal enum JinjaArgumentKind
{
    Positional,
    Named,
    Spread,
    SpreadNamed,
}

internal sealed record JinjaArgument(JinjaArgumentKind Kind, string Name, JinjaExpression Value);

internal sealed record JinjaCall(JinjaExpression Target, IReadOnlyList<JinjaArgument> Arguments, int Line, int Column) : JinjaExpression(Line, Column);

/// <summary><c>target|name(…)</c>; the target is null in <c>{% filter %}</c> and <c>{% set x | … %}</c>, where it is the block's text.</summary>
internal sealed record JinjaFilterCall(JinjaExpression? Target, string Name, IReadOnlyList<JinjaArgument> Arguments, int Line, int Column) : JinjaExpression(Line, Column);

internal sealed record JinjaTestCall(JinjaExpression Target, string Name, IReadOnlyList<JinjaArgument> Arguments, bool Negated, int Line, int Column)
    : JinjaExpression(Line, Column);

/// <summary><c>- + not</c></summary>
internal sealed record JinjaUnary(string Operator, JinjaExpression Operand, int Line, int Column) : JinjaExpression(Line, Column);

/// <summary>Arithmetic, <c>and</c>, <c>or</c>.</summary>
internal sealed record JinjaBinary(string Operator, JinjaExpression Left, JinjaExpression Right, int Line, int Column) : JinjaExpression(Line, Column);

internal sealed record JinjaConcat(IReadOnlyList<JinjaExpression> Parts, int Line, int Column) : JinjaExpression(Line, Column);

internal sealed record JinjaComparison(JinjaExpression First, IReadOnlyList<(string Operator, JinjaExpression Right)> Rest, int Line, int Column)
    : JinjaExpression(Line, Column);

internal sealed record JinjaConditional(JinjaExpression Condition, JinjaExpression Then, JinjaExpression? Else, int Line, int Column) : JinjaExpression(Line, Column);

/// <summary><c>name.attribute</c> as the target of <c>set</c>.</summary>
internal sealed record JinjaNamespaceTarget(string Name, string Attribute, int Line, int Column) : JinjaExpression(Line, Column);

internal abstract record JinjaStatement(int Line, int Column);

internal sealed record JinjaData(string Text, int Line, int Column) : JinjaStatement(Line, Column);

internal sealed record JinjaOutput(JinjaExpression Value, int Line, int Column) : JinjaStatement(Line, Column);

internal sealed record JinjaIf(IReadOnlyList<(JinjaExpression Condition, IReadOnlyList<JinjaStatement> Body)> Branches, IReadOnlyList<JinjaStatement> Else, int Line, int Column)
    : JinjaStatement(Line, Column);

internal sealed record JinjaFor(
    JinjaExpression Target, JinjaExpression Items, JinjaExpression? Filter, bool Recursive, IReadOnlyList<JinjaStatement> Body, IReadOnlyList<JinjaStatement> Else, int Line, int Column)
    : JinjaStatement(Line, Column);

internal sealed record JinjaBreak(bool IsContinue, int Line, int Column) : JinjaStatement(Line, Column);

internal sealed record JinjaSet(JinjaExpression Target, JinjaExpression Value, int Line, int Column) : JinjaStatement(Line, Column);

internal sealed record JinjaSetBlock(JinjaExpression Target, JinjaExpression? Filter, IReadOnlyList<JinjaStatement> Body, int Line, int Column) : JinjaStatement(Line, Column);

internal sealed record JinjaFilterBlock(JinjaExpression Filter, IReadOnlyList<JinjaStatement> Body, int Line, int Column) : JinjaStatement(Line, Column);

internal sealed record JinjaParameter(string Name, JinjaExpression? Default);

/// <summary>A macro; also the body of <c>{% call %}</c>, named "caller".</summary>
internal sealed record JinjaMacro(string Name, IReadOnlyList<JinjaParameter> Parameters, IReadOnlyList<JinjaStatement> Body, IReadOnlySet<string> Names, int Line, int Column)
    : JinjaStatement(Line, Column);

internal sealed record JinjaCallBlock(JinjaCall Call, JinjaMacro Caller, int Line, int Column) : JinjaStatement(Line, Column);

/// <summary><c>{% with %}</c>, and <c>{% generation %}</c>, which only marks what the model wrote.</summary>
internal sealed record JinjaWith(IReadOnlyList<(JinjaExpression Target, JinjaExpression Value)> Values, IReadOnlyList<JinjaStatement> Body, int Line, int Column)
    : JinjaStatement(Line, Column);
