namespace RlvrSharp.Graders;

/// <summary>What a python grader runs on, for people to see.</summary>
/// <param name="Interpreter">The path of the interpreter.</param>
/// <param name="Version">Its version, such as <c>3.12.4</c>.</param>
/// <param name="Isolation">What stands between the code and the machine.</param>
/// <param name="Description">The same in a sentence, with the reason where a stronger kind was not to be had.</param>
public sealed record PythonEnvironment(string Interpreter, string Version, PythonIsolation Isolation, string Description);
