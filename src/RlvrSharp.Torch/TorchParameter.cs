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
    /// <param name="compute">What <see cref="Rounded"/> made of the weights; null to make it now.</param>
    public void Replace(Tensor value, Tensor? first = null, Tensor? second = null, Tensor? compute = null)
    {
        DisposeTensors();
        Value = value.DetachFromDisposeScope();
        shared = false;
        FirstMoment = first?.DetachFromDisposeScope();
        SecondMoment = second?.DetachFromDisposeScope();
        SetCompute(compute ?? Rounded(value));
    }

    /// <summary>Weights as the layers compute with them; the same tensor where nothing is rounded.</summary>
    public Tensor Rounded(Tensor value)
    {
        using DisposeScope scope = NewDisposeScope();
        return value.dtype == Precision ? value : value.detach().to(Precision).MoveToOuterDisposeScope();
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
        using Tensor? gradient = Trained ? Compute.grad : null;
        if (gradient is not null)
        {
            Compute.grad = null;
            Add(gradient);
        }
    }

    /// <summary>Adds to the gradients of rows, single precision also where a row comes up many times, and in an order that does not change.</summary>
    /// <param name="rows">[count] places.</param>
    /// <param name="gradient">[count × columns].</param>
    public void AddRows(Tensor rows, Tensor gradient)
    {
        Gradient ??= zeros(Shape, ScalarType.Float32, gradient.device).DetachFromDisposeScope();
        Tensor wide = gradient.to(ScalarType.Float32);
        if (gradient.device.type == DeviceType.CPU)
        {
            using Scalar one = 1.ToScalar();
            Gradient.index_add_(0, rows, wide, one);
        }
        else
        {
            // A GPU's index_add adds in whatever order its threads come; this one sorts first.
            Gradient.index_put_(wide, [rows], accumulate: true);
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
        // A backward pass that failed half way may have left its own.
        if (Trained && Compute is not null)
        {
            Compute.grad = null;
        }

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
            SetCompute(Rounded(Value));
        }
        else
        {
            Compute.copy_(Value);
        }
    }

    public void Dispose()
    {
        ClearGradient();
        DisposeTensors();
    }

    private void SetCompute(Tensor compute)
    {
        Compute = compute.DetachFromDisposeScope();
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
