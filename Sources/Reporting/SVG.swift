import VisionTransformer

/// Appends SVG elements; the same calls give the same bytes everywhere.
struct SVG {
  private(set) var text: String
  private let width: Int

  /// An empty white drawing in the fonts of papers.
  init(width: Int, height: Int, title: String) {
    self.width = width
    text = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
      font-family="Helvetica, Arial, 'Liberation Sans', sans-serif" font-size="11" fill="#222">
      <title>\(Self.escaped(title))</title>
      <rect width="\(width)" height="\(height)" fill="#fff"/>

      """
  }

  /// The part of a text that is at its position.
  enum Anchor: String {
    case start, middle, end
  }

  mutating func add(_ element: String) { text += element + "\n" }

  mutating func text(
    _ content: String, x: Int, y: Int, anchor: Anchor = .start, size: Int = 11, isBold: Bool = false,
    color: String? = nil, turned: Bool = false, halo: Bool = false
  ) {
    var attributes = "x=\"\(x)\" y=\"\(y)\""
    if anchor != .start { attributes += " text-anchor=\"\(anchor.rawValue)\"" }
    if size != 11 { attributes += " font-size=\"\(size)\"" }
    if isBold { attributes += " font-weight=\"bold\"" }
    if turned { attributes += " transform=\"rotate(-90 \(x) \(y))\"" }
    let escaped = Self.escaped(content)
    // Drawn twice, because some viewers do not support paint-order.
    if halo {
      add("<text \(attributes) stroke=\"#fff\" stroke-width=\"3\" stroke-linejoin=\"round\">\(escaped)</text>")
    }
    add("<text \(attributes)\(color.map { " fill=\"\($0)\"" } ?? "")>\(escaped)</text>")
  }

  mutating func rect(x: Int, y: Int, width: Int, height: Int, attributes: String) {
    add("<rect x=\"\(x)\" y=\"\(y)\" width=\"\(width)\" height=\"\(height)\" \(attributes)/>")
  }

  mutating func path(_ data: String, attributes: String) {
    if !data.isEmpty { add("<path d=\"\(data)\" \(attributes)/>") }
  }

  /// The finished drawing.
  var document: String { text + "</svg>\n" }

  /// Columns of text that fit `pixels` at `size`: letters of these fonts are a little over half as wide as the size.
  static func columns(_ pixels: Int, size: Int) -> Int { max(10, pixels * 100 / (size * 52)) }
  /// Width of a text in pixels, rounded up.
  static func width(_ text: String, size: Int, isBold: Bool = false) -> Int {
    text.count * size * (isBold ? 60 : 56) / 100
  }

  /// Text escaped for tags and attributes; characters that XML forbids or that change the writing direction are made
  /// visible first.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in visible(text).unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
