/// Places labels within a drawing: none overlaps another or leaves its plane.
struct SVGLabels {
  /// A possible place for a label: its text, its anchor point and alignment.
  struct Place {
    var text: String
    var x: Int
    var y: Int
    var anchor: SVG.Anchor
  }

  private struct Box {
    var x: ClosedRange<Int>
    var y: ClosedRange<Int>
  }

  private let plane: Box
  private var taken: [Box] = []

  /// No labels yet on a plane.
  init(x: ClosedRange<Int>, y: ClosedRange<Int>) { plane = Box(x: x, y: y) }

  /// The first free place, which is then occupied; nil if there is none.
  mutating func take(_ places: some Sequence<Place>, isBold: Bool = false) -> Place? {
    for place in places {
      let box = Self.box(place, isBold: isBold)
      let isInside =
        plane.x.contains(box.x.lowerBound) && plane.x.contains(box.x.upperBound) && plane.y.contains(box.y.lowerBound)
        && plane.y.contains(box.y.upperBound)
      guard isInside, !taken.contains(where: { $0.x.overlaps(box.x) && $0.y.overlaps(box.y) }) else { continue }
      taken.append(box)
      return place
    }
    return nil
  }

  private static func box(_ place: Place, isBold: Bool) -> Box {
    let size = 11
    let width = SVG.width(place.text, size: size, isBold: isBold) + 4
    let start =
      switch place.anchor {
      case .start: place.x - 2
      case .middle: place.x - width / 2
      case .end: place.x - width + 2
      }
    return Box(x: start...start + width, y: place.y - size...place.y + 3)
  }
}
