import Estimation
import VisionTransformer

/// Estimates held against evidence, for people and for machines.
public struct ValidationReport: Sendable {
  /// The validation.
  public let validation: Validation
  /// Where the evidence comes from: `the bundled evidence`, or a store's path.
  public let origin: String
  /// Why some evidence is left out, in sentences.
  public let leftOut: [String]
  /// Most of the rows that are farthest off, for each quantity.
  private let worst: Int

  /// A report.
  public init(_ validation: Validation, origin: String, leftOut: [String] = [], worst: Int) {
    self.validation = validation
    self.origin = origin
    self.leftOut = leftOut
    self.worst = worst
  }

  private var rows: [ValidationRow] { validation.rows }

  /// The report in one sentence.
  var summary: String {
    let counts = [EvidenceKind.compiled, .measured].compactMap { kind -> String? in
      let rows = rows.filter { $0.evidence == kind }
      guard !rows.isEmpty else { return nil }
      return counted(rows.count, "\(kind.rawValue) step") + " (" + devices(rows).joined(separator: "; ") + ")"
    }
    return "Model version \(Estimator.version) held against \(origin): \(counts.joined(separator: " and "))."
  }

  private func devices(_ rows: [ValidationRow]) -> [String] {
    let names = rows.map { row in
      let answer = row.comparison.evidence.compiler
      // A compiler is named with the library that asked it, which says nothing of the answer.
      let name = row.evidence == .compiled ? answer.prefix { $0 != "," } : answer[...]
      return "\(row.comparison.device.name): \(name)"
    }
    let short = Set(names).sorted()
    return short.count > 4 ? short.prefix(3) + ["and \(short.count - 3) more"] : short
  }

  // MARK: - Sections

  var sections: [ReportSection] {
    [errors, verdicts, headroom, reservations, farthest, statements].filter { !$0.rows.isEmpty }
  }

  /// The errors of each quantity, by group of rows.
  var errors: ReportSection { errors(of: EvidenceQuantity.allCases) }

  /// The errors of some quantities, by group of rows.
  func errors(of quantities: [EvidenceQuantity]) -> ReportSection {
    var section = ReportSection(
      key: "errors", title: "Errors of the estimate",
      columns: [
        .init("quantity", "quantity", rank: .answer), .init("set", "set", rank: .answer),
        .init("rows", "rows", .right), .init("median", "median", .right, rank: .answer),
        .init("ninetieth", "nine in ten", .right), .init("largest", "largest", .right, rank: .answer),
        .init("bias", "bias", .right, rank: .detail),
      ], rows: [])
    for quantity in quantities {
      for group in validation.groups {
        let comparisons = rows.filter { $0.group == group }.map(\.comparison)
        guard let errors = comparisons.errors(of: quantity) else { continue }
        section.rows.append([
          .init(Styled(quantity.rawValue), .text(quantity.key)), .text(group.rawValue), .count(errors.count),
          .percent(errors.median), .percent(errors.ninetieth), .percent(errors.largest),
          .percent(errors.bias, signed: true),
        ])
      }
    }
    return section
  }

  /// Verdicts of the estimate against those of the evidence.
  var verdicts: ReportSection {
    var section = ReportSection(
      key: "verdicts", title: "Verdicts",
      columns: [
        .init("evidence", "evidence", rank: .answer), .init("estimated", "estimated", rank: .answer),
        .init("fits", "it fits", .right, rank: .answer), .init("doesNotFit", "it does not", .right, rank: .answer),
      ], rows: [])
    for kind in [EvidenceKind.compiled, .measured] {
      let matrix = VerdictMatrix(rows.filter { $0.evidence == kind })
      guard matrix.count > 0 else { continue }
      for verdict in [Verdict.fits, .uncertain, .doesNotFit] {
        func cell(_ observed: Verdict) -> ReportSection.Cell {
          let count = matrix[verdict, observed]
          return .count(count, verdict != .uncertain && verdict != observed && count > 0 ? .bad : .plain)
        }
        section.rows.append([
          .text(kind.rawValue), .init(Styled(verdict: verdict), .text(verdict.rawValue)), cell(.fits),
          cell(.doesNotFit),
        ])
      }
    }
    return section
  }

  /// Outcomes by distance from the limit.
  var headroom: ReportSection {
    var section = ReportSection(
      key: "headroom", title: "Verdicts by headroom",
      note: "Headroom is the limit less the estimated total; ten groups of equally many compiled steps.",
      columns: [
        .init("least", "from", .right, rank: .answer), .init("most", "to", .right, rank: .answer),
        .init("rows", "rows", .right), .init("right", "right", .right, rank: .answer),
        .init("uncertain", "uncertain", .right, rank: .answer), .init("wrong", "wrong", .right, rank: .answer),
      ], rows: [])
    section.rows = HeadroomGroup.deciles(rows.filter { $0.evidence == .compiled }).map { group in
      [
        .percent(group.headroom.lowerBound, signed: true), .percent(group.headroom.upperBound, signed: true),
        .count(group.outcomes.count), .count(group.outcomes.right), .count(group.outcomes.uncertain),
        .count(group.outcomes.wrong, group.outcomes.wrong > 0 ? .bad : .plain),
      ]
    }
    return section
  }

  /// What would happen if steps were given what a rule says.
  var reservations: ReportSection {
    var section = ReportSection(
      key: "reservations", title: "If a step is given exactly what a rule says",
      note: "Too small: the step would have run out of memory. Means over steps whose needs are known and of which the "
        + "compiler recomputes nothing. Naive: 16 bytes a parameter and s b h (34 + 5 a s / h) of activations a block.",
      columns: [
        .init("evidence", "evidence", rank: .answer), .init("rule", "rule", rank: .answer),
        .init("rows", "rows", .right),
        .init("failures", "too small", .right, rank: .answer), .init("failureShare", "share", .right),
        .init("given", "given", .right), .init("needed", "needed", .right),
        .init("savedAgainstNaive", "less than naive", .right, rank: .detail),
      ], rows: [])
    for kind in [EvidenceKind.compiled, .measured] {
      let rows = rows.filter { $0.evidence == kind }
      guard let naive = Reservations(.naive, rows) else { continue }
      for rule in ReservationRule.allCases where kind == .compiled || rule != .estimateWithBand {
        guard let found = Reservations(rule, rows) else { continue }
        section.rows.append([
          .text(kind.rawValue), .text(rule.rawValue), .count(found.rows), .count(found.failures),
          .percent(found.failureShare), .bytes(Bytes(saturating: found.given)),
          .bytes(Bytes(saturating: found.needed)),
          rule == .naive ? .init("–", .null) : .bytes(Bytes(saturating: naive.given - found.given)),
        ])
      }
    }
    return section
  }

  /// The rows that are farthest off.
  var farthest: ReportSection {
    var section = ReportSection(
      key: "farthest", title: "Farthest off",
      note: "The rows with the largest errors, and the part of their bytes that misses most.",
      columns: [
        .init("quantity", "quantity", rank: .answer), .init("place", "row", rank: .answer),
        .init("set", "set", rank: .detail),
        .init("estimated", "estimated", .right), .init("observed", "seen", .right),
        .init("error", "error", .right, rank: .answer), .init("part", "missing part", rank: .detail),
        .init("partBytes", "by", .right, rank: .detail), .init("configuration", "configuration", rank: .detail),
      ], rows: [])
    for quantity in EvidenceQuantity.main {
      for (row, pair) in rows.worst(quantity).prefix(worst) {
        // Of a program that was rematerialized the parts are not known.
        let missed = [.livePeak, .total].contains(quantity) ? row.comparison.missedPart : nil
        section.rows.append([
          .init(Styled(quantity.rawValue), .text(quantity.key)), .text(row.place), .text(row.group.rawValue),
          quantity.cell(pair.estimated), quantity.cell(pair.observed), .percent(pair.error, signed: true),
          missed.map { .text($0.part.rawValue) } ?? .init("–", .null),
          missed.map { .init(Styled(Self.signed($0.bytes)), .bytes($0.bytes)) } ?? .init("–", .null),
          .text(row.comparison.evidence.configuration.brief),
        ])
      }
    }
    return section
  }

  private static func signed(_ bytes: Bytes) -> String {
    bytes < .zero ? "-\(.zero - bytes)" : "+\(bytes)"
  }

  /// What is stated, and whether it holds.
  var statements: ReportSection {
    ReportSection(
      key: "statements", title: "What is stated",
      columns: [
        .init("device", "device", rank: .name), .init("set", "set", rank: .answer),
        .init("quantity", "quantity", rank: .answer), .init("figure", "figure", rank: .answer),
        .init("stated", "at most", .right, rank: .answer), .init("found", "found", .right, rank: .answer),
        .init("rows", "rows", .right), .init("outcome", "", rank: .answer),
      ],
      rows: validation.statements.map { held in
        let statement = held.statement
        let style: Style = held.outcome == .fails ? .bad : held.outcome == .holds ? .good : .dim
        return [
          .text(held.device), .text(statement.group.rawValue),
          .init(
            Styled(statement.quantity?.rawValue ?? "verdicts"), .text(statement.quantity?.key ?? "verdicts")),
          .text(statement.figure == .ninetieth ? "nine in ten" : statement.figure.rawValue),
          .percent(statement.most), .percent(held.found), .count(held.rows), .text(held.outcome.rawValue, style),
        ]
      })
  }

  /// Whether what is stated holds, in a sentence.
  public var conclusion: String {
    let all = validation.statements, failed = all.count { $0.outcome == .fails }
    let open = all.count { $0.outcome == .tooFewRows }
    guard !all.isEmpty else { return "Nothing is stated about such steps." }
    let few = open == 0 ? "" : "; of \(open), there are too few rows to tell"
    return failed == 0
      ? "All \(all.count - open) statements hold\(few)."
      : "\(failed) of \(counted(all.count, "statement")) no longer \(failed == 1 ? "holds" : "hold")\(few)."
  }
}

extension EvidenceQuantity {
  /// The quantities whose farthest rows are shown: the others are parts of these.
  static let main: [EvidenceQuantity] = [
    .livePeak, .total, .rematerializedTotal, .reducedPeak, .cycles, .stepTime,
  ]

  /// A value of the quantity.
  fileprivate func cell(_ value: Double) -> ReportSection.Cell {
    switch self {
    case .cycles, .rematerializedCycles: .init(Styled(fixed(value / 1e6, digits: 1) + " M"), .number(value))
    case .stepTime: .init(Styled("\(Seconds(value))"), .number(value))
    default: .bytes(Bytes(saturating: value))
    }
  }
}
