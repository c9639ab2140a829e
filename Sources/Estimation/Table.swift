/// An immutable list that lives as long as the process.
///
/// The tables of a kept model are read a hundred times in each estimate; arrays would be retained and released around
/// each loop, which takes a tenth of an estimate's time.
struct Table<Element: Sendable>: @unchecked Sendable, RandomAccessCollection {
  // Never freed: models are kept, and they are few.
  private let elements: UnsafeBufferPointer<Element>

  /// A copy of `elements`.
  init(_ elements: some Collection<Element>) {
    let copy = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
    _ = copy.initialize(fromContentsOf: elements)
    self.elements = UnsafeBufferPointer(copy)
  }

  var startIndex: Int { 0 }
  var endIndex: Int { elements.count }

  @inline(__always)
  subscript(index: Int) -> Element { elements[index] }
}
