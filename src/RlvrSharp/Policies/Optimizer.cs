using RlvrSharp.Policies.Kernels;

namespace RlvrSharp.Policies;

/// <summary>AdamW over a list of parameters: global-norm clipping, one step, gradients cleared.</summary>
internal sealed unsafe class Optimizer(IReadOnlyList<Parameter> parameters, WorkPool pool)
{
    private const int Chunk = 1 << 15;

    /// <summary>Steps taken; the bias corrections depend on it.</summary>
    public long Steps { get; set; }

    public IReadOnlyList<Parameter> Parameters => parameters;

    /// <summary>Clips, moves, clears.</summary>
    /// <returns>The global norm before clipping; where it is not finite, or the rate is 0, only the gradients were cleared.</returns>
    public double Step(AdamWOptions options, double learningRate)
    {
        List<(Parameter Parameter, int Start, int Length)> pieces = Pieces();
        var squares = new double[pieces.Count];
        pool.For(pieces.Count, i => squares[i] = GradientNorm.SumOfSquares(pieces[i].Parameter.NeedGradient().Pointer + pieces[i].Start, pieces[i].Length));
        double sum = 0;
        foreach (double square in squares)
        {
            sum += square;
        }

        double norm = Math.Sqrt(sum);
        if (!double.IsFinite(norm) || learningRate == 0)
        {
            ClearGradients();
            return norm;
        }

        foreach (Parameter parameter in parameters)
        {
            parameter.Own(keepValues: true);
            parameter.NeedMoments();
        }

        Steps++;
        double clip = Math.Min(1, options.MaxGradNorm / (norm + 1e-6));
        var step = new AdamWStep(options, learningRate, Steps, clip);
        pool.For(pieces.Count, i =>
        {
            (Parameter p, int start, int length) = pieces[i];
            AdamW.Step(p.Values + start, p.Gradient!.Pointer + start, p.FirstMoment!.Pointer + start, p.SecondMoment!.Pointer + start, length, step);
        });
        return norm;
    }

    public void ClearGradients()
    {
        foreach (Parameter parameter in parameters)
        {
            parameter.Gradient?.Clear();
        }
    }

    private List<(Parameter Parameter, int Start, int Length)> Pieces()
    {
        var pieces = new List<(Parameter, int, int)>();
        foreach (Parameter parameter in parameters)
        {
            parameter.NeedGradient();
            for (int start = 0; start < parameter.Length; start += Chunk)
            {
                pieces.Add((parameter, start, Math.Min(Chunk, parameter.Length - start)));
            }
        }

        return pieces;
    }
}
