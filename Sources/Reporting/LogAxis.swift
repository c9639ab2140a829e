import Foundation

/// A logarithmic axis, from slightly below the smallest value to slightly above the largest.
struct LogAxis: Sendable, Hashable {
  var least: Double
  var most: Double

  /// The values that an axis can show; others are placed at its ends.
  private static let range = 1e-100...1e100

  init(_ values: [Double]) {
    let positive = values.filter { Self.range.contains($0) }
    let low = positive.min() ?? 1, high = positive.max() ?? 10
    // A single value is placed in the middle.
    let margin = high > low * 1.01 ? pow(high / low, 0.04) : 1.5
    least = low / margin
    most = high * margin
  }

  /// The position of a value, from 0 to 1.
  func place(_ value: Double) -> Double { min(1, max(0, log(value / least) / log(most / least))) }

  /// Round values on the axis, at most about a dozen: 1, 2 and 5 times powers of ten, or finer steps on a short axis.
  var ticks: [Double] {
    let decades = log10(most / least)
    let steps: [Double] =
      decades > 2.5
      ? [1]
      : decades > 0.8
        ? [1, 2, 5]
        : decades > 0.3
          ? [1, 1.5, 2, 3, 4, 5, 6, 8]
          : (10...99).map { Double($0) / 10 }
    var ticks: [Double] = []
    for exponent in Int(log10(least).rounded(.down))...Int(log10(most).rounded(.up)) {
      for step in steps {
        let value = step * pow(10, Double(exponent))
        if value >= least, value <= most { ticks.append(value) }
      }
    }
    let every = max(1, (ticks.count + 11) / 12)
    return ticks.enumerated().filter { $0.offset % every == 0 }.map(\.element)
  }
}
