import TrainingStep

/// Shape and element type of a StableHLO tensor, with its spelling.
struct StableHLOType: Sendable, Hashable {
  /// Extents.
  let shape: [Int]
  /// Type of the elements.
  let element: Element
  /// `tensor<8x196x192xbf16>`.
  let text: String

  /// Types of elements that a step needs.
  enum Element: String, Sendable, Hashable {
    case float32 = "f32"
    case bfloat16 = "bf16"
    case int32 = "i32"
    case boolean = "i1"

    init(_ element: ElementType) {
      switch element {
      case .float32: self = .float32
      case .bfloat16: self = .bfloat16
      case .int32: self = .int32
      }
    }
  }

  init(_ shape: [Int], _ element: Element) {
    self.shape = shape
    self.element = element
    var text = "tensor<"
    for extent in shape { text += "\(extent)x" }
    self.text = text + element.rawValue + ">"
  }

  /// The same shape with another element type.
  func with(_ element: Element) -> StableHLOType { element == self.element ? self : StableHLOType(shape, element) }

  /// The type without some dimensions.
  func without(_ dimensions: [Int]) -> StableHLOType {
    StableHLOType(shape.indices.filter { !dimensions.contains($0) }.map { shape[$0] }, element)
  }

  static func == (a: Self, b: Self) -> Bool { a.text == b.text }
  func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

/// An SSA value: its name in the text and its type.
struct StableHLOTensor: Sendable, Hashable {
  /// The name, such as `%12` or `%arg3`.
  var name: String
  /// Its type.
  var type: StableHLOType
}
