import TrainingStep

/// The parameters that differ in how they are reduced and updated.
enum ParameterKind: Hashable, Sendable {
  /// Query, key, value or output projection, (D, H, d).
  case attentionKernel
  /// Either product of an MLP, (D, M).
  case mlpKernel
  /// The classifier, (D, C).
  case classifier
  /// The patch embedding, (P, P, 3, D).
  case patchKernel
  /// The positional embedding, (1, T, D).
  case positions
  /// Biases, norms, class token and probe.
  case vector

  init(_ axes: [Axis]) {
    if axes.contains(.headWidth), axes.contains(.width) {
      self = .attentionKernel
    } else if axes.contains(.mlpWidth), axes.contains(.width) {
      self = .mlpKernel
    } else if axes.contains(.classes), axes.contains(.width) {
      self = .classifier
    } else if axes.contains(.patchRows) {
      self = .patchKernel
    } else if axes.contains(.tokens) {
      self = .positions
    } else {
      self = .vector
    }
  }
}
