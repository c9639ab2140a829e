/// The configurations that no other one dominates in parameters, FLOPs and images a second.
///
/// One configuration dominates another that has no more parameters, no fewer FLOPs an image and no more images a
/// second, unless they are equal in all three; of equal ones the first is kept. Any number of configurations can be
/// offered, because only the front is held in memory.
public struct ParetoFront<Element> {
  /// A configuration of the front and what is kept for it.
  private final class Entry {
    let figures: SelectionFigures
    let element: Element
    let arrival: Int

    init(_ figures: SelectionFigures, _ element: Element, arrival: Int) {
      self.figures = figures
      self.element = element
      self.arrival = arrival
    }
  }

  private var places = FrontPlaces()
  /// The entries by their slots in `places`; nil where a slot is free.
  private var slots: [Entry?] = []
  private var arrivals = 0

  /// An empty front.
  public init() {}

  /// The number of configurations on the front.
  public var count: Int { slots.count { $0 != nil } }

  /// The configurations of the front, with the most parameters first.
  public var members: [(figures: SelectionFigures, element: Element)] {
    slots.compactMap(\.self).sorted { a, b in
      let x = a.figures, y = b.figures
      return (y.parameterCount, y.imagesPerSecond, a.arrival) < (x.parameterCount, x.imagesPerSecond, b.arrival)
    }.map { ($0.figures, $0.element) }
  }

  /// The fastest configuration of the front with at least a given number of parameters; nil if none is that large.
  ///
  /// - Parameter parameterCount: The smallest number of parameters.
  public func fastest(atLeast parameterCount: Int) -> SelectionFigures? {
    slots.lazy.compactMap { $0?.figures }.filter { $0.parameterCount >= parameterCount }
      .max { ($0.imagesPerSecond, $0.parameterCount) < ($1.imagesPerSecond, $1.parameterCount) }
  }

  /// Whether a configuration with the given figures is on the front.
  ///
  /// - Parameter figures: The figures of a configuration that was offered.
  public func contains(_ figures: SelectionFigures) -> Bool { places.contains(figures.objectives) }

  /// Offers a configuration; `element` is evaluated only if nothing on the front dominates it.
  ///
  /// - Parameters:
  ///   - figures: The configuration's figures.
  ///   - element: The element to keep for it.
  public mutating func insert(_ figures: SelectionFigures, _ element: @autoclosure () -> Element) {
    guard let insertion = places.insert(figures.objectives) else { return }
    for slot in insertion.freed { slots[slot] = nil }
    let entry = Entry(figures, element(), arrival: arrivals)
    arrivals += 1
    if insertion.slot < slots.count { slots[insertion.slot] = entry } else { slots.append(entry) }
  }
}

extension SelectionFigures {
  /// Parameters, negated FLOPs and images a second; larger is better in each.
  fileprivate var objectives: SIMD4<Double> {
    SIMD4(Double(parameterCount), -flopsPerImage, imagesPerSecond, 0)
  }
}
