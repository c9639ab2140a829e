/// What a parameter is, as far as devices reduce and update parameters differently. The model says it where it declares one; nothing
/// has to be read off names or axes.
public enum ParameterKind: UInt8, Sendable, Hashable, CaseIterable {
  /// Query, key, value or output projection, (D, H, d) or (H, d, D).
  case attentionKernel
  /// Either product of an MLP, (D, M) or (M, D).
  case mlpKernel
  /// The classifier, (D, C).
  case classifier
  /// The patch embedding, (P, P, 3, D).
  case patchKernel
  /// The positional embedding, (1, T, D).
  case positions
  /// Biases, norms, class token and probe.
  case vector
}

/// A matrix product of the model, by what it is for.
public enum Product: UInt8, Sendable, Hashable, CaseIterable {
  /// One of query, key and value: (B, t, D) and a kernel to (B, t, H, d).
  case projection
  /// Queries and keys to logits (B, H, t, T).
  case attentionLogits
  /// Attention weights and values to (B, t, H, d).
  case attentionMix
  /// What attention mixed, and a kernel, to (B, t, D).
  case attentionOutput
  /// Into the MLP's hidden layer.
  case mlpUp
  /// Out of it.
  case mlpDown
  /// To the classes.
  case classifier

  /// An operand of a product.
  public enum Operand: UInt8, Sendable, Hashable, CaseIterable {
    /// The first: activations, or queries, or attention weights.
    case left
    /// The second: a kernel, or keys, or values.
    case right
  }
}
