import Catalog
import Estimation
import EvidenceStore
import Reporting
import VisionTransformer

/// The answer to "how far can the estimates be trusted": estimates held against compiled and measured evidence.
package struct ValidateAnswer {
  /// The question.
  package struct Question: Sendable {
    /// A device's name; nil for all.
    package var device: String?
    /// The kind of evidence; nil for both.
    package var evidence: EvidenceKind?
    /// The sets of rows; empty for all.
    package var groups: Set<EvidenceGroup>
    /// Most of the rows that are farthest off, for each quantity.
    package var worst: Int

    /// A question.
    package init(
      device: String? = nil, evidence: EvidenceKind? = nil, groups: Set<EvidenceGroup> = [], worst: Int = 3
    ) {
      self.device = device
      self.evidence = evidence
      self.groups = groups
      self.worst = worst
    }
  }

  /// The report.
  package let report: ValidationReport

  /// Holds estimates against what a store knows; without one, against the evidence that the program carries.
  ///
  /// - Throws: `AnswerError` for an unknown device, and if no row is left; `StoreError`.
  package init(_ question: Question, in store: EvidenceStore? = nil, _ context: AnswerContext) throws {
    let evidence = try EvidenceRows(in: store, context.catalog, device: question.device)
    let rows = evidence.rows.filter { row in
      (question.evidence == nil || question.evidence == row.evidence)
        && (question.groups.isEmpty || question.groups.contains(row.group))
    }
    guard !rows.isEmpty else {
      let groups = Set(evidence.rows.map(\.group.rawValue)).sorted()
      throw AnswerError(
        .badData,
        "\(evidence.origin) has no such row" + (question.device.map { " for \($0)" } ?? "")
          + (groups.isEmpty ? "" : "; it has the sets " + groups.joined(separator: ", ")))
    }
    report = ValidationReport(
      Validation(rows, stated: context.catalog.accuracy), origin: evidence.origin, leftOut: evidence.leftOut,
      worst: question.worst)
  }
}
