extension Grid {
  /// The seven axes of a grid; an axis left out takes the contract's default.
  public struct Axes: Sendable, Hashable {
    /// Encoder blocks.
    public var depth: Axis
    /// Widths of the residual stream.
    public var width: Axis
    /// Attention heads, or ratios of the width (`width/64`).
    public var heads: Axis
    /// Hidden widths of the MLP, or ratios of the width (`3x..6x by 0.5x`).
    public var mlpWidth: Axis
    /// Patch sides in pixels.
    public var patch: Axis
    /// Images a core.
    public var batch: Axis
    /// Image sides in pixels.
    public var imageSize: Axis

    /// Axes.
    public init(
      depth: Axis, width: Axis, heads: Axis, mlpWidth: Axis, patch: Axis,
      batch: Axis = Axis([Configuration.Defaults.batch]), imageSize: Axis = Axis([Configuration.Defaults.imageSize])
    ) {
      self.depth = depth
      self.width = width
      self.heads = heads
      self.mlpWidth = mlpWidth
      self.patch = patch
      self.batch = batch
      self.imageSize = imageSize
    }

    /// The axis of a key.
    public subscript(key: Key) -> Axis {
      get { self[keyPath: Self.path(key)] }
      set { self[keyPath: Self.path(key)] = newValue }
    }

    private static func path(_ key: Key) -> WritableKeyPath<Axes, Axis> {
      switch key {
      case .depth: \.depth
      case .width: \.width
      case .heads: \.heads
      case .mlpWidth: \.mlpWidth
      case .patch: \.patch
      case .batch: \.batch
      case .imageSize: \.imageSize
      }
    }

    /// A shape, not necessarily on the grid, that costs at least as much as every shape of the grid.
    var largestShape: Shape {
      let width = width.largest(width: 1)
      return Shape(
        width: width, depth: depth.largest(width: 1), mlpWidth: mlpWidth.largest(width: width),
        heads: min(heads.largest(width: width), width), patch: patch.values(width: 1).first ?? 1)
    }

    /// Checks that every axis has a value, that values are within the limits, and that ratios appear only where they
    /// make sense.
    func validated() throws(ConfigurationError) {
      for key in Key.allCases {
        let axis = self[key]
        guard !axis.items.isEmpty else {
          throw ConfigurationError(key: key.rawValue, value: "nothing", rule: "needs at least one value")
        }
        for item in axis.items {
          switch item {
          case .values: break
          case .ratios where key != .mlpWidth:
            throw ConfigurationError(
              key: key.rawValue, value: "\(axis)",
              rule: "a ratio to the width is for mlpWidth" + (key == .heads ? "; for heads write width/64" : ""))
          case .widthOver where key != .heads:
            throw ConfigurationError(
              key: key.rawValue, value: "\(axis)",
              rule: "width/64 is for heads" + (key == .mlpWidth ? "; for mlpWidth write a ratio such as 4x" : ""))
          case .ratios, .widthOver: break
          }
        }
      }
      let widest = width.largest(width: 1)
      for key in Key.allCases {
        let smallest = self[key].fixedValues.first ?? 1, largest = self[key].largest(width: widest)
        let limit = key.limit
        for value in [smallest, largest] where value < 1 || value > limit {
          throw ConfigurationError(key: key.rawValue, value: "\(value)", rule: "must be between 1 and \(limit)")
        }
      }
    }
  }
}

extension Grid.Key {
  /// Largest value on the axis.
  var limit: Int {
    switch self {
    case .depth: Configuration.Limits.depth
    case .width, .heads: Configuration.Limits.width
    case .mlpWidth: Configuration.Limits.mlpWidth
    case .patch, .imageSize: Configuration.Limits.imageSize
    case .batch: Configuration.Limits.batch
    }
  }
}
