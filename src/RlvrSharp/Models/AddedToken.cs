namespace RlvrSharp.Models;

/// <summary>A token that is found in the text as it stands, before the text is cut into words: a chat marker, a tool tag, a mask.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">The text it stands for.</param>
/// <param name="Special">Whether it is a control token, left out of decoded text on request.</param>
/// <param name="SingleWord">Whether it counts only where no word character touches it.</param>
/// <param name="LeftStrip">Whether white space before it belongs to it.</param>
/// <param name="RightStrip">Whether white space after it belongs to it.</param>
/// <param name="Normalized">Whether it is looked for after normalization.</param>
public sealed record AddedToken(int Id, string Content, bool Special, bool SingleWord = false, bool LeftStrip = false, bool RightStrip = false, bool Normalized = false);
