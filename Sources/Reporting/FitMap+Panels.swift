import VisionTransformer

extension FitMap {
  /// The axes in which panels can differ, as a user names them.
  public enum PanelAxis: String, CaseIterable, Sendable, Hashable {
    case mlpWidth, batch, patch, imageSize, heads
  }

  /// One picture of the map: width across, depth down, everything else fixed, as a number or as a ratio to the width.
  public struct Panel: Sendable, Hashable, Comparable {
    /// Images a core.
    public var batch: Int
    /// Image side in pixels.
    public var imageSize: Int
    /// Patch side in pixels.
    public var patch: Int
    /// Attention heads at each width.
    public var heads: Grid.Axis.Rule
    /// MLP-width at each width.
    public var mlpWidth: Grid.Axis.Rule

    /// A panel.
    public init(batch: Int, imageSize: Int, patch: Int, heads: Grid.Axis.Rule, mlpWidth: Grid.Axis.Rule) {
      self.batch = batch
      self.imageSize = imageSize
      self.patch = patch
      self.heads = heads
      self.mlpWidth = mlpWidth
    }

    /// The panel's value on an axis.
    subscript(axis: PanelAxis) -> Grid.Axis.Rule {
      switch axis {
      case .mlpWidth: mlpWidth
      case .batch: .value(batch)
      case .patch: .value(patch)
      case .imageSize: .value(imageSize)
      case .heads: heads
      }
    }

    /// The plane that the panel shows at a width; nil if its heads do not divide the width.
    func plane(width: Int) -> Plane? {
      guard let heads = heads.value(width: width), let mlpWidth = mlpWidth.value(width: width) else { return nil }
      return Plane(batch: batch, imageSize: imageSize, patch: patch, heads: heads, mlpWidth: mlpWidth)
    }

    /// Whether a shape belongs to the panel, if it has an answer.
    func holds(_ shape: Shape) -> Bool {
      shape.patch == patch && heads.value(width: shape.width) == shape.heads
        && mlpWidth.value(width: shape.width) == shape.mlpWidth
    }

    /// Ordered by batch, image size and patch, then by heads and MLP-width.
    public static func < (a: Panel, b: Panel) -> Bool {
      (a.batch, a.imageSize, a.patch, a.heads, a.mlpWidth) < (b.batch, b.imageSize, b.patch, b.heads, b.mlpWidth)
    }
  }

  /// Every panel that has a shape, in order.
  public var panels: [Panel] {
    let heads = rules(\.heads, of: axes?.heads, ratio: Self.partOfWidth)
    let mlpWidths = rules(\.mlpWidth, of: axes?.mlpWidth, ratio: Self.ratioToWidth)
    var panels: Set<Panel> = []
    for column in allColumns {
      let plane = column.plane
      for heads in heads.giving(plane.heads, width: column.width) {
        for mlpWidth in mlpWidths.giving(plane.mlpWidth, width: column.width) {
          panels.insert(
            Panel(
              batch: plane.batch, imageSize: plane.imageSize, patch: plane.patch, heads: heads, mlpWidth: mlpWidth))
        }
      }
    }
    return panels.sorted()
  }

  /// The cell of one shape of a panel; nil if there is no answer.
  public func cell(_ panel: Panel, width: Int, depth: Int) -> Cell? {
    panel.plane(width: width).flatMap { cell($0, width: width, depth: depth) }
  }

  /// Whether a shape of a panel has a compiler's answer in any setting.
  func isCompiled(_ panel: Panel, width: Int, depth: Int) -> Bool {
    guard !compiledVerdicts.isEmpty, let plane = panel.plane(width: width) else { return false }
    return compiledVerdicts[Place(column: Column(plane: plane, width: width), depth: depth)] != nil
  }

  /// The rules of panels on an axis: as they were written, otherwise numbers or ratios, whichever are fewer.
  private func rules(
    _ value: KeyPath<Plane, Int>, of axis: Grid.Axis?, ratio: (_ value: Int, _ width: Int) -> Grid.Axis.Rule?
  ) -> PanelRules {
    if let axis { return PanelRules(axis.rules) }
    let numbers = Set(allColumns.map { $0.plane[keyPath: value] })
    var ratios: Set<Grid.Axis.Rule> = []
    for column in allColumns {
      guard let rule = ratio(column.plane[keyPath: value], column.width) else {
        return PanelRules(numbers: numbers, relative: [])
      }
      ratios.insert(rule)
    }
    return ratios.count < numbers.count
      ? PanelRules(numbers: [], relative: Array(ratios)) : PanelRules(numbers: numbers, relative: [])
  }

  private static func partOfWidth(_ heads: Int, _ width: Int) -> Grid.Axis.Rule? {
    heads > 0 && width % heads == 0 ? .widthOver(width / heads) : nil
  }

  /// The ratio, to four decimal places, that gives the MLP-width exactly.
  private static func ratioToWidth(_ mlpWidth: Int, _ width: Int) -> Grid.Axis.Rule? {
    guard width > 0, mlpWidth > 0, mlpWidth < 1 << 40 else { return nil }
    let ratio = Grid.Ratio(tenThousandths: max(1, (mlpWidth * 10_000 + width / 2) / width))
    let rule = Grid.Axis.Rule.ratio(ratio, rounding: 1)
    return rule.value(width: width) == mlpWidth ? rule : nil
  }
}

/// The rules of an axis, prepared for finding those that give a number.
private struct PanelRules {
  let numbers: Set<Int>
  let relative: [Grid.Axis.Rule]

  init(numbers: Set<Int>, relative: [Grid.Axis.Rule]) {
    self.numbers = numbers
    self.relative = relative
  }

  init(_ rules: [Grid.Axis.Rule]) {
    var numbers: Set<Int> = [], relative: [Grid.Axis.Rule] = []
    for rule in rules {
      if case .value(let number) = rule { numbers.insert(number) } else { relative.append(rule) }
    }
    self.init(numbers: numbers, relative: relative)
  }

  func giving(_ number: Int, width: Int) -> [Grid.Axis.Rule] {
    (numbers.contains(number) ? [.value(number)] : []) + relative.filter { $0.value(width: width) == number }
  }
}
