import VisionTransformer

/// One line with the progress of a long run. It is pure, so that tests can assert what it draws.
public struct ProgressLine: Sendable {
  /// What is being counted, such as `configurations`.
  public var noun: String
  /// The total; nil if unknown.
  public var total: Int?
  /// When it started, in seconds of any clock.
  public let start: Double

  private var count = 0
  private var recent: [(time: Double, count: Int)] = []

  /// A run that starts at `start`.
  public init(_ noun: String, total: Int?, start: Double) {
    self.noun = noun
    self.total = total
    self.start = start
    recent = [(start, 0)]
  }

  /// Records that `count` are done at `now`.
  public mutating func update(_ count: Int, now: Double) {
    self.count = count
    recent.append((now, count))
    // The rate over the last ten seconds follows the run without jumping at single rows.
    while recent.count > 2, now - recent[1].time > 10 { recent.removeFirst() }
  }

  /// Units a second over the last ten seconds; nil until there is a meaningful rate.
  public func rate(now: Double) -> Double? {
    guard let first = recent.first, now > first.time, count > first.count else { return nil }
    return Double(count - first.count) / (now - first.time)
  }

  /// The line at `now`, at most `width` columns:
  /// `configurations  123,456 of 356,400  ████████▎        35 %  1,234,000/s  0:12 left`.
  public func draw(now: Double, width: Int, isUnicode: Bool = true) -> String {
    let rate = rate(now: now)
    let speed = rate.map { "  " + Self.rate($0) } ?? ""
    guard let total, total > 0 else {
      let text = "\(noun)  \(grouped(count))\(speed)  \(Self.clock(now - start))"
      return String(text.prefix(max(width, 0)))
    }
    let fraction = min(1, Double(count) / Double(total))
    let left = rate.map { "  " + Self.clock(Double(max(0, total - count)) / $0) + " left" } ?? ""
    let head = "\(noun)  \(grouped(count)) of \(grouped(total))  "
    let tail = "  \(fixed((fraction * 100).rounded(.down), digits: 0)) %\(speed)\(left)"
    let room = min(30, width - head.count - tail.count)
    guard room >= 5 else { return String((head + tail.dropFirst(2)).prefix(max(width, 0))) }
    let bar = Bar.text(fraction, width: room, isUnicode: isUnicode)
    return head + bar + String(repeating: " ", count: room - bar.count) + tail
  }

  /// `1,234,000/s`, with three significant digits; `0.25/s` if it is slow.
  static func rate(_ value: Double) -> String {
    guard value >= 10 else { return fixed(value, digits: value >= 1 ? 1 : 2) + "/s" }
    var step = 1.0
    while value / step >= 1000 { step *= 10 }
    let rounded = (value / step).rounded() * step
    return rounded < 1e15 ? grouped(Int(rounded)) + "/s" : "\(rounded)/s"
  }

  /// `0:07`, `12:34`, `3:04:05`.
  static func clock(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 360_000 else { return "days" }
    let whole = Int(max(0, seconds).rounded(.up))
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(rest))" : "\(minutes):\(two(rest))"
  }
}
