import Selection
import VisionTransformer

extension CheckReport {
  /// How much an answer contains besides the result.
  public enum Extent: Sendable, Hashable {
    /// A single configuration: everything.
    case one
    /// One of a few side by side: everything but advice.
    case side
    /// One of many questions: what costs nothing beside its estimate.
    case line
    /// One of a grid: a compiler's answer.
    case row
  }

  /// An answer as a row and for machines: the result under the keys of the contract, then `StepResult.AnswerKey`.
  ///
  /// - Parameters:
  ///   - extent: how much each answer contains.
  ///   - showsCompiled: adds a column for compilers' answers to the table, before the estimate's verdict.
  ///   - quantity: the quantity that rows are ordered by; its column stays even in narrow tables.
  public static func listing(
    _ extent: Extent, showsCompiled: Bool = false, orderedBy quantity: EstimateQuantity? = nil
  ) -> Listing<Input> {
    var columns = Listing.results.ordered(by: quantity).of { (input: Input) in input.result }
    if showsCompiled, let place = columns.firstIndex(where: { $0.title == "verdict" }) {
      columns[place].title = "estimated"
      columns[place].rank = .fact
      columns.insert(
        .init(
          title: "compiled", rank: .answer,
          text: { input in
            input.compiled.map { Styled(verdict: $0.verdict) + Styled(", \($0.memory.total)") } ?? "–"
          }), at: place)
    }
    var listing = Listing(columns + answer(extent))
    listing.json = { input, writer in
      writer.beginObject()
      writer.fields(input.result)
      writer.answer(input, extent)
      writer.endObject()
    }
    return listing
  }

  private typealias Column = Listing<Input>.Column

  private static func answer(_ extent: Extent) -> [Column] {
    func column(
      _ key: StepResult.AnswerKey, _ part: String? = nil, _ value: @escaping @Sendable (Input) -> MachineValue
    )
      -> Column
    {
      Column(key.rawValue + (part.map { "." + $0 } ?? ""), value: value)
    }
    let compiled = [
      column(.compiled, "verdict") { .optional($0.compiled?.verdict.rawValue) },
      column(.compiled, "total") { .bytes($0.compiled?.memory.total) },
      column(.compiled, "livePeak") { .bytes($0.compiled?.memory.livePeak) },
      column(.compiled, "stepSeconds") { .seconds($0.compiled?.stepSeconds) },
      column(.compiled, "speaksFor") { .optional($0.compiled?.provenance.speaksFor) },
    ]
    if extent == .row { return compiled }
    let line =
      [
        column(.headroom) { .bytes($0.result.memory.limit - $0.result.memory.total) },
        column(.peak) { .optional($0.peak) },
        column(.recomputation, "startsAt") { .bytes($0.rematerialization?.startsAt) },
        column(.recomputation, "floor") { .bytes($0.rematerialization?.floor) },
        column(.recomputation, "recomputedBytes") { .bytes($0.rematerialization?.recomputed) },
        column(.recomputation, "seconds") { .seconds($0.rematerialization?.cost) },
      ] + compiled
    if extent == .line { return line }
    let room = [column(.largestBatch) { .optional($0.room?.largest) }]
    let settle = extent == .one ? [column(.settle) { .optional($0.settling?.command) }] : []
    return line + room + settle + training
  }
}

extension CheckReport {
  /// The leaves of `training`.
  static var training: [Listing<Input>.Column] {
    StepResult.TrainingKey.allCases.map { key in
      .init("training." + key.rawValue) { $0.training?.value(key) ?? .null }
    }
      + Training.timed.map { key in
        .init("training.compiled." + key.rawValue) { Training.value(key, of: $0.training?.compiled) }
      }
  }
}

/// The bytes of the keys that every row has, made once.
private enum AnswerKeys {
  static let headroom = JSONWriter.Key(StepResult.AnswerKey.headroom.rawValue)
  static let peak = JSONWriter.Key(StepResult.AnswerKey.peak.rawValue)
  static let recomputation = JSONWriter.Key(StepResult.AnswerKey.recomputation.rawValue)
  static let compiled = JSONWriter.Key(StepResult.AnswerKey.compiled.rawValue)
}

extension JSONWriter {
  fileprivate mutating func key(_ key: StepResult.AnswerKey) { self.key(key.rawValue) }

  /// What stands beside the result, within an object that the caller begins and ends.
  mutating func answer(_ input: CheckReport.Input, _ extent: CheckReport.Extent) {
    if extent != .row {
      key(AnswerKeys.headroom)
      value(.bytes(input.result.memory.limit - input.result.memory.total))
      key(AnswerKeys.peak)
      value(.optional(input.peak))
      key(AnswerKeys.recomputation)
      if let recomputed = input.rematerialization { recomputation(recomputed) } else { null() }
    }
    key(AnswerKeys.compiled)
    if let compiled = input.compiled {
      beginObject()
      findings(compiled)
      endObject()
    } else {
      null()
    }
    guard extent == .one || extent == .side else { return }
    key(.largestBatch)
    value(.optional(input.room?.largest))
    key(.batchGaps)
    if let room = input.room, room.sampledAbove == nil {
      beginArray()
      for gap in room.gaps { range(gap) }
      endArray()
    } else {
      null()
    }
    key(.mayFitBatch)
    if let window = input.room?.mayFit { range(window) } else { null() }
    if extent == .one {
      key(.changes)
      beginArray()
      for change in input.changes { Listing<FitChange>.changes.write(change, to: &self) }
      endArray()
      key(.settle)
      if let settling = input.settling { self.settling(settling) } else { null() }
    }
    key(.training)
    training(input.training)
  }

  private mutating func range(_ numbers: ClosedRange<Int>) {
    beginArray()
    integer(numbers.lowerBound)
    integer(numbers.upperBound)
    endArray()
  }

  private mutating func recomputation(_ recomputed: CheckReport.Rematerialization) {
    beginObject()
    key("startsAt")
    value(.bytes(recomputed.startsAt))
    key("floor")
    value(.bytes(recomputed.floor))
    key("recomputedBytes")
    value(.bytes(recomputed.recomputed))
    key("seconds")
    value(.seconds(recomputed.cost))
    endObject()
  }

  private mutating func settling(_ settling: CheckReport.Settling) {
    beginObject()
    key("command")
    string(settling.command)
    key("seconds")
    value(.seconds(settling.seconds))
    key("isTypical")
    boolean(settling.isTypical)
    key("preparation")
    value(.optional(settling.preparation))
    endObject()
  }
}
