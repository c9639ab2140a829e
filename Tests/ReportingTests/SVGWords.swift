import Foundation

@testable import Reporting

/// The words of a drawing, with the room that they take.
struct SVGWords {
  /// What is printed over something else, or runs off the drawing.
  private(set) var faults: [String] = []

  private struct Box {
    var text: String
    var x: ClosedRange<Int>
    var y: ClosedRange<Int>
  }

  init(_ svg: String) {
    func number(_ name: String, of text: Substring) -> Int? {
      let parts = " \(text)".components(separatedBy: " \(name)=\"")
      return parts.count > 1 ? Int(parts[1].prefix { $0 != "\"" }) : nil
    }
    let root = svg.prefix { $0 != ">" }
    let width = number("width", of: root) ?? 0, height = number("height", of: root) ?? 0
    var boxes: [Box] = []
    for part in svg.components(separatedBy: "<text ").dropFirst() {
      let attributes = part.prefix { $0 != ">" }
      let text = String(part.dropFirst(attributes.count + 1).prefix { $0 != "<" })
      guard !attributes.contains("rotate"), !text.isEmpty, let x = number("x", of: attributes),
        let y = number("y", of: attributes)
      else { continue }
      let size = number("font-size", of: attributes) ?? 11
      // Half of a size for a letter: less than any of the fonts has, so that what touches here is printed over.
      let room = text.count * size / 2
      let start = attributes.contains("\"end\"") ? x - room : attributes.contains("\"middle\"") ? x - room / 2 : x
      let box = Box(text: text, x: start...start + room, y: y - size + 3...y)
      // A word with a halo is drawn twice.
      if boxes.contains(where: { $0.text == box.text && $0.x == box.x && $0.y == box.y }) { continue }
      if start < 0 || start + room > width || y > height || y < size { faults.append("\(text) runs off") }
      for other in boxes where other.x.overlaps(box.x) && other.y.overlaps(box.y) {
        faults.append("\(text) over \(other.text)")
      }
      boxes.append(box)
    }
  }
}
