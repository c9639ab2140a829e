/// A list that stays as long as the process and is never changed.
///
/// What the tables of a kept model hold is read a hundred times an estimate: arrays would be retained and released for each
/// loop, a tenth of an estimate's time.
struct Table<Element: Sendable>: @unchecked Sendable, RandomAccessCollection {
  // Never freed: models are kept, and there are few.
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
