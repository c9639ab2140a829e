/// The places of a Pareto front in three objectives, of which larger is better in each.
///
/// Places are kept by the first objective in buckets of an eighth of a power of two, each with its bounds. An offered place
/// is compared with the few buckets whose bounds allow that one place dominates the other.
struct FrontPlaces {
  /// The slot that a new place takes, and those of the places that it removed.
  struct Insertion {
    var slot: Int
    var freed: [Int]
  }

  /// The places of one bucket with their slots.
  private struct Bucket {
    var places: [SIMD4<Double>] = []
    var slots: [Int] = []
  }

  /// The buckets in the order of their keys, and the bounds of each, which may be wider than need be.
  private var keys: [Int] = []
  private var buckets: [Bucket] = []
  private var least: [SIMD4<Double>] = []
  private var most: [SIMD4<Double>] = []
  /// Slots that can be used again, and the number of slots that were ever used.
  private var free: [Int] = []
  private var slots = 0
  /// The place that last dominated an offered one. It probably dominates the neighbours on a grid too. If it is no longer
  /// on the front, then a place that dominates it is.
  private var last: SIMD4<Double>?

  /// Offers a place: nil if another one dominates it; otherwise it is added, and those that it dominates are removed.
  mutating func insert(_ place: SIMD4<Double>) -> Insertion? {
    if let last, Self.isAsGood(last, place) { return nil }
    for index in most.indices where Self.isAsGood(most[index], place) {
      if let better = buckets[index].places.first(where: { Self.isAsGood($0, place) }) {
        last = better
        return nil
      }
    }
    var freed: [Int] = []
    for index in least.indices where Self.isAsGood(place, least[index]) { prune(index, below: place, &freed) }
    let slot = free.popLast() ?? slots
    if slot == slots { slots += 1 }
    free += freed
    add(place, slot)
    return Insertion(slot: slot, freed: freed)
  }

  /// Whether a place is on the front.
  func contains(_ place: SIMD4<Double>) -> Bool { buckets.contains { $0.places.contains(place) } }

  private mutating func prune(_ index: Int, below place: SIMD4<Double>, _ freed: inout [Int]) {
    guard buckets[index].places.contains(where: { Self.isAsGood(place, $0) }) else { return }
    var kept = Bucket()
    for (other, slot) in zip(buckets[index].places, buckets[index].slots) {
      if Self.isAsGood(place, other) {
        freed.append(slot)
      } else {
        kept.places.append(other)
        kept.slots.append(slot)
      }
    }
    buckets[index] = kept
    // An empty bucket dominates nothing, and nothing is left in it to remove.
    least[index] = kept.places.reduce(SIMD4(repeating: .infinity)) { pointwiseMin($0, $1) }
    most[index] = kept.places.reduce(SIMD4(repeating: -.infinity)) { pointwiseMax($0, $1) }
  }

  private mutating func add(_ place: SIMD4<Double>, _ slot: Int) {
    let key = Self.key(place), index = keys.firstIndex { $0 >= key } ?? keys.count
    if index == keys.count || keys[index] != key {
      keys.insert(key, at: index)
      buckets.insert(Bucket(), at: index)
      least.insert(place, at: index)
      most.insert(place, at: index)
    }
    buckets[index].places.append(place)
    buckets[index].slots.append(slot)
    least[index] = pointwiseMin(least[index], place)
    most[index] = pointwiseMax(most[index], place)
  }

  private static func key(_ place: SIMD4<Double>) -> Int {
    let value = place[0]
    guard value.isFinite, value > 0 else { return -1 }
    return Int(value.exponent) * 8 + Int((value.significand - 1) * 8)
  }

  private static func isAsGood(_ a: SIMD4<Double>, _ b: SIMD4<Double>) -> Bool { all(a .>= b) }
}
