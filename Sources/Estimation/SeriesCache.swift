import Synchronization
import VisionTransformer

/// The series made last, by everything but the depth: configurations in any order mostly differ from one that was asked
/// before in nothing else.
///
/// Direct-mapped with a fixed number of places, so that it takes bounded memory however many shapes go through it; few enough
/// of them to stay in a core's own cache, because where every shape is new a place far away costs more than a series.
final class SeriesCache: Sendable {
  private static let places = 1 << 9

  /// A series with what it answers: everything but the depth.
  private struct Entry: Sendable {
    var key: ConfigurationKey
    var series: EstimateSeries
  }

  private let entries = Mutex<[Entry?]>([])

  private func place(_ key: ConfigurationKey) -> Int { Int(truncatingIfNeeded: key.mixed % UInt64(Self.places)) }

  /// The series of `key`, nil where it is not there.
  subscript(key: ConfigurationKey) -> EstimateSeries? {
    let place = place(key)
    return entries.withLock { entries in
      guard !entries.isEmpty, entries[place]?.key == key else { return nil }
      return entries[place]?.series
    }
  }

  /// Keeps a series in the place of what was there.
  func keep(_ series: EstimateSeries, _ key: ConfigurationKey) {
    let place = place(key)
    entries.withLock { entries in
      if entries.isEmpty { entries = Array(repeating: nil, count: Self.places) }
      entries[place] = Entry(key: key, series: series)
    }
  }
}
