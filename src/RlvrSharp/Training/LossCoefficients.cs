using System.Text.Json;
using RlvrSharp.Losses;

namespace RlvrSharp.Training;

/// <summary>The strength of the KL penalty and of the entropy bonus: fixed, or moved by what training measures.</summary>
internal sealed class LossCoefficients
{
    private readonly PolicyTrainerOptions options;
    private readonly AdaptiveKlCoefficient? kl;
    private readonly AdaptiveEntropyCoefficient? entropy;
    private PolicyLossOptions loss;
    private PolicyLoss built;
    private PolicyLoss? warmup;

    public LossCoefficients(PolicyTrainerOptions options)
    {
        this.options = options;
        kl = options.AdaptiveKl is { } k ? new AdaptiveKlCoefficient(options.KlCoefficient, k.Target, k.Horizon) : null;
        entropy = options.AdaptiveEntropy is { } e ? new AdaptiveEntropyCoefficient(options.EntropyCoefficient, e.Target, e.Change, e.Min, e.Max) : null;
        loss = options.CreateLoss();
        built = loss.Build();
    }

    /// <summary>β now, wherever the penalty goes.</summary>
    public double Kl => kl?.Coefficient ?? options.KlCoefficient;

    /// <summary>The strength of the entropy bonus now; null where it is not adaptive.</summary>
    public double? AdaptiveEntropy => entropy?.Applied;

    /// <summary>β now; null where it is not adaptive.</summary>
    public double? AdaptiveKl => kl?.Coefficient;

    /// <summary>The loss with the coefficients of now; while the critic warms up, the value loss alone.</summary>
    public PolicyLoss Loss(bool isWarmup)
    {
        if (isWarmup)
        {
            return warmup ??= (loss with { Objective = new ReinforceOptions(), Kl = loss.Kl with { Coefficient = 0 }, EntropyCoefficient = 0 }).Build();
        }

        double klInLoss = options.KlPlacement == KlPlacement.Loss ? Kl : 0;
        double bonus = AdaptiveEntropy ?? options.EntropyCoefficient;
        if (klInLoss != loss.Kl.Coefficient || bonus != loss.EntropyCoefficient)
        {
            loss = loss with { Kl = loss.Kl with { Coefficient = klInLoss }, EntropyCoefficient = bonus };
            built = loss.Build();
        }

        return built;
    }

    /// <summary>After an optimiser step: what it measured.</summary>
    public void AfterUpdate(LossTerms terms)
    {
        if (terms.TokenCount > 0)
        {
            entropy?.Update(terms.EntropySum / terms.TokenCount);
        }
    }

    /// <summary>After a training step: the divergence from the initial policy and the number of completions that it was measured on.</summary>
    public void AfterStep(double klToInitial, int completions)
    {
        if (completions > 0)
        {
            kl?.Update(klToInitial, completions);
        }
    }

    public void SaveState(Utf8JsonWriter writer)
    {
        if (kl is not null)
        {
            writer.WriteNumber("kl_coefficient", kl.Coefficient);
        }

        if (entropy is not null)
        {
            writer.WriteNumber("entropy_coefficient", entropy.Coefficient);
            if (double.IsFinite(entropy.LastEntropy))
            {
                writer.WriteNumber("last_entropy", entropy.LastEntropy);
            }
        }
    }

    public void LoadState(JsonElement state)
    {
        if (kl is not null)
        {
            kl.Coefficient = state.GetProperty("kl_coefficient").GetDouble();
        }

        entropy?.Restore(
            state.GetProperty("entropy_coefficient").GetDouble(),
            state.TryGetProperty("last_entropy", out JsonElement last) ? last.GetDouble() : double.NegativeInfinity);
    }
}
