import TrainingStep

/// The purpose of a buffer on the host: the terms of a step's breakdown.
public enum HostPurpose: Int, Sendable, Hashable, CaseIterable {
  /// A trainable parameter, updated in place.
  case parameter
  /// State of the optimizer, updated in place.
  case optimizerState
  /// Images and labels.
  case input
  /// Kept from the forward pass for the backward pass.
  case activation
  /// Gradient of a parameter.
  case gradient
  /// Everything else.
  case workspace
}

/// A tensor in the memory of the host, without padding.
public struct HostBuffer: Sendable, Hashable {
  /// Number of elements.
  public var extent: Extent
  /// Type of the elements.
  public var element: ElementType
  /// Its purpose.
  public var purpose: HostPurpose
  /// The tensor that it holds first, for people: `block3/mlp/up/kernel`, `gelu`.
  public var name: String

  /// A buffer.
  public init(_ extent: Extent, _ element: ElementType = .float32, _ purpose: HostPurpose, name: String) {
    self.extent = extent
    self.element = element
    self.purpose = purpose
    self.name = name
  }

  /// Whether it exists before and after the step.
  public var isPersistent: Bool {
    switch purpose {
    case .parameter, .optimizerState, .input: true
    case .activation, .gradient, .workspace: false
    }
  }

  /// Bytes it takes in the arena: whole cache lines.
  public func bytes(_ sizes: AxisSizes) -> Int { Arena.aligned(extent(sizes) * element.size) }
}

/// A buffer by its index in `HostProgram.buffers`.
public struct BufferID: Sendable, Hashable {
  /// Index in `HostProgram.buffers`.
  public var index: Int

  /// The buffer at `index`.
  public init(_ index: Int) { self.index = index }
}
