import Evidence
import EvidenceStore
import Reporting
import Selection
import VisionTransformer

/// A run with as many of its results as are to be shown.
package struct ShownRun {
  /// The results.
  package let rows: [StepResult]
  /// The columns.
  package let listing: Listing<StepResult>
  private let run: Run
  private let hosts: [MeasuringHost]
  private let total: Int
  private let verdicts: String

  /// Reads a run.
  ///
  /// - Throws: as `StoredResults.walk`.
  package init(_ run: Run, _ results: StoredResults, orderedBy quantity: EstimateQuantity?, limit: Int?) throws {
    self.run = run
    var rows: [StepResult] = []
    try results.walk(limit: limit) { rows.append($0) }
    self.rows = rows
    listing = Listing<StepResult>.results.ordered(by: quantity)
    total = try results.count()
    hosts = try results.hosts(run: run.id)
    let fits = try results.count(.fits, run: run.id), unfit = try results.count(.doesNotFit, run: run.id)
    verdicts =
      "\(counted(fits, "fits", many: "fit")), \(counted(unfit, "does not", many: "do not")), "
      + "\(counted(try results.count(.uncertain, run: run.id), "is uncertain", many: "are uncertain"))"
  }

  /// What was asked, when and where, what came of it, and the results.
  package func text(terminal: Terminal) -> String {
    var head = [
      Styled("run \(run.id), ", .bold) + Styled(run.status.rawValue, .bold) + Styled(": \(run.description.command)"),
      Styled(
        "\(run.started) to \(run.finished ?? "–"), model \(run.description.modelVersion) on \(run.description.host)",
        .dim),
    ]
    head += hosts.map { Styled("measured on " + visible($0.text), .dim) }
    head.append(Styled("\(counted(run.counts.total, "result")), \(grouped(run.counts.new)) of them new: " + verdicts))
    var lines = head.flatMap { $0.wrapped(to: terminal.columns) }.rendered(for: terminal)
    if !rows.isEmpty { lines += "\n" + listing.text(rows, terminal: terminal) }
    if rows.count < total {
      lines += Remarks.text(
        ["\(grouped(rows.count)) of \(grouped(total)); --limit shows more, `runs export \(run.id)` all"],
        terminal: terminal)
    }
    return lines
  }
}
