using Microsoft.Extensions.AI;

namespace RlvrSharp.Graders.Text;

/// <summary>What the contract leaves open about <c>text_similarity</c>. The defaults are the plainest reading of each package.</summary>
public sealed class TextSimilarityOptions
{
    /// <summary>Which comparison <c>fuzzy_match</c> is.</summary>
    /// <value>The default is <see cref="FuzzyFunction.Ratio"/>. JSON: <c>fuzzy_function</c>.</value>
    public FuzzyFunction FuzzyFunction { get; set; } = FuzzyFunction.Ratio;

    /// <summary>Whether <c>fuzzy_match</c> lower-cases both texts and drops punctuation first.</summary>
    /// <value>The default is false. JSON: <c>fuzzy_process</c>.</value>
    public bool FuzzyProcess { get; set; }

    /// <summary>What <c>bleu</c> does about n-gram orders without a match.</summary>
    /// <value>The default is <see cref="BleuSmoothing.None"/>. JSON: <c>bleu_smoothing</c>.</value>
    public BleuSmoothing BleuSmoothing { get; set; } = BleuSmoothing.None;

    /// <summary>Whether ROUGE stems words longer than three letters.</summary>
    /// <value>The default is false. JSON: <c>rouge_stem</c>.</value>
    public bool RougeStem { get; set; }

    /// <summary>The synonyms that <c>meteor</c> matches after words and stems.</summary>
    /// <value>The default is <see cref="WordNet.SynonymsOf"/>; null leaves that stage out. JSON: <c>"meteor_synonyms": false</c> leaves it out.</value>
    public Func<string, IReadOnlySet<string>>? Synonyms { get; set; } = WordNet.SynonymsOf;

    /// <summary>Makes the embeddings of <c>cosine</c>.</summary>
    /// <value>The default is null: <c>cosine</c> is refused. Code only.</value>
    public IEmbeddingGenerator<string, Embedding<float>>? Embeddings { get; set; }
}
