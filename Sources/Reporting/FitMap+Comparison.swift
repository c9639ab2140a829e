import VisionTransformer

extension FitMap {
  /// How the shapes that fit change from one batch or image size to the next.
  public struct Change: Sendable, Hashable {
    /// `8 images to 32 images`.
    public var step: String
    /// Shapes that fit in some setting after the step and in none before.
    public var gained: Int
    /// Shapes that fit in some setting before the step and in none after.
    public var lost: Int
  }

  /// From each batch to the next larger one, or, for a single batch, from each image size to the next; only from first
  /// to last if there are many. Only shapes with an answer for both count, and only certain fits.
  public var changes: [Change] {
    if batches.count > 1 { return changes(batches, \.batch) { images($0) } }
    return imageSizes.count > 1 ? changes(imageSizes, \.imageSize) { "\($0) px" } : []
  }

  private static let mostSteps = 4

  private func changes(
    _ values: Set<Int>, _ key: WritableKeyPath<Plane, Int>, _ name: (Int) -> String
  ) -> [Change] {
    let sorted = values.sorted()
    var steps = Array(zip(sorted, sorted.dropFirst()))
    if steps.count > Self.mostSteps, let first = sorted.first, let last = sorted.last { steps = [(first, last)] }
    return steps.map { before, after in
      var change = Change(step: "\(name(before)) to \(name(after))", gained: 0, lost: 0)
      for column in allColumns where column.plane[keyPath: key] == before {
        var plane = column.plane
        plane[keyPath: key] = after
        for (depth, cell) in allDepths(column) {
          guard let next = self.cell(plane, width: column.width, depth: depth) else { continue }
          switch (cell.firstFitting != nil, next.firstFitting != nil) {
          case (false, true): change.gained += 1
          case (true, false): change.lost += 1
          default: break
          }
        }
      }
      return change
    }
  }
}
