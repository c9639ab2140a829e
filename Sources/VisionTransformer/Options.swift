/// How the encoder's output becomes one vector an image.
///
/// Source: arXiv 2106.04560 section 3.2.
public enum Head: String, Sendable, Hashable, CaseIterable, Codable {
  /// A learned `[class]` token is prepended to the patches and read out at the end: N + 1 tokens.
  case token
  /// Global average pooling over the tokens.
  case gap
  /// Multi-head attention pooling: a learned probe attends to the tokens, then an MLP block with a residual.
  case map
}

/// The optimizer, which decides how many bytes of state each parameter has.
///
/// Source: arXiv 2106.04560 section 3.4.
public enum Optimizer: String, Sendable, Hashable, CaseIterable, Codable {
  /// Plain gradient descent without momentum: no state.
  case sgd
  /// Gradient descent with one float32 momentum a parameter, as Optax's `trace` and PyTorch's `SGD` keep it.
  case sgdMomentum = "sgd-momentum"
  /// Adam with two float32 moments.
  case adam
  /// Adam with a bfloat16 first moment ("half-precision Adam").
  case adamHalf = "adam-half"
  /// The paper's modified Adafactor: bfloat16 first moment, factored second moment.
  case adafactor
}

extension Optimizer {
  /// Whether it is plain gradient descent, with or without momentum. None of the Vision Transformers here was published
  /// with it, so it is supported but never suggested in place of another.
  public var isDescent: Bool { self == .sgd || self == .sgdMomentum }
}

/// Precision of the activations; parameters are always float32.
public enum Precision: String, Sendable, Hashable, CaseIterable, Codable {
  /// 16-bit brain floating point.
  case bfloat16
  /// 32-bit IEEE floating point.
  case float32
}

/// Gradient clipping before the optimizer.
public enum GradientClipping: String, Sendable, Hashable, CaseIterable, Codable {
  /// No clipping.
  case none
  /// All gradients are scaled by one factor so that their global norm is at most 1.0; this keeps every gradient alive
  /// at once.
  case globalNorm = "global-norm"
}

/// What is recomputed in the backward pass instead of being kept from the forward pass.
public enum Rematerialization: String, Sendable, Hashable, CaseIterable, Codable {
  /// The compiler recomputes by itself when the live peak comes near the limit (the default on TPUs).
  case automatic
  /// Nothing is recomputed: the live peak itself is held against the limit.
  case none
  /// Every encoder block keeps only its input and is recomputed in the backward pass (`jax.checkpoint` for each block).
  case full
}

/// Whether the encoder blocks are written out one by one or looped over.
public enum Layers: String, Sendable, Hashable, CaseIterable, Codable {
  /// Every block has its own instructions (a Python loop over layers).
  case unrolled
  /// One block's instructions in a loop over stacked parameters (`nn.scan`).
  case scanned
}
