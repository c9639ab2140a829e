import Catalog
import Evidence
import Reporting
import VisionTransformer

/// The answers of a compiler over a grid as people see them: a row each, and a map that grows.
package final class CompileTable {
  private let maps: EvidenceMaps
  private var estimators: Estimators
  private var reports: [CompiledReport] = []

  /// A table without rows.
  ///
  /// - Parameters:
  ///   - name: the grid's name in the catalog; nil for a user's own axes.
  ///   - compiler: what compiles it.
  package init(_ grid: Grid, name: String?, compiler: String, _ catalog: Catalog) {
    maps = EvidenceMaps(name: name, grid: grid, provenance: "\(EvidenceKind.compiled.rawValue) by \(compiler)")
    estimators = Estimators(catalog)
  }

  /// Draws an answer as it comes.
  package func hear(setting: Int, _ answer: CompileAnswer) {
    guard let configuration = answer.configuration else { return }
    maps.insert(
      configuration, setting: setting, verdict: answer.evidence?.verdict,
      imagesPerSecond: answer.evidence?.result?.imagesPerSecond)
  }

  /// Adds the row of an answer, in the grid's order.
  package func take(_ answer: CompileAnswer) -> Result<StepResult, LineError> {
    reports.append(CompiledReport(answer, &estimators))
    return answer.evidence?.result.map { .success($0) }
      ?? .failure(LineError(line: nil, value: answer.title, rule: answer.problem ?? "no answer"))
  }

  /// The map with the latest answer; empty before there is one.
  package func latestMap(_ terminal: Terminal) -> String { maps.latestText(terminal) }

  /// All rows and maps; empty before there is one.
  package func text(_ terminal: Terminal) -> String {
    guard !reports.isEmpty else { return "" }
    return Listing<CompiledReport>.compiled.text(reports, terminal: terminal) + "\n" + maps.text(terminal)
  }
}
