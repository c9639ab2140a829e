/// The configurations that no other one dominates in parameters, FLOPs and images a second.
///
/// One configuration dominates another that has no more parameters, no fewer FLOPs an image and no more images a
/// second, unless they are equal in all three; of equal ones the first is kept. Any number of configurations can be
/// offered, because only the front is held in memory.
public struct ParetoFront<Element> {
  private var entries: [(figures: SelectionFigures, element: Element)] = []
  /// The values that new configurations are compared with, stored contiguously for speed, in the order of `entries`.
  private var objectives: [SIMD4<Double>] = []
  /// The entry that was inserted last, or that last dominated an offered configuration; it is likely to dominate the
  /// neighbours on a grid too.
  private var last = 0

  /// An empty front.
  public init() {}

  /// The number of configurations on the front.
  public var count: Int { entries.count }

  /// The configurations of the front, with the most parameters first.
  public var members: [(figures: SelectionFigures, element: Element)] {
    entries.enumerated().sorted { a, b in
      let x = a.element.figures, y = b.element.figures
      return (y.parameterCount, y.imagesPerSecond, a.offset) < (x.parameterCount, x.imagesPerSecond, b.offset)
    }.map(\.element)
  }

  /// The fastest configuration of the front with at least a given number of parameters; nil if none is that large.
  ///
  /// - Parameter parameterCount: The smallest number of parameters.
  public func fastest(atLeast parameterCount: Int) -> SelectionFigures? {
    entries.lazy.map(\.figures).filter { $0.parameterCount >= parameterCount }
      .max { ($0.imagesPerSecond, $0.parameterCount) < ($1.imagesPerSecond, $1.parameterCount) }
  }

  /// Whether a configuration with the given figures is on the front.
  ///
  /// - Parameter figures: The figures of a configuration that was offered.
  public func contains(_ figures: SelectionFigures) -> Bool {
    let place = Self.objectives(figures)
    return objectives.contains(place)
  }

  /// Offers a configuration; `element` is evaluated only if nothing on the front dominates it.
  ///
  /// - Parameters:
  ///   - figures: The configuration's figures.
  ///   - element: The element to keep for it.
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

  /// Parameters, negated FLOPs and images a second; larger is better in each.
  private static func objectives(_ figures: SelectionFigures) -> SIMD4<Double> {
    SIMD4(Double(figures.parameterCount), -figures.flopsPerImage, figures.imagesPerSecond, 0)
  }

  private static func isAsGood(_ a: SIMD4<Double>, _ b: SIMD4<Double>) -> Bool { all(a .>= b) }
}
