/// The kind of a parameter, for devices that reduce and update kinds differently. The model states it at the
/// declaration, so that nothing is inferred from names or axes.
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

/// The role of a matrix product in the model.
public enum Product: UInt8, Sendable, Hashable, CaseIterable {
  /// One of query, key and value: (B, t, D) and a kernel to (B, t, H, d).
  case projection
  /// Queries and keys to logits (B, H, t, T).
  case attentionLogits
  /// Attention weights and values to (B, t, H, d).
  case attentionMix
  /// Output projection: the result of `attentionMix` and a kernel to (B, t, D).
  case attentionOutput
  /// The MLP's first product, to the hidden layer.
  case mlpUp
  /// The MLP's second product, from the hidden layer.
  case mlpDown
  /// The classifier's product.
  case classifier

  /// An operand of a product.
  public enum Operand: UInt8, Sendable, Hashable, CaseIterable {
    /// The first: activations, queries, or attention weights.
    case left
    /// The second: a kernel, keys, or values.
    case right
  }
}
