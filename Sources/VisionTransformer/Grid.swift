/// A grid of configurations: axes over the shape, named settings of everything else, and constraints.
///
/// Pure data: a grid of 10^12 configurations takes no more memory than one of ten. `columns` enumerates it with depth
/// innermost, because an estimate over depth is a closed form.
public struct Grid: Sendable, Hashable {
  /// What can vary over a grid.
  public enum Key: String, CaseIterable, Sendable, Hashable {
    case depth, width, heads, mlpWidth, patch, batch, imageSize
  }

  /// One setting of a grid: a name and everything that is not an axis.
  ///
  /// Figure 8 has three: the original ViT, MAP with half-precision Adam, and MAP with Adafactor.
  public struct Setting: Sendable, Hashable {
    /// Name, unique within the grid.
    public var name: String
    /// One line for people.
    public var label: String
    /// Colour in a map.
    public var colour: Colour?
    /// Head, optimizer and all other options; its batch and image size are ignored, because they are axes.
    public var template: Configuration.Setting

    /// A setting.
    public init(name: String, label: String = "", colour: Colour? = nil, template: Configuration.Setting) {
      self.name = name
      self.label = label
      self.colour = colour
      self.template = template
    }

    /// The label, or the name where there is none.
    public var title: String { label.isEmpty ? name : label }
  }

  /// Colours of settings in a map.
  public enum Colour: String, CaseIterable, Sendable, Hashable {
    case orange, green, blue, purple, red, grey
  }

  /// A named shape to mark on a map.
  public struct Mark: Sendable, Hashable {
    /// Name, such as `ViT-G/14`.
    public var name: String
    /// The shape.
    public var shape: Shape

    /// A mark.
    public init(name: String, shape: Shape) {
      self.name = name
      self.shape = shape
    }
  }

  /// How many configurations a grid yields, and how many of its points it leaves out.
  public struct Tally: Sendable, Hashable {
    /// Configurations that the grid yields.
    public var configurations: Int
    /// Points that are not configurations: the heads do not divide the width, or the image is smaller than the patch.
    public var skipped: Int
    /// Points that a constraint excludes.
    public var excluded: Int
  }

  /// The largest number of points that a grid may have.
  public static let largestCount = 1_000_000_000_000

  /// The axes.
  public let axes: Axes
  /// The settings, at least one.
  public let settings: [Setting]
  /// Which points are left out.
  public let constraints: Constraints
  /// Named shapes to mark on a map.
  public var marks: [Mark]
  /// How many configurations there are.
  public let tally: Tally

  /// A grid, checked and counted.
  ///
  /// Counting takes a loop over the widths and their heads and MLP-widths, never over depth.
  ///
  /// - Throws: `ConfigurationError` when an axis leaves `Configuration.Limits`, a setting is invalid or named twice, or the
  ///   grid has more than 10^12 points.
  public init(
    axes: Axes, settings: [Setting] = [], constraints: Constraints = Constraints(), marks: [Mark] = []
  ) throws(ConfigurationError) {
    let settings =
      settings.isEmpty ? [Setting(name: "default", template: Configuration.Setting())] : settings
    self.axes = axes
    self.settings = settings
    self.constraints = constraints
    self.marks = marks
    try axes.validated()
    for (index, setting) in settings.enumerated() {
      if settings[..<index].contains(where: { $0.name == setting.name }) {
        throw ConfigurationError(key: "settings", value: "\"\(setting.name)\"", rule: "is the name of two settings")
      }
      try setting.template.checkApartFromAxes()
      var largest = Configuration(shape: axes.largestShape, setting: setting.template)
      largest.batch = axes.batch.largest(width: 1)
      largest.imageSize = axes.imageSize.largest(width: 1)
      guard largest.stepBytesBound < Configuration.Limits.stepBytes else {
        throw ConfigurationError(
          key: "", value: "this grid",
          rule: "has configurations that need more than 2^58 bytes; check batch, imageSize and patch")
      }
    }
    tally = try Tally(axes: axes, settings: settings.count, constraints: constraints)
  }

  /// Configurations that the grid yields.
  public var count: Int { tally.configurations }

  /// Whether the shape is on the grid.
  public func contains(_ shape: Shape) -> Bool {
    shape.heads >= 1 && shape.width >= 1 && shape.width % shape.heads == 0
      && Key.allCases.allSatisfy { key in
        guard let value = shape[key] else { return true }
        return axes[key].values(width: shape.width).contains(value)
      }
      && constraints.allow(heads: shape.heads, width: shape.width)
      && constraints.allow(mlpWidth: shape.mlpWidth, width: shape.width)
      && axes.imageSize.values(width: 1).contains {
        $0 >= shape.patch && constraints.allow(imageSize: $0, patch: shape.patch)
      }
  }
}

extension Shape {
  /// The shape's value on an axis; nil for an axis that is not part of the shape.
  public subscript(key: Grid.Key) -> Int? {
    switch key {
    case .depth: depth
    case .width: width
    case .heads: heads
    case .mlpWidth: mlpWidth
    case .patch: patch
    case .batch, .imageSize: nil
    }
  }
}
