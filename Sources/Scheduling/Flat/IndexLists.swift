/// Lists of indices, one after another in one array.
package struct IndexLists: Sendable {
  private var starts: [Int32] = [0]
  private(set) var elements: [Int32] = []

  /// No list.
  package init() {}

  /// `count` lists of pairs' elements, by the pairs' lists, each in the order of the pairs.
  init(count: Int, lists: [Int32], elements: [Int32]) {
    starts = [Int32](repeating: 0, count: count + 1)
    for list in lists { starts[Int(list) + 1] += 1 }
    for list in 0..<count { starts[list + 1] += starts[list] }
    var next = starts
    self.elements = [Int32](repeating: 0, count: elements.count)
    for (list, element) in zip(lists, elements) {
      self.elements[Int(next[Int(list)])] = element
      next[Int(list)] += 1
    }
  }

  /// Number of lists that are closed.
  var count: Int { starts.count - 1 }

  /// Places of a list's elements in `elements`.
  @inline(__always)
  func range(_ list: Int) -> Range<Int> { Int(starts[list])..<Int(starts[list + 1]) }

  /// Whether none of consecutive lists has an element.
  func isEmpty(_ lists: Range<Int>) -> Bool { starts[lists.lowerBound] == starts[lists.upperBound] }

  /// A list.
  func list(_ list: Int) -> ArraySlice<Int32> { elements[range(list)] }

  /// Adds an element to the list that is open.
  mutating func append(_ element: Int32) { elements.append(element) }

  /// Ends a list.
  mutating func close() { starts.append(Int32(elements.count)) }

  mutating func reserveCapacity(lists: Int, elements: Int) {
    starts.reserveCapacity(lists + 1)
    self.elements.reserveCapacity(elements)
  }
}
