import Synchronization
import VisionTransformer

/// The series made last, by everything but the depth: configurations in any order mostly differ from one that was asked
/// before in nothing else.
///
/// Direct-mapped with a fixed number of places, so that it takes bounded memory however many shapes go through it; few enough
/// of them to stay in a core's own cache, because where every shape is new a place far away costs more than a series.
final class SeriesCache: Sendable {
  private static let places = 1 << 9

  /// A series with what it answers.
  final class Entry: Sendable {
    /// Everything but the depth.
    let key: ConfigurationKey
    /// Its closed form.
    let series: EstimateSeries

    init(key: ConfigurationKey, series: EstimateSeries) {
      self.key = key
      self.series = series
    }
  }

  private let entries = Mutex<[Entry?]>([])

  private func place(_ key: ConfigurationKey) -> Int { Int(truncatingIfNeeded: key.mixed % UInt64(Self.places)) }

  /// The entry of `key`, nil where it is not there.
  subscript(key: ConfigurationKey) -> Entry? {
    let place = place(key)
    let known = entries.withLock { entries in entries.isEmpty ? nil : entries[place] }
    return known?.key == key ? known : nil
  }

  /// Keeps a series in the place of what was there.
  func keep(_ series: EstimateSeries, _ key: ConfigurationKey) {
    let made = Entry(key: key, series: series)
    let place = place(key)
    entries.withLock { entries in
      if entries.isEmpty { entries = Array(repeating: nil, count: Self.places) }
      entries[place] = made
    }
  }
}
