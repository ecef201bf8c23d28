using RlvrSharp.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace RlvrSharp.Torch;

/// <summary>One tensor of a model: what the layers compute with, and for those that training moves the weights in single precision, gradients and moments.</summary>
internal sealed class TorchParameter : IDisposable
{
    private bool shared;

    /// <param name="name">Its name in checkpoints.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="trained">Whether the optimiser moves it.</param>
    /// <param name="precision">What the layers compute in.</param>
    public TorchParameter(string name, IReadOnlyList<long> shape, bool trained, ScalarType precision)
    {
        Name = name;
        Shape = [.. shape];
        Trained = trained;
        Precision = precision;
    }

    public string Name { get; }

    public long[] Shape { get; }

    public bool Trained { get; }

    public long Count => Shape.Aggregate(1L, (product, dimension) => product * dimension);

    /// <summary>What the layers compute in.</summary>
    public ScalarType Precision { get; }

    /// <summary>The type it had in the checkpoint, which saving keeps.</summary>
    public TensorType StoredType { get; set; } = TensorType.F32;

    /// <summary>What the layers compute with.</summary>
    public Tensor Compute { get; private set; } = null!;

    /// <summary>The weights: single precision where they are trained, else <see cref="Compute"/>.</summary>
    public Tensor Value { get; private set; } = null!;

    /// <summary>The gradient summed so far, single precision; null before the first.</summary>
    public Tensor? Gradient { get; private set; }

    public Tensor? FirstMoment { get; private set; }

    public Tensor? SecondMoment { get; private set; }

    /// <summary>Takes new weights over, and forgets gradient and moments.</summary>
    /// <param name="value">The weights, on the device; single precision where they are trained. Owned from now on.</param>
    /// <param name="first">The first moment; null for none.</param>
    /// <param name="second">The second moment.</param>
    public void Replace(Tensor value, Tensor? first = null, Tensor? second = null)
    {
        DisposeTensors();
        Value = value.DetachFromDisposeScope();
        shared = false;
        FirstMoment = first?.DetachFromDisposeScope();
        SecondMoment = second?.DetachFromDisposeScope();
        MakeCompute();
    }

    /// <summary>A frozen parameter of the same numbers; memory is copied only when this one is moved.</summary>
    public TorchParameter Share()
    {
        shared = true;
        var copy = new TorchParameter(Name, Shape, trained: false, Precision) { StoredType = StoredType };
        copy.Value = Compute.detach().DetachFromDisposeScope();
        copy.Compute = copy.Value;
        return copy;
    }

    /// <summary>Adds what a backward pass left.</summary>
    public void Collect()
    {
        if (Trained && Compute.grad is { } gradient)
        {
            Add(gradient);
            Compute.grad = null;
        }
    }

    /// <summary>Adds to the gradient.</summary>
    public void Add(Tensor gradient)
    {
        if (Gradient is null)
        {
            // A gradient of another tensor's making may be shared, so the sum is its own copy.
            Gradient = gradient.to(ScalarType.Float32, copy: true).reshape(Shape).DetachFromDisposeScope();
        }
        else
        {
            Gradient.add_(gradient.reshape(Shape));
        }
    }

    public void ClearGradient()
    {
        Gradient?.Dispose();
        Gradient = null;
    }

    /// <summary>Makes sure that moving the weights changes no other parameter, and that there are moments.</summary>
    public void PrepareStep()
    {
        if (shared && ReferenceEquals(Value, Compute))
        {
            Tensor old = Value;
            Value = old.detach().clone().DetachFromDisposeScope();
            Value.requires_grad = true;
            Compute = Value;
            old.Dispose();
            shared = false;
        }

        FirstMoment ??= zeros_like(Value, requires_grad: false).DetachFromDisposeScope();
        SecondMoment ??= zeros_like(Value, requires_grad: false).DetachFromDisposeScope();
    }

    /// <summary>Brings the rounded weights up to date.</summary>
    public void AfterStep()
    {
        if (ReferenceEquals(Value, Compute))
        {
            return;
        }

        if (shared)
        {
            Compute.Dispose();
            shared = false;
            MakeCompute();
        }
        else
        {
            Compute.copy_(Value);
        }
    }

    public void Dispose()
    {
        DisposeTensors();
        ClearGradient();
    }

    private void MakeCompute()
    {
        Compute = Value.dtype == Precision ? Value : Value.detach().to(Precision).DetachFromDisposeScope();
        Compute.requires_grad = Trained;
    }

    private void DisposeTensors()
    {
        if (Value is not null && !ReferenceEquals(Value, Compute))
        {
            Compute.Dispose();
        }

        Value?.Dispose();
        FirstMoment?.Dispose();
        SecondMoment?.Dispose();
        FirstMoment = SecondMoment = null;
    }
}
