extension Grid.Tally {
  /// Limit on the work of counting: widths times heads and MLP-widths.
  private static let largestWork = 100_000_000.0

  /// Counts a grid without enumerating it: the axes are independent, except that heads and MLP-widths depend on the
  /// width.
  ///
  /// - Throws: `ConfigurationError` for more than `Grid.largestCount` points.
  init(axes: Grid.Axes, settings: Int, constraints: Grid.Constraints) throws(ConfigurationError) {
    func size(_ key: Grid.Key) -> Double { axes[key].items.reduce(0) { $0 + Double($1.count) } }
    let points = Grid.Key.allCases.reduce(Double(settings)) { $0 * size($1) }
    let work = size(.width) * (size(.heads) + size(.mlpWidth)) + size(.imageSize) * size(.patch)
    guard points <= Double(Grid.largestCount), work <= Self.largestWork else {
      throw ConfigurationError(
        key: "", value: "this grid",
        rule: "has some \(fixed(points, digits: 0)) points, more than the \(Grid.largestCount) that can be enumerated; "
          + "use larger steps")
    }
    var shapes = Self(configurations: 0, skipped: 0, excluded: 0)
    for width in axes.width.values(width: 1) {
      var heads = Self(configurations: 0, skipped: axes.heads.undivided(width: width), excluded: 0)
      for count in axes.heads.values(width: width) {
        if width % count != 0 {
          heads.skipped += 1
        } else if constraints.allow(heads: count, width: width) {
          heads.configurations += 1
        } else {
          heads.excluded += 1
        }
      }
      let mlpWidths = axes.mlpWidth.values(width: width)
      let allowed = mlpWidths.count { constraints.allow(mlpWidth: $0, width: width) }
      shapes.configurations += heads.configurations * allowed
      shapes.skipped += heads.skipped * mlpWidths.count
      shapes.excluded += heads.excluded * mlpWidths.count + heads.configurations * (mlpWidths.count - allowed)
    }
    var images = Self(configurations: 0, skipped: 0, excluded: 0)
    for imageSize in axes.imageSize.values(width: 1) {
      for patch in axes.patch.values(width: 1) {
        if imageSize < patch {
          images.skipped += 1
        } else if constraints.allow(imageSize: imageSize, patch: patch) {
          images.configurations += 1
        } else {
          images.excluded += 1
        }
      }
    }
    let others = axes.batch.fixedValues.count * axes.depth.fixedValues.count * settings
    let allShapes = shapes.configurations + shapes.skipped + shapes.excluded
    configurations = shapes.configurations * images.configurations * others
    skipped = (shapes.skipped * images.configurations + allShapes * images.skipped) * others
    excluded = (shapes.excluded * images.configurations + allShapes * images.excluded) * others
  }
}
