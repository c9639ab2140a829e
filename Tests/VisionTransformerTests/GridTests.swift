import Testing

@testable import VisionTransformer

@Suite struct GridTests {
  static func axes(
    depth: String = "1..3", width: String = "64..256 by 64", heads: String = "2, 4", mlpWidth: String = "4x",
    patch: String = "16", batch: String = "8", imageSize: String = "224"
  ) throws -> Grid.Axes {
    Grid.Axes(
      depth: try Grid.Axis(parsing: depth), width: try Grid.Axis(parsing: width), heads: try Grid.Axis(parsing: heads),
      mlpWidth: try Grid.Axis(parsing: mlpWidth), patch: try Grid.Axis(parsing: patch),
      batch: try Grid.Axis(parsing: batch), imageSize: try Grid.Axis(parsing: imageSize))
  }

  static func settings(_ heads: [Head]) -> [Grid.Setting] {
    heads.map { head in
      Grid.Setting(
        name: head.rawValue,
        template: Configuration.Setting(head: head, optimizer: .adam))
    }
  }

  /// The grid's points by plain nested loops over everything, as a reference for counting and enumeration.
  static func reference(_ grid: Grid) -> [Configuration] {
    var found: [Configuration] = []
    let axes = grid.axes
    for imageSize in axes.imageSize.values(width: 1) {
      for patch in axes.patch.values(width: 1) where patch <= imageSize {
        let patches = (imageSize / patch) * (imageSize / patch)
        guard inside(grid, .patches, Double(patches)) else { continue }
        for batch in axes.batch.values(width: 1) {
          for width in axes.width.values(width: 1) {
            for heads in axes.heads.values(width: width) where width % heads == 0 {
              guard inside(grid, .headWidth, Double(width / heads)) else { continue }
              for mlpWidth in axes.mlpWidth.values(width: width) {
                guard inside(grid, .mlpRatio, Double(mlpWidth) / Double(width)) else { continue }
                for setting in grid.settings {
                  for depth in axes.depth.values(width: 1) {
                    let shape = Shape(width: width, depth: depth, mlpWidth: mlpWidth, heads: heads, patch: patch)
                    var configuration = Configuration(shape: shape, setting: setting.template)
                    configuration.imageSize = imageSize
                    configuration.batch = batch
                    found.append(configuration)
                  }
                }
              }
            }
          }
        }
      }
    }
    return found
  }

  private static func inside(_ grid: Grid, _ key: Grid.Constraints.Key, _ value: Double) -> Bool {
    guard let bounds = grid.constraints.bounds[key] else { return true }
    let lower = bounds.lower.map { Double($0.tenThousandths) / 10_000 } ?? 0
    let upper = bounds.upper.map { Double($0.tenThousandths) / 10_000 } ?? .infinity
    return lower <= value && value <= upper
  }

  static func grids() throws -> [Grid] {
    let headWidths = Grid.Constraints([.headWidth: try Grid.Bounds(parsing: "16..64")])
    let all = Grid.Constraints([
      .headWidth: try Grid.Bounds(parsing: "..100"), .mlpRatio: try Grid.Bounds(parsing: "2.5..4"),
      .patches: try Grid.Bounds(parsing: "50..300"),
    ])
    return [
      try Grid(axes: axes()),
      try Grid(axes: axes(heads: "2, 3, 5, width/64"), settings: settings([.token, .map])),
      try Grid(axes: axes(width: "96, 100, 128", heads: "width/64, width/50")),
      try Grid(axes: axes(heads: "1, 2, 4"), constraints: headWidths),
      try Grid(
        axes: axes(mlpWidth: "2x..5x by 0.5x, rounded to 64", patch: "14, 16, 32", imageSize: "8, 224, 384"),
        settings: settings([.token, .gap, .map]), constraints: all),
      try Grid(axes: axes(patch: "300")),
      try Grid(axes: axes(width: "7", heads: "2")),
      try Grid(axes: axes(depth: "2, 5, 9", batch: "1, 8, 64")),
    ]
  }

  @Test func enumerationEqualsNestedLoopsInOrder() throws {
    for grid in try Self.grids() {
      #expect(Array(grid.configurations) == Self.reference(grid))
    }
  }

  @Test func countIsTheNumberEnumeratedAndNothingIsLost() throws {
    for grid in try Self.grids() {
      #expect(grid.count == Self.reference(grid).count)
    }
    // 4 widths x 4 heads (2, 3, 5, width/64) less doubles, by hand: 64: 2,3,5,1; 128: 2,3,5; 192: 2,3,5; 256: 2,3,5,4.
    let grid = try Self.grids()[1]
    #expect(grid.count == (2 + 1 + 2 + 2) * 2 * 3)
    #expect(grid.tally.skipped == (2 + 2 + 1 + 2) * 2 * 3)
    #expect(grid.tally.excluded == 0)
  }

  @Test func headsThatDoNotDivideAndSmallImagesAreSkipped() throws {
    let grid = try Grid(axes: Self.axes(width: "100", heads: "8, 10, width/64", patch: "16, 32", imageSize: "20, 64"))
    // Heads of 10 alone divide; of the four images and patches, 20 with 32 is none.
    #expect(grid.tally == Grid.Tally(configurations: 3 * 3, skipped: 27, excluded: 0))
  }

  @Test func constraintsExcludeAndAreCounted() throws {
    let grid = try Self.grids()[3]
    // Head widths: 64, 32, 16 / 128, 64, 32 / 192, 96, 48 / 256, 128, 64.
    #expect(grid.count == (3 + 2 + 1 + 1) * 3)
    #expect(grid.tally.excluded == 5 * 3)
  }

  @Test func depthIsInnermostAndEveryColumnHasAllDepths() throws {
    let grid = try Self.grids()[4]
    var columns = 0
    for column in grid.columns {
      #expect(column.depths == [1, 2, 3])
      #expect(column.configuration.shape.depth == 1)
      #expect(column.configuration.head == grid.settings[column.setting].template.head)
      #expect(Array(column.configurations).map(\.shape.depth) == [1, 2, 3])
      columns += 1
    }
    #expect(columns * 3 == grid.count)
    #expect(columns > 0)
  }

  @Test func everyConfigurationOfAGridIsValid() throws {
    for grid in try Self.grids() {
      for configuration in grid.configurations { #expect(throws: Never.self) { try configuration.validated() } }
    }
  }

  @Test func anIteratorThatIsThroughStaysThrough() throws {
    var iterator = try Grid(axes: Self.axes(depth: "1", width: "64", heads: "2")).columns.makeIterator()
    #expect(iterator.next() != nil)
    #expect(iterator.next() == nil)
    #expect(iterator.next() == nil)
  }

  @Test func largeGridsAreCountedWithoutBeingEnumerated() throws {
    let clock = ContinuousClock()
    var count = 0
    let time = try clock.measure {
      count = try Grid(
        axes: Self.axes(depth: "1..10000", width: "8..8000 by 8", heads: "1..8", mlpWidth: "8..80000 by 8")
      )
      .count
    }
    // Widths are multiples of 8; heads 1, 2, 4, 8 always divide, 3, 6 every third, 5 every fifth, 7 every seventh.
    #expect(count == (4 * 1000 + 333 + 333 + 200 + 142) * 10_000 * 10_000)
    #expect(time < .seconds(5))
  }

  @Test(arguments: [
    (["depth": "1..10000", "width": "1..131072", "mlpWidth": "1..131072"], "", "10^12", "more than the"),
    (["depth": "10001"], "depth", "10001", "between 1 and 10000"),
    (["width": "131073"], "width", "131073", "between 1 and 131072"),
    (["mlpWidth": "1048577"], "mlpWidth", "1048577", "between 1 and 1048576"),
    (["width": "131072", "mlpWidth": "1000x"], "mlpWidth", "131072000", "between 1 and 1048576"),
    (["mlpWidth": "width/4"], "mlpWidth", "width/4", "ratio such as 4x"),
    (["heads": "4x"], "heads", "4x", "write width/64"),
    (["depth": "4x"], "depth", "4x", "is for mlpWidth"),
    (["batch": "width/64"], "batch", "width/64", "is for heads"),
    (["imageSize": "16385"], "imageSize", "16385", "between 1 and 16384"),
    (["batch": "1048576", "depth": "10000", "imageSize": "16384", "patch": "1"], "", "this grid", "2^58 bytes"),
  ])
  func gridsOutsideTheLimitsAreRefused(changes: [String: String], key: String, value: String, rule: String) throws {
    var axes = try Self.axes()
    for (name, text) in changes {
      axes[try #require(Grid.Key(rawValue: name))] = try Grid.Axis(parsing: text)
    }
    let error = try #require(throws: ConfigurationError.self) { try Grid(axes: axes) }
    #expect(error.key == key)
    #expect(error.rule.contains(rule), "\(error)")
    if !key.isEmpty { #expect(error.value == value) }
  }

  @Test func valuesThatNeverCameFromTextAreCheckedToo() throws {
    var axes = try Self.axes()
    axes.width = Grid.Axis([])
    #expect(throws: ConfigurationError(key: "width", value: "nothing", rule: "needs at least one value")) {
      try Grid(axes: axes)
    }
    axes.width = Grid.Axis([0, 64])
    #expect(throws: ConfigurationError.self) { try Grid(axes: axes) }
    axes.width = Grid.Axis([.max])
    #expect(throws: ConfigurationError.self) { try Grid(axes: axes) }
    axes.width = Grid.Axis([.min, .max])
    #expect(throws: ConfigurationError.self) { try Grid(axes: axes) }
  }

  @Test func settingsAreCheckedAndNamedOnce() throws {
    #expect(throws: ConfigurationError.self) {
      try Grid(axes: Self.axes(), settings: Self.settings([.map, .map]))
    }
    var settings = Self.settings([.map])
    settings[0].template.classes = 0
    let error = try #require(throws: ConfigurationError.self) { try Grid(axes: Self.axes(), settings: settings) }
    #expect(error.key == "classes")
  }

  @Test func aShapeLiesOnTheGridWhereAllItsNumbersDo() throws {
    let grid = try Self.grids()[3]
    let shape = Shape(width: 128, depth: 2, mlpWidth: 512, heads: 4, patch: 16)
    #expect(grid.contains(shape))
    for (path, value) in [
      (\Shape.width, 120), (\.depth, 4), (\.mlpWidth, 500), (\.heads, 1), (\.heads, 3), (\.patch, 14), (\.heads, 0),
    ] as [(WritableKeyPath<Shape, Int>, Int)] {
      var other = shape
      other[keyPath: path] = value
      #expect(!grid.contains(other), "\(other)")
    }
  }
}
