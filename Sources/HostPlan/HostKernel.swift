import TrainingStep

/// A fused operation of the step on the host. Each has one kernel in `CKernels`; the interpreter runs `reference`.
public enum HostKernel: Sendable, Hashable {
  /// Images (B,R,R,3) to rows of patches (B N, P P 3); a remainder that no patch covers is dropped.
  case patches(images: BufferID, output: BufferID)
  /// `y = x W + bias + residual`, and `activated = GELU(y)`.
  case linear(Linear)
  /// A whole MLP: `y = GELU(x W1 + b1) W2 + b2 + residual`; keeps the input of GELU but not its output.
  case mlp(MLP)
  /// Layer norm over the last axis; keeps mean and reciprocal deviation of each row.
  case layerNorm(LayerNorm)
  /// Recomputes the output of a layer norm from what it kept.
  case normalize(LayerNorm)
  /// Softmax attention of every image and head; keeps the logarithm of each row's sum.
  case attention(Attention)
  /// The gradients of query, key and value, written over them.
  case attentionGradient(Attention, outputGradient: BufferID)
  /// The gradients of an MLP's two kernels and its first bias, from the gradient of its output; the gradient of the
  /// hidden layer overwrites the hidden layer.
  case mlpGradient(MLPGradient)
  /// The gradient of the input of one or more linear layers, and through the layer norm before them.
  case inputGradient(InputGradient)
  /// `dW = x^T dy`, and the bias's gradient.
  case weightGradient(WeightGradient)
  /// Copies, broadcasts, sums and scalings of blocks of elements.
  case move(Move)
  /// Sigmoid cross-entropy: `loss` of `logits` and `labels`.
  case loss(logits: BufferID, labels: BufferID, rows: Extent, columns: Extent, loss: BufferID)
  /// The gradient of the loss.
  case lossGradient(logits: BufferID, labels: BufferID, rows: Extent, columns: Extent, gradient: BufferID)
  /// `min(1, 1 / norm)` of all gradients together.
  case clipFactor(gradients: [BufferID], factor: BufferID)
  /// Updates all parameters and their optimizer state.
  case update(Update)
  /// An operation that has no kernel.
  case reference(Operation, inputs: [BufferID], outputs: [BufferID])

  /// For each layer, `y (m,n) = x (m,k) W (k,n) + bias (n) + residual (m,n)`; `activated (m,n) = GELU(y)`.
  public struct Linear: Sendable, Hashable {
    /// One of the layers.
    public struct Layer: Sendable, Hashable {
      /// Weight (k,n).
      public var weight: BufferID
      /// Bias (n).
      public var bias: BufferID
      /// Output (m,n).
      public var output: BufferID
      /// GELU of the output (m,n), if something reads it.
      public var activated: BufferID?
    }

    /// Most layers that one kernel runs side by side: query, key and value.
    public static let mostLayers = 3

    /// Input (m,k) of all layers.
    public var x: BufferID
    /// The layers, at most `mostLayers`.
    public var layers: [Layer]
    /// Added to the output (m,n).
    public var residual: BufferID?
    /// Rows.
    public var m: Extent
    /// Columns of the input.
    public var k: Extent
    /// Columns of each output.
    public var n: Extent
  }

  /// `hidden (m,M) = x (m,D) up (D,M) + upBias`; `output (m,D) = GELU(hidden) down (M,D) + downBias + residual (m,D)`.
  public struct MLP: Sendable, Hashable {
    /// Input (m,D).
    public var x: BufferID
    /// Kernel of the first layer (D,M).
    public var up: BufferID
    /// Its bias (M).
    public var upBias: BufferID
    /// The hidden layer before GELU (m,M).
    public var hidden: BufferID
    /// Kernel of the second layer (M,D).
    public var down: BufferID
    /// Its bias (D).
    public var downBias: BufferID
    /// Added to the output (m,D).
    public var residual: BufferID?
    /// Output (m,D).
    public var output: BufferID
    /// Rows.
    public var m: Extent
    /// Width of input and output, D.
    public var outer: Extent
    /// Width of the hidden layer, M.
    public var inner: Extent
  }

  /// `output (m,n)` of `x (m,n)`, `scale (n)`, `bias (n)`; `mean (m)`, `deviation (m)` reciprocal.
  public struct LayerNorm: Sendable, Hashable {
    /// Input (m,n).
    public var x: BufferID
    /// Scale (n).
    public var scale: BufferID
    /// Bias (n).
    public var bias: BufferID
    /// Output (m,n).
    public var output: BufferID
    /// Mean of each row (m).
    public var mean: BufferID
    /// Reciprocal deviation of each row (m).
    public var deviation: BufferID
    /// Rows.
    public var m: Extent
    /// Columns, over which it normalises.
    public var n: Extent
  }

  /// `query (B,Q,H,d)`, `key` and `value (B,K,H,d)`, `output (B,Q,H,d)`, `logSum (B,H,Q)`.
  public struct Attention: Sendable, Hashable {
    /// Query, not yet scaled.
    public var query: BufferID
    /// Key.
    public var key: BufferID
    /// Value.
    public var value: BufferID
    /// Output of all heads.
    public var output: BufferID
    /// Logarithm of each row's sum of exponentials.
    public var logSum: BufferID
    /// Axis of the queries.
    public var queries: Axis
    /// Axis of keys and values.
    public var keys: Axis
  }

  /// `hidden (m,M)` before GELU, overwritten by its gradient; `gradient (m,D)` of the output; `input (m,D)` of the
  /// first layer.
  public struct MLPGradient: Sendable, Hashable {
    /// Hidden layer before GELU; afterwards its gradient.
    public var hidden: BufferID
    /// Gradient of the MLP's output.
    public var gradient: BufferID
    /// Input of the first layer.
    public var input: BufferID
    /// Kernel of the second layer (M,D).
    public var down: BufferID
    /// Its gradient.
    public var downGradient: BufferID
    /// Gradient of the first layer's kernel (D,M).
    public var upGradient: BufferID
    /// Gradient of the first layer's bias (M).
    public var upBiasGradient: BufferID
    /// Gradient of the second layer's bias (D).
    public var downBiasGradient: BufferID?
    /// Rows.
    public var m: Extent
    /// Width of the hidden layer, M.
    public var inner: Extent
    /// Width of the output, D.
    public var outer: Extent
    /// Width of the input, D.
    public var into: Extent
  }

  /// `sum_i dy_i (m,n_i) W_i (k,n_i)^T`, or `given (m,k)`; through a layer norm, and onto `output`.
  public struct InputGradient: Sendable, Hashable {
    /// One linear layer in the backward pass.
    public struct Pair: Sendable, Hashable {
      /// Gradient of its output (m,n).
      public var gradient: BufferID
      /// Its weight (k,n).
      public var weight: BufferID
      /// Columns of its output.
      public var n: Extent
    }

    /// The layer norm before the layers.
    public struct Norm: Sendable, Hashable {
      /// Its input (m,k).
      public var x: BufferID
      /// Its scale (k).
      public var scale: BufferID
      /// Mean of each row (m).
      public var mean: BufferID
      /// Reciprocal deviation of each row (m).
      public var deviation: BufferID
      /// Gradient of its scale (k).
      public var scaleGradient: BufferID
      /// Gradient of its bias (k).
      public var biasGradient: BufferID
    }

    /// The layers, at most three.
    public var pairs: [Pair]
    /// The gradient that enters the layer norm if there are no pairs.
    public var given: BufferID?
    /// The layer norm, if there is one.
    public var norm: Norm?
    /// The gradient (m,k).
    public var output: BufferID
    /// Whether `output` already holds the gradient of the residual stream, to which the result is added.
    public var accumulates: Bool
    /// Rows.
    public var m: Extent
    /// Columns.
    public var k: Extent
  }

  /// For each layer, `gradient (k,n) = x (m,k)^T dy (m,n)`, and `biasGradient (n)`, the sums of `dy`'s columns.
  public struct WeightGradient: Sendable, Hashable {
    /// One of the layers.
    public struct Layer: Sendable, Hashable {
      /// Gradient of its output (m,n).
      public var dy: BufferID
      /// Gradient of its weight (k,n).
      public var gradient: BufferID
      /// Gradient of its bias (n).
      public var biasGradient: BufferID?
    }

    /// Input of all layers (m,k).
    public var x: BufferID
    /// The layers, at most three.
    public var layers: [Layer]
    /// Rows.
    public var m: Extent
    /// Columns of the input.
    public var k: Extent
    /// Columns of each output.
    public var n: Extent
  }

  /// For every group g and repeat o: `output[g, o, i] = factor * (source[g, o, i] + other[g, o, i])` over blocks of `length`
  /// elements. A stride of zero repeats a source or, in the output, sums.
  public struct Move: Sendable, Hashable {
    /// Start and strides, in elements.
    public struct View: Sendable, Hashable {
      /// The tensor.
      public var buffer: BufferID
      /// Offset of its first element; nil means zero.
      public var offset = Extent?.none
      /// Stride between groups; nil means zero.
      public var group = Extent?.none
      /// Stride between repeats; nil means zero.
      public var repetition = Extent?.none
    }

    /// The destination.
    public var output: View
    /// The source; nil fills with zeros.
    public var source: View?
    /// Added to the source.
    public var other: View?
    /// Groups.
    public var groups: Extent
    /// Repeats in a group.
    public var repeats: Extent
    /// Elements of a block.
    public var length: Extent
    /// Divisor of the result.
    public var divisor = Extent.one
  }

  /// One parameter's update.
  public struct Update: Sendable, Hashable {
    /// One parameter.
    public struct Item: Sendable, Hashable {
      /// The optimizer.
      public var primitive: Primitive
      /// The parameter, updated in place.
      public var parameter: BufferID
      /// Its gradient.
      public var gradient: BufferID
      /// Its moments, updated in place.
      public var state: [BufferID]
      /// The parameter's axes, for factored moments.
      public var axes: Axes
      /// Type of the first moment.
      public var firstMoment: ElementType
    }

    /// The parameters.
    public var items: [Item]
    /// Factor of clipping.
    public var factor: BufferID?
  }
}

extension HostKernel {
  /// Buffers that are read, including those that are both read and written.
  public var reads: [BufferID] {
    switch self {
    case .patches(let images, _): [images]
    case .linear(let l): [l.x] + l.layers.flatMap { [$0.weight, $0.bias] } + [l.residual].compactMap { $0 }
    case .mlp(let l): [l.x, l.up, l.upBias, l.down, l.downBias] + [l.residual].compactMap { $0 }
    case .layerNorm(let l): [l.x, l.scale, l.bias]
    case .normalize(let l): [l.x, l.scale, l.bias, l.mean, l.deviation]
    case .attention(let a): [a.query, a.key, a.value]
    case .attentionGradient(let a, let dy): [a.query, a.key, a.value, a.output, a.logSum, dy]
    case .mlpGradient(let g): [g.hidden, g.gradient, g.input, g.down]
    case .inputGradient(let g):
      g.pairs.flatMap { [$0.gradient, $0.weight] } + [g.given].compactMap { $0 }
        + (g.norm.map { [$0.x, $0.scale, $0.mean, $0.deviation] } ?? []) + (g.accumulates ? [g.output] : [])
    case .weightGradient(let g): [g.x] + g.layers.map(\.dy)
    case .move(let m): [m.source, m.other].compactMap { $0?.buffer }
    case .loss(let logits, let labels, _, _, _), .lossGradient(let logits, let labels, _, _, _): [logits, labels]
    case .clipFactor(let gradients, _): gradients
    case .update(let u): u.items.flatMap { [$0.parameter, $0.gradient] + $0.state } + [u.factor].compactMap { $0 }
    case .reference(_, let inputs, _): inputs
    }
  }

  /// Buffers that are written.
  public var writes: [BufferID] {
    switch self {
    case .patches(_, let output): [output]
    case .linear(let l): l.layers.flatMap { [$0.output, $0.activated].compactMap { $0 } }
    case .mlp(let l): [l.hidden, l.output]
    case .layerNorm(let l): [l.output, l.mean, l.deviation]
    case .normalize(let l): [l.output]
    case .attention(let a): [a.output, a.logSum]
    case .attentionGradient(let a, _): [a.query, a.key, a.value]
    case .mlpGradient(let g):
      [g.hidden, g.downGradient, g.upGradient, g.upBiasGradient] + [g.downBiasGradient].compactMap { $0 }
    case .inputGradient(let g): [g.output] + (g.norm.map { [$0.scaleGradient, $0.biasGradient] } ?? [])
    case .weightGradient(let g): g.layers.flatMap { [$0.gradient, $0.biasGradient].compactMap { $0 } }
    case .move(let m): [m.output.buffer]
    case .loss(_, _, _, _, let loss): [loss]
    case .lossGradient(_, _, _, _, let gradient): [gradient]
    case .clipFactor(_, let factor): [factor]
    case .update(let u): u.items.flatMap { [$0.parameter] + $0.state }
    case .reference(_, _, let outputs): outputs
    }
  }
}

/// A kernel with its phase and part of the model.
public struct HostOperation: Sendable, Hashable {
  /// The kernel.
  public var kernel: HostKernel
  /// Phase of the step.
  public var phase: Phase
  /// Part of the model.
  public var scope: Scope
}

extension HostKernel {
  /// The kernel's name without its payload: `linear`, `attentionGradient`.
  public var name: String {
    switch self {
    case .patches: "patches"
    case .linear: "linear"
    case .mlp: "mlp"
    case .layerNorm: "layerNorm"
    case .normalize: "normalize"
    case .attention: "attention"
    case .attentionGradient: "attentionGradient"
    case .mlpGradient: "mlpGradient"
    case .inputGradient: "inputGradient"
    case .weightGradient: "weightGradient"
    case .move: "move"
    case .loss: "loss"
    case .lossGradient: "lossGradient"
    case .clipFactor: "clipFactor"
    case .update: "update"
    case .reference(let operation, _, _): operation.primitive.name
    }
  }
}
