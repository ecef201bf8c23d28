using RlvrSharp.Policies.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace RlvrSharp.Torch;

/// <summary>AdamW on the device: global-norm clipping, one step, gradients cleared; the same numbers as in managed code up to rounding.</summary>
internal sealed class TorchOptimizer(IReadOnlyList<TorchParameter> parameters)
{
    /// <summary>Steps taken; the bias corrections depend on it.</summary>
    public long Steps { get; set; }

    public IReadOnlyList<TorchParameter> Parameters => parameters;

    /// <summary>Clips, moves, clears.</summary>
    /// <returns>The global norm before clipping; where it is not finite, or the rate is 0, only the gradients were cleared.</returns>
    public double Step(AdamWOptions options, double learningRate)
    {
        using IDisposable off = no_grad();
        double norm = Norm();
        if (double.IsFinite(norm) && learningRate != 0)
        {
            // Everything that needs memory first: a device that is full must not leave half a step behind.
            foreach (TorchParameter parameter in parameters)
            {
                using DisposeScope scope = NewDisposeScope();
                parameter.PrepareStep();
            }

            Steps++;
            Move(new AdamWStep(options, learningRate, Steps, Math.Min(1, options.MaxGradNorm / (norm + 1e-6))));
        }

        ClearGradients();
        return norm;
    }

    public void ClearGradients()
    {
        foreach (TorchParameter parameter in parameters)
        {
            parameter.ClearGradient();
        }
    }

    // Summed on the device, so that it is waited for once and not for every parameter.
    private double Norm()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] squares = [.. parameters.Where(p => p.Gradient is not null).Select(p => Squares(p.Gradient!))];
        return squares.Length == 0 ? 0 : Math.Sqrt(stack(squares).sum().cpu().item<double>());
    }

    private static Tensor Squares(Tensor gradient)
    {
        using DisposeScope scope = NewDisposeScope();
        return gradient.mul(gradient).sum(ScalarType.Float64).MoveToOuterDisposeScope();
    }

    private void Move(AdamWStep step)
    {
        using Scalar clip = step.GradientScale.ToScalar();
        using Scalar beta1 = step.Beta1.ToScalar();
        using Scalar beta2 = step.Beta2.ToScalar();
        using Scalar rest1 = step.OneMinusBeta1.ToScalar();
        using Scalar rest2 = step.OneMinusBeta2.ToScalar();
        using Scalar epsilon = step.Epsilon.ToScalar();
        using Scalar decay = step.Decay.ToScalar();
        using Scalar size = (-step.StepSize).ToScalar();
        using Scalar correction = step.RootCorrection.ToScalar();
        foreach (TorchParameter p in parameters)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor g = p.Gradient?.mul_(clip) ?? zeros_like(p.Value, requires_grad: false);
            p.FirstMoment!.mul_(beta1).add_(g, rest1);
            p.SecondMoment!.mul_(beta2).addcmul_(g, g, rest2);
            Tensor root = p.SecondMoment.sqrt().mul_(correction).add_(epsilon);
            p.Value.mul_(decay).addcdiv_(p.FirstMoment, root, size);
            p.AfterStep();
        }
    }
}
