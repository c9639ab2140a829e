import VisionTransformer

/// Live bytes over one training step, before and after automatic rematerialization, with the instant of the peak.
public struct Timeline: Sendable {
  /// The parts of a step.
  public enum Phase: String, Sendable, Hashable, CaseIterable {
    /// Images to loss.
    case forward
    /// Loss to gradients.
    case backward
    /// Gradients to new parameters.
    case update
  }

  /// One operation of the step and the bytes alive while it runs.
  public struct Event: Sendable, Hashable {
    /// The operation, such as `block 47 MLP backward`.
    public var label: String
    /// Its part of the step.
    public var phase: Phase
    /// Bytes alive, arguments included, before automatic rematerialization.
    public var bytes: Bytes
    /// Bytes alive after it; nil if nothing is recomputed.
    public var rematerialized: Bytes?

    /// Bytes alive after rematerialization.
    var live: Bytes { rematerialized ?? bytes }

    /// An event.
    public init(label: String, phase: Phase, bytes: Bytes, rematerialized: Bytes? = nil) {
      self.label = label
      self.phase = phase
      self.bytes = bytes
      self.rematerialized = rematerialized
    }
  }

  /// The outcome of the step, which the verdict is about, in contrast to the live bytes.
  public struct Outcome: Sendable, Hashable {
    /// Bytes of the whole step: live bytes, inputs and fragmentation.
    public var total: Bytes
    /// Whether it fits.
    public var verdict: Verdict
    /// Whether the curve after rematerialization is cut off at a bound.
    public var isCapped: Bool

    /// An outcome.
    public init(total: Bytes, verdict: Verdict, isCapped: Bool = false) {
      self.total = total
      self.verdict = verdict
      self.isCapped = isCapped
    }
  }

  /// The title, such as `ViT-G/14 on a tpu-v3 core: live bytes over the step`.
  public var title: String
  /// The events in the order in which they run.
  public var events: [Event]
  /// Parameters and optimizer state, alive throughout and drawn at the bottom; nil draws none.
  public var arguments: Bytes?
  /// Bytes available.
  public var limit: Bytes
  /// Index of the peak's event, before rematerialization.
  public var peak: Int
  /// Name of the peak's instant.
  public var peakName: String
  /// The outcome; nil if unknown.
  public var outcome: Outcome?
  /// The kind of evidence and its origin.
  public var provenance: String

  /// A timeline; without `peak` the first of the largest events is the peak, and its label the name.
  public init(
    title: String, events: [Event], arguments: Bytes? = nil, limit: Bytes, peak: Int? = nil, peakName: String? = nil,
    outcome: Outcome? = nil, provenance: String
  ) {
    self.title = title
    self.events = events
    self.arguments = arguments
    self.limit = limit
    let largest = events.indices.max { (events[$0].bytes.count, -$0) < (events[$1].bytes.count, -$1) } ?? 0
    let index = peak.flatMap { events.indices.contains($0) ? $0 : nil } ?? largest
    self.peak = index
    self.peakName = peakName ?? (events.indices.contains(index) ? events[index].label : "")
    self.outcome = outcome
    self.provenance = provenance
  }

  /// Index of the first event with the most bytes after rematerialization; nil if nothing is recomputed.
  public var rematerializedPeak: Int? {
    guard events.contains(where: { $0.rematerialized != nil }) else { return nil }
    return events.indices.max { (events[$0].live.count, -$0) < (events[$1].live.count, -$1) }
  }

  /// The line under the title: the peak of each curve, and the outcome; nil if that is unknown.
  public var headline: String? {
    guard let outcome, events.indices.contains(peak) else { return nil }
    let before = events[peak].bytes, after = rematerializedPeak.map { events[$0].live }
    let live =
      after.map { "\(before) live before automatic rematerialization, \($0) after it" } ?? "\(before) live at the peak"
    // The allocation shares what live bytes count twice, and leaves out what stays in vector memory.
    let rest =
      outcome.total < after ?? before ? "as it is allocated" : "with inputs and fragmentation"
    return "\(Styled(verdict: outcome.verdict).plain): \(ratio(outcome.total, of: limit)) \(rest); \(live)"
  }

  /// The sentence under every form: the peak, its bytes compared with the limit, and its name.
  public var summary: String {
    guard events.indices.contains(peak) else { return "no events" }
    let event = events[peak]
    return "live peak \(ratio(event.bytes, of: limit)) at \(peakName)"
      + (peakName == event.label ? "" : " (\(event.label))")
      + ", event \(grouped(peak + 1)) of \(grouped(events.count))"
      + (rematerializedPeak == nil ? "" : ", before automatic rematerialization")
  }

  /// The reliability of the curve after rematerialization; nil if there is none.
  var reservation: String? {
    guard rematerializedPeak != nil else { return nil }
    return "which blocks the compiler computes again is not modelled: drawn from the first on, the larger buffers first"
      + (outcome?.isCapped == true ? "; cut off where the model says only how far it can come down" : "")
  }

  /// Bytes at the top of the chart: the limit, or the peak if the limit is so much higher that the curve would be flat.
  var scale: Int {
    let most = max(events.map(\.bytes.count).max() ?? 1, 1)
    return limit.count / Self.mostHeadroom > most ? most : max(limit.count, most)
  }

  /// Whether the limit is within the chart.
  var showsLimit: Bool { limit.count <= scale }

  private static let mostHeadroom = 4

  /// One event as a row for tables and machines.
  public struct Row: Sendable, Hashable {
    /// Position in the step, from 1.
    public var index: Int
    /// The event.
    public var event: Event
    /// Whether it is the peak.
    public var isPeak: Bool
  }

  /// The events as rows.
  public var rows: [Row] {
    events.enumerated().map { Row(index: $0 + 1, event: $1, isPeak: $0 == peak) }
  }

  /// Columns of the events.
  public static var listing: Listing<Row> {
    Listing([
      .integer("event", "event") { $0.index }, .text("phase", "phase") { $0.event.phase.rawValue },
      .text("label", "operation") { $0.event.label }, .bytes("bytes", "live") { $0.event.bytes },
      .bytes("rematerializedBytes", "rematerialized") { $0.event.rematerialized },
      Listing<Row>.Column(
        "isPeak", "", text: { Styled($0.isPeak ? "peak" : "", .bold) }, value: { .boolean($0.isPeak) }),
    ])
  }
}

extension Timeline.Phase {
  /// Colour of the phase in every drawing.
  var color: RGB {
    switch self {
    case .forward: RGB(0x1F77C4)
    case .backward: RGB(0xE08A00)
    case .update: RGB(0x009E73)
    }
  }
}
