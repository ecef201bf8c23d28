namespace RlvrSharp.Policies.Kernels;

/// <summary>Keys and values of consecutive positions, one head.</summary>
internal readonly unsafe struct PositionRun
{
    /// <summary>Keys in panels of 16 positions: [panel][element][position].</summary>
    public float* KeyPanels { get; init; }

    /// <summary>Distance between key panels.</summary>
    public nint KeyPanelStride { get; init; }

    /// <summary>Values, one row per position.</summary>
    public float* Values { get; init; }

    /// <summary>Distance between rows of values.</summary>
    public nint ValueStride { get; init; }

    /// <summary>Positions.</summary>
    public int Length { get; init; }

    /// <summary>The first positions of this run.</summary>
    public PositionRun First(int count) => new()
    {
        KeyPanels = KeyPanels,
        KeyPanelStride = KeyPanelStride,
        Values = Values,
        ValueStride = ValueStride,
        Length = count,
    };
}
