/// All depths of one block shape in one setting, which one closed form answers at once.
public struct GridColumn: Sendable, Hashable {
  /// The configuration at the first depth.
  public var configuration: Configuration
  /// The depths, ascending; the same list for every column of a grid.
  public var depths: [Int]
  /// Index of the setting in `Grid.settings`.
  public var setting: Int

  /// The configurations of the column, by depth.
  public var configurations: some Sequence<Configuration> {
    depths.lazy.map { depth in
      var configuration = configuration
      configuration.shape.depth = depth
      return configuration
    }
  }
}

extension Grid {
  /// The grid's columns, made one at a time: image size outermost, then patch, batch, width, heads, MLP-width, setting.
  public var columns: Columns { Columns(grid: self) }

  /// Every configuration of the grid, made one at a time, with depth innermost.
  public var configurations: some Sequence<Configuration> { columns.lazy.flatMap(\.configurations) }

  /// The columns of a grid, in constant memory.
  public struct Columns: Sequence, Sendable {
    /// The grid.
    public let grid: Grid

    /// An iterator from the first column.
    public func makeIterator() -> Iterator { Iterator(grid) }

    /// Walks the axes like an odometer.
    public struct Iterator: IteratorProtocol, Sendable {
      private let grid: Grid
      private var images: Odometer
      private var widths: Odometer
      private var blocks: Odometer
      private var heads: [Int] = []
      private var mlpWidths: [Int] = []

      init(_ grid: Grid) {
        self.grid = grid
        images = Odometer([
          grid.axes.imageSize.fixedValues.count, grid.axes.patch.fixedValues.count, grid.axes.batch.fixedValues.count,
        ])
        widths = Odometer([])
        blocks = Odometer([])
      }

      /// The next column, nil at the end.
      public mutating func next() -> GridColumn? {
        while !blocks.advance() {
          guard nextWidth() else { return nil }
        }
        let setting = blocks[2]
        var configuration = Configuration(
          shape: Shape(
            width: grid.axes.width.fixedValues[widths[0]], depth: grid.axes.depth.fixedValues[0],
            mlpWidth: mlpWidths[blocks[1]], heads: heads[blocks[0]],
            patch: grid.axes.patch.fixedValues[images[1]]),
          setting: grid.settings[setting].template)
        configuration.imageSize = grid.axes.imageSize.fixedValues[images[0]]
        configuration.batch = grid.axes.batch.fixedValues[images[2]]
        return GridColumn(configuration: configuration, depths: grid.axes.depth.fixedValues, setting: setting)
      }

      /// Moves to the next width, or to the next image size after the last width.
      private mutating func nextWidth() -> Bool {
        while !widths.advance() {
          guard images.advance() else { return false }
          let imageSize = grid.axes.imageSize.fixedValues[images[0]]
          let patch = grid.axes.patch.fixedValues[images[1]]
          let isUsable = imageSize >= patch && grid.constraints.allow(imageSize: imageSize, patch: patch)
          widths = Odometer([isUsable ? grid.axes.width.fixedValues.count : 0])
        }
        let width = grid.axes.width.fixedValues[widths[0]]
        heads = grid.axes.heads.values(width: width).filter {
          width % $0 == 0 && grid.constraints.allow(heads: $0, width: width)
        }
        mlpWidths = grid.axes.mlpWidth.values(width: width).filter {
          grid.constraints.allow(mlpWidth: $0, width: width)
        }
        blocks = Odometer([heads.count, mlpWidths.count, grid.settings.count])
        return true
      }
    }
  }
}

/// Counts through the index vectors of a few nested loops, the last index fastest.
private struct Odometer: Sendable {
  private let sizes: [Int]
  private var indices: [Int]
  private var isStarted = false
  private var isThrough = false

  /// Loops of the given sizes; with no sizes there are no vectors.
  init(_ sizes: [Int]) {
    self.sizes = sizes
    indices = sizes.map { _ in 0 }
  }

  subscript(place: Int) -> Int { indices[place] }

  /// Moves to the next vector (on the first call, to the first); false at the end.
  mutating func advance() -> Bool {
    guard !isThrough, !sizes.isEmpty, !sizes.contains(0) else { return false }
    guard isStarted else {
      isStarted = true
      return true
    }
    for place in sizes.indices.reversed() {
      indices[place] += 1
      if indices[place] < sizes[place] { return true }
      indices[place] = 0
    }
    isThrough = true
    return false
  }
}
