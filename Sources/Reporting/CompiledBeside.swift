import VisionTransformer

/// Compilers' answers for some configurations of a grid, shown before the estimates for all of them.
public struct CompiledBeside: Sendable {
  /// One configuration.
  struct Row: Sendable {
    var compiled: StepResult
    var estimated: Verdict
    var estimatedTotal: Bytes

    /// How the two compare.
    var relation: Relation {
      if compiled.verdict == estimated { return .agrees }
      return estimated == .uncertain ? .settles : .contradicts
    }
  }

  enum Relation: Int, CaseIterable, Sendable {
    case contradicts, settles, agrees
  }

  /// Number of rows that are shown; the others are only counted.
  static let mostShown = 10

  private var rows: [Relation: [Row]] = [:]
  private var relations: [Relation: Int] = [:]
  private var verdicts: [Verdict: Int] = [:]

  /// No answers yet.
  public init() {}

  /// Number of configurations with a compiler's answer.
  public var count: Int { verdicts.values.reduce(0, +) }

  /// Adds a compiler's answer for a configuration, and its estimate.
  public mutating func insert(_ compiled: StepResult, estimated: Verdict, total: Bytes) {
    let row = Row(compiled: compiled, estimated: estimated, estimatedTotal: total), relation = row.relation
    verdicts[compiled.verdict, default: 0] += 1
    relations[relation, default: 0] += 1
    if rows[relation, default: []].count < Self.mostShown { rows[relation, default: []].append(row) }
  }

  /// `Compiled in the store, of these: 12; 11 fit, 1 does not fit; 1 against the estimate, 3 where the estimate is uncertain`.
  public var title: String {
    var said: [String] = []
    if let count = verdicts[.fits] { said.append(counted(count, "fits", many: "fit")) }
    if let count = verdicts[.doesNotFit] { said.append(counted(count, "does not fit", many: "do not fit")) }
    if let count = verdicts[.uncertain] { said.append(counted(count, "is uncertain", many: "are uncertain")) }
    var against: [String] = []
    if let count = relations[.contradicts] { against.append("\(grouped(count)) against the estimate") }
    if let count = relations[.settles] { against.append("\(grouped(count)) where the estimate is uncertain") }
    return "Compiled in the store, of these: \(grouped(count)); " + said.joined(separator: ", ")
      + (against.isEmpty ? "; all as estimated" : "; " + against.joined(separator: ", "))
  }

  /// The title and a table that begins with the differences from the estimates; empty without compilers' answers.
  public func lines(for terminal: Terminal) -> [Styled] {
    guard count > 0 else { return [] }
    let shown = Relation.allCases.flatMap { rows[$0] ?? [] }.prefix(Self.mostShown)
    var table = Self.listing.table()
    table.rows = shown.map(Self.listing.cells)
    var lines = wrap(title, width: terminal.columns).map { Styled($0, .bold) } + table.lines(for: terminal)
    if shown.count < count { lines.append(Styled("\(grouped(shown.count)) of \(grouped(count))", .dim)) }
    return lines + [""]
  }

  /// The same as text.
  public func text(terminal: Terminal) -> String { lines(for: terminal).rendered(for: terminal) }

  private static let listing = Listing<Row>([
    .init(title: "shape", rank: .answer, text: { Styled($0.compiled.configuration.title) }),
    .init(title: "head", rank: .name, text: { Styled($0.compiled.configuration.head.rawValue) }),
    .init(title: "optimizer", rank: .name, text: { Styled($0.compiled.configuration.optimizer.rawValue) }),
    .init(title: "batch", .right, rank: .name, text: { Styled(grouped($0.compiled.configuration.batch)) }),
    .init(title: "compiled", rank: .answer, text: { Styled(verdict: $0.compiled.verdict) }),
    .init(title: "total", .right, text: { Styled($0.compiled.memory.total.description) }),
    .init(title: "estimated", rank: .answer, text: { Styled(verdict: $0.estimated) }),
    .init(title: "total", .right, text: { Styled($0.estimatedTotal.description) }),
  ])
}
