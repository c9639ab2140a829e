/// Counts of keys, in the order of first occurrence.
struct Tally<Key: Hashable & Sendable>: Sendable {
  private var index: [Key: Int] = [:]
  private var entries: [(key: Key, count: Int)] = []

  init(_ keys: [Key] = []) {
    for key in keys { add(key, 1) }
  }

  mutating func add(_ key: Key, _ change: Int) {
    if let known = index[key] {
      entries[known].count += change
    } else {
      index[key] = entries.count
      entries.append((key, change))
    }
  }

  func count(_ key: Key) -> Int { index[key].map { entries[$0].count } ?? 0 }

  /// For every key, the line through its counts at `depth` and `depth + 1`.
  static func lines(_ first: Tally, _ second: Tally, depth: Int) -> [(key: Key, count: LinearCount)] {
    let keys = first.entries.map(\.key) + second.entries.map(\.key).filter { first.index[$0] == nil }
    return keys.compactMap { key in
      let line = LinearCount(first.count(key), second.count(key), depth: depth)
      return line.constant == 0 && line.perBlock == 0 ? nil : (key, line)
    }
  }
}
