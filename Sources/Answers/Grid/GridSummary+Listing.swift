import Reporting
import Selection
import VisionTransformer

extension CompiledBeside {
  /// Counts a finding, by a compiler's answer if there is one.
  package mutating func insert(_ finding: GridSearch.Finding) {
    guard let compiled = finding.dearer?.result else { return }
    insert(compiled, estimated: finding.estimate.verdict, total: Bytes(finding.estimate.total))
  }
}

extension GridSummary {
  /// The summary in one sentence, after `seconds` of estimating.
  package func sentence(_ run: StoredRun?, seconds: Double) -> String {
    var text = "\(grouped(walked)) estimated"
    if count != walked { text += ", \(grouped(count)) within the bounds" }
    text += ", \(counted(fits, "fits", many: "fit"))"
    let settled = rows.reduce(0) { $0 + $1.settled }
    if settled > 0 { text += ", \(counted(settled, "verdict")) by what a compiler said" }
    return text + "; \(Seconds(seconds))" + (run.map { "; \($0.summary)" } ?? "")
  }

  /// The summary as a table.
  package static var listing: Listing<Row> {
    Listing([
      .text("setting", "setting") { $0.setting.label.isEmpty ? $0.setting.name : $0.setting.label },
      .integer("fits", "fit") { $0.fits }, .integer("uncertain", "uncertain") { $0.uncertain },
      .integer("doesNotFit", "do not fit") { $0.doesNotFit }, .init("compiled") { .integer($0.settled) },
      .text("largest", "largest that fits") { $0.largest?.configuration.shape.description },
      .init(
        title: "parameters", .right, rank: .detail,
        text: { Styled($0.largest.map { ParameterCount.text($0.estimate.parameterCount) } ?? "–") }),
      .init(
        title: "images/s", .right, rank: .detail,
        text: { row in
          Styled(
            row.largest.map {
              fixed(EstimateQuantity.imagesPerSecond.value($0.configuration, $0.estimate), digits: 1)
            } ?? "–")
        }),
    ])
  }
}
