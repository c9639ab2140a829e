import Catalog
import Estimation
import Reporting
import VisionTransformer

/// The report that compares estimates for a host with steps measured on it.
struct MeasuredText {
  let report: MeasuredReport
  /// The measured results with their places.
  let placed: [PlacedResult]
  let device: DeviceFile

  /// Reads the measured results of a file and estimates each.
  ///
  /// - Throws: `AnswerError` for a line that is not a result, `ConfigurationError` if the device is missing.
  init(path: String, catalog: Catalog) throws {
    device = try catalog.deviceFile(named: "cpu")
    let estimator = Estimator(device: device.device)
    placed = try PlacedResult.read(.file(path), directory: catalog)
    report = MeasuredReport(
      placed.map { MeasuredReport.Row(measured: $0.result, estimate: estimator.estimate($0.result.configuration)) })
  }

  /// The report in Markdown.
  var text: String {
    let source = device.figures.first { $0.key == .kernels }?.source ?? ""
    let measured = report.rows.first?.measured.provenance
    return """
      # Estimated against measured

      Written by `shapefinder report`; do not edit. Every line of `Validation/measured/cpu.ndjson`, real training steps in \
      float32 that `shapefinder measure` ran and timed (medians), beside the estimate from the device file `cpu`, which \
      `shapefinder devices probe` wrote on the same machine. The probe times other configurations than those measured here, and \
      nothing was fitted to these. Bytes are those of the plan that the engine \
      runs: the estimate leaves out gaps between buffers.

      Estimates: \(source).

      Measurements: \(measured.map { "\($0.source) \($0.version)" + ($0.speaksFor.map { ", \($0)" } ?? "") } ?? "none").

      \(report.summary.text)
      ## Every row

      \(report.all.text)
      """
  }
}
