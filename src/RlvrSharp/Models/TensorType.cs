namespace RlvrSharp.Models;

/// <summary>How the elements of a stored tensor are written; all little-endian.</summary>
/// <remarks>The order is the one safetensors files are sorted by: what is later is written earlier.</remarks>
public enum TensorType
{
    /// <summary>One byte, 0 or 1 (<c>BOOL</c>).</summary>
    Boolean,

    /// <summary>Unsigned byte (<c>U8</c>).</summary>
    U8,

    /// <summary>Signed byte (<c>I8</c>).</summary>
    I8,

    /// <summary>Signed 16-bit integer (<c>I16</c>).</summary>
    I16,

    /// <summary>Unsigned 16-bit integer (<c>U16</c>).</summary>
    U16,

    /// <summary>IEEE half precision (<c>F16</c>).</summary>
    F16,

    /// <summary>The upper half of a float (<c>BF16</c>).</summary>
    BF16,

    /// <summary>Signed 32-bit integer (<c>I32</c>).</summary>
    I32,

    /// <summary>Unsigned 32-bit integer (<c>U32</c>).</summary>
    U32,

    /// <summary>IEEE single precision (<c>F32</c>).</summary>
    F32,

    /// <summary>IEEE double precision (<c>F64</c>).</summary>
    F64,

    /// <summary>Signed 64-bit integer (<c>I64</c>).</summary>
    I64,

    /// <summary>Unsigned 64-bit integer (<c>U64</c>).</summary>
    U64,
}
