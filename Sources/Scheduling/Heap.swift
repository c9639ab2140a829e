/// A binary heap: the maximum is found at once, insertion and removal take logarithmic time.
struct Heap<Element: Comparable> {
  private var elements: [Element] = []

  /// Adds an element.
  mutating func insert(_ element: Element) {
    elements.append(element)
    var index = elements.count - 1
    while index > 0, elements[(index - 1) / 2] < elements[index] {
      elements.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  /// Removes the maximum; nil if the heap is empty.
  mutating func removeMaximum() -> Element? {
    guard let last = elements.popLast() else { return nil }
    guard let maximum = elements.first else { return last }
    elements[0] = last
    var index = 0
    while true {
      var largest = index
      for child in (2 * index + 1)..<(2 * index + 3) where child < elements.count && elements[largest] < elements[child]
      {
        largest = child
      }
      guard largest != index else { return maximum }
      elements.swapAt(index, largest)
      index = largest
    }
  }
}
