namespace RlvrSharp.Graders.Text;

/// <summary>What BLEU does about n-gram orders without a match (Chen and Cherry, 2014, as NLTK numbers them).</summary>
public enum BleuSmoothing
{
    /// <summary>Nothing: an order without a match makes the score practically 0, as for every text of fewer than four words.</summary>
    None,

    /// <summary>0.1 matches instead of 0.</summary>
    Method1,

    /// <summary>One more match and one more n-gram, for n from 2.</summary>
    Method2,

    /// <summary>Halved for each order without a match.</summary>
    Method3,

    /// <summary>As <see cref="Method3"/>, with less for short answers.</summary>
    Method4,

    /// <summary>Averages of neighbouring orders. Answers like the reference can pass 1, as in the package; a grader's score is cut there.</summary>
    Method5,

    /// <summary><see cref="Method4"/>, then <see cref="Method5"/>.</summary>
    Method7,
}
