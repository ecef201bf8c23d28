namespace RlvrSharp.Samples.Profile;

/// <summary>A list cut into the three splits.</summary>
/// <typeparam name="T">What is listed.</typeparam>
/// <param name="Train">What training rows use.</param>
/// <param name="Validation">What validation rows use.</param>
/// <param name="Novel">What neither training rows nor pretraining use.</param>
internal sealed record Pool<T>(T[] Train, T[] Validation, T[] Novel)
{
    private readonly T[] pretraining = [.. Train, .. Validation];

    /// <summary>The items of one split, or of pretraining (training and validation together).</summary>
    /// <param name="split">The split; null for pretraining.</param>
    /// <returns>The items.</returns>
    public T[] Of(Split? split) => split switch
    {
        Split.Train => Train,
        Split.Validation => Validation,
        Split.Novel => Novel,
        _ => pretraining,
    };
}
