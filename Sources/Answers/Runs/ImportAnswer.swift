import Reporting
import VisionTransformer

/// The outcome of importing files.
package struct ImportAnswer: Sendable {
  /// The files, as they were given.
  package var files: [String]
  /// What came of them.
  package var outcome: ImportedResults.Outcome

  /// An outcome.
  package init(_ files: [String], _ outcome: ImportedResults.Outcome) {
    self.files = files
    self.outcome = outcome
  }

  private var run: StoredRun { outcome.run }
  private var refused: Int { outcome.refused }
  /// `a.ndjson`, or `a.ndjson and 7 more`.
  private var file: String { (files.first ?? "") + (files.count > 1 ? " and \(grouped(files.count - 1)) more" : "") }

  /// The columns of an outcome.
  package static var listing: Listing<ImportAnswer> {
    Listing([
      .integer("run", "run", isCount: false) { $0.run.id }, .text("file", "file") { $0.file },
      .integer("new", "new") { $0.run.counts.new },
      .integer("confirmed", "known before") { $0.run.counts.confirmed },
      .integer("revised", "revised") { $0.run.counts.revised },
      .init(
        "refused", "bad lines", .right,
        text: { Styled(grouped($0.refused), $0.refused > 0 ? .bad : .plain) }, value: { .integer($0.refused) }),
      .integer("failed", "without answer") { $0.outcome.failures },
    ])
  }
}
