/// The first few elements by a key, in a heap: any number can be inserted, but memory holds no more than the capacity.
///
/// Equal keys keep the order in which they came; NaN comes last.
public struct Ranking<Element> {
  private struct Entry {
    var key: Double
    var arrival: Int
    var element: Element

    /// Whether it ranks after another entry.
    func isBehind(_ other: Entry) -> Bool { (key, arrival) > (other.key, other.arrival) }
  }

  /// The most elements that are kept.
  public let capacity: Int
  /// Whether large keys come first.
  public let isDescending: Bool
  /// The last of the kept elements is at the root.
  private var heap: [Entry] = []
  private var arrivals = 0

  /// An empty ranking.
  public init(capacity: Int, isDescending: Bool = false) {
    self.capacity = max(capacity, 0)
    self.isDescending = isDescending
  }

  /// Number of elements kept.
  public var count: Int { heap.count }
  /// Number of elements inserted.
  public var offered: Int { arrivals }

  /// Inserts an element; `element` is evaluated only if it is kept.
  public mutating func insert(_ key: Double, _ element: @autoclosure () -> Element) {
    let sortable = key.isNaN ? .infinity : isDescending ? -key : key
    arrivals += 1
    guard capacity > 0 else { return }
    if heap.count < capacity {
      heap.append(Entry(key: sortable, arrival: arrivals, element: element()))
      rise()
    } else if sortable < heap[0].key {
      heap[0] = Entry(key: sortable, arrival: arrivals, element: element())
      sink()
    }
  }

  /// The kept elements in order.
  public var elements: [Element] { heap.sorted { $1.isBehind($0) }.map(\.element) }

  private mutating func rise() {
    var index = heap.count - 1
    while index > 0, heap[index].isBehind(heap[(index - 1) / 2]) {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  private mutating func sink() {
    var index = 0
    while true {
      var last = index
      for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child].isBehind(heap[last]) {
        last = child
      }
      if last == index { return }
      heap.swapAt(index, last)
      index = last
    }
  }
}
