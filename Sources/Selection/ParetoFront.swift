/// The configurations that no other one beats in parameters, FLOPs and images a second at once.
///
/// One configuration dominates another that has no more parameters, no fewer FLOPs an image and no more images a second, where
/// they are not equal in all three; of equals the first one stays. Any number go in; memory holds the front alone.
public struct ParetoFront<Element> {
  private var entries: [(figures: SelectionFigures, element: Element)] = []
  /// What a new configuration is compared with, side by side for speed; in the order of `entries`.
  private var objectives: [SIMD4<Double>] = []
  /// The entry that dominated last: its neighbours on a grid are likely dominated by it too.
  private var last = 0

  /// An empty front.
  public init() {}

  /// How many configurations are on the front.
  public var count: Int { entries.count }

  /// The front, the configuration of most parameters first.
  public var elements: [Element] { sorted.map(\.element) }

  /// The figures of the front, the configuration of most parameters first.
  public var figures: [SelectionFigures] { sorted.map(\.figures) }

  private var sorted: [(figures: SelectionFigures, element: Element)] {
    entries.enumerated().sorted { a, b in
      let x = a.element.figures, y = b.element.figures
      return (y.parameterCount, y.imagesPerSecond, a.offset) < (x.parameterCount, x.imagesPerSecond, b.offset)
    }.map(\.element)
  }

  /// The fastest configuration of the front with at least so many parameters; nil where none is so large.
  ///
  /// - Parameter parameterCount: The least number of parameters.
  public func fastest(atLeast parameterCount: Int) -> SelectionFigures? {
    entries.lazy.map(\.figures).filter { $0.parameterCount >= parameterCount }
      .max { ($0.imagesPerSecond, $0.parameterCount) < ($1.imagesPerSecond, $1.parameterCount) }
  }

  /// Whether a configuration with such figures is on the front.
  ///
  /// - Parameter figures: Figures of a configuration that was offered.
  public func contains(_ figures: SelectionFigures) -> Bool {
    let place = Self.objectives(figures)
    return objectives.contains(place)
  }

  /// Offers a configuration; `element` is made only where nothing dominates it.
  ///
  /// - Parameters:
  ///   - figures: Its figures.
  ///   - element: What is kept of it.
  public mutating func insert(_ figures: SelectionFigures, _ element: @autoclosure () -> Element) {
    let place = Self.objectives(figures)
    if last < objectives.count, Self.isAsGood(objectives[last], place) { return }
    for index in objectives.indices where Self.isAsGood(objectives[index], place) {
      last = index
      return
    }
    if objectives.contains(where: { Self.isAsGood(place, $0) }) {
      let kept = objectives.indices.filter { !Self.isAsGood(place, objectives[$0]) }
      entries = kept.map { entries[$0] }
      objectives = kept.map { objectives[$0] }
    }
    last = objectives.count
    entries.append((figures, element()))
    objectives.append(place)
  }

  /// Parameters, FLOPs with their sign turned, images a second: more is better in each.
  private static func objectives(_ figures: SelectionFigures) -> SIMD4<Double> {
    SIMD4(Double(figures.parameterCount), -figures.flopsPerImage, figures.imagesPerSecond, 0)
  }

  private static func isAsGood(_ a: SIMD4<Double>, _ b: SIMD4<Double>) -> Bool { all(a .>= b) }
}
