import Catalog
import Estimation
import Foundation
import Reporting
import VisionTransformer

/// The report of the device's own compiler on this package's program: compared with the same step written in JAX, for
/// the paper's cases, and along the edge of Figure 8. It is made from stored answers, without a compiler.
struct CompiledText {
  let catalog: Catalog
  let estimator: Estimator
  /// Answers of `shapefinder compile`, with their places.
  let placed: [PlacedResult]
  /// The answers alone.
  var results: [StepResult] { placed.map(\.result) }
  let evidence: [EvidenceFile]

  /// Reads every file of answers in `directory`.
  ///
  /// - Throws: `AnswerError` for a file that cannot be read or a line that is not a result.
  init(directory: String, evidence: [EvidenceFile], catalog: Catalog, estimator: Estimator) throws {
    self.catalog = catalog
    self.estimator = estimator
    self.evidence = evidence
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).filter {
      $0.hasPrefix(estimator.device.name) && $0.hasSuffix(".ndjson")
    }
    placed = try names.sorted().flatMap { try PlacedResult.read(.file(directory + "/" + $0), directory: catalog) }
  }

  // MARK: - Text

  func text() throws -> String {
    let frontier = try frontier(), answers = Set(results.compactMap(\.provenance.speaksFor)).sorted()
    return """
      # Compiled

      Written by `shapefinder report`; do not edit. Every answer of `Validation/compiled`: what \
      \(answers.joined(separator: ", ")) says of the training step as `shapefinder compile` prints it. No TPU was used.

      ## The paper's answers

      ViT-g/14 and ViT-G/14 with a MAP head, as the paper trained them, compiled in full. Seconds are the compiler's cycles over \
      the clock of \(fixed(estimator.device.clock / 1e6, digits: 0)) MHz: one step without input pipeline and all-reduce, for \
      which the compiler counts no cycles. Published: \(PublishedRun.g.source).

      \(paper().text)
      ## The same step written in JAX and Flax

      The rows of `Validation/evidence` that were shared before this package was (`tpu-v3` in full, `tpu-v3-peaks` for their \
      memory), with the same compiler. The total counts the packer's gaps twice, as the compiler does. Cycles of scanned layers \
      are not compared: the shared row leaves the loops' bodies out. Where both programs are near the limit the \
      compiler's greedy rematerialization makes of small differences between them other choices.

      \(agreement.summary.text)
      ### Every row

      \(agreement.all.text)
      ## The edge of Figure 8

      `compile --frontier` on columns of the grid `figure8`. \(frontier.summary)

      \(frontier.edges.text)
      ### Every depth that was compiled

      \(frontier.all.text)
      """
  }

  /// The paper's cases: estimated and compiled beside the published figures.
  func paper() -> MarkdownTable {
    let cases: [(name: String, batch: Int, optimizer: Optimizer, clipping: GradientClipping, paper: String)] = [
      ("ViT-g/14", 32, .adafactor, .globalNorm, "fits"), ("ViT-G/14", 8, .adafactor, .none, "fits"),
      ("ViT-G/14", 8, .adamHalf, .none, "does not fit"),
    ]
    let rows = cases.compactMap { asked -> [String]? in
      guard let shape = try? catalog.shape(named: asked.name) else { return nil }
      let configuration = Configuration(
        shape: shape, batch: asked.batch, optimizer: asked.optimizer, gradientClipping: asked.clipping)
      let found = results.last {
        Self.asksTheSame($0.configuration, configuration) && !$0.provenance.isOfMemoryOnly
      }
      let estimate = estimator.estimate(configuration), memory = found?.memory
      let published = [PublishedRun.g].first { $0.shape == asked.name && $0.batch == asked.batch }
      return [
        "\(asked.name), \(images(asked.batch)), \(asked.optimizer.rawValue)"
          + (asked.clipping == .none ? "" : ", \(asked.clipping.rawValue)"), asked.paper,
        Styled(verdict: estimate.verdict).plain, found.map { Styled(verdict: $0.verdict).plain } ?? "–",
        "\(Bytes(estimate.total))", memory.map { "\($0.total)" } ?? "–",
        "\(Bytes(estimate.limit))", "\(Seconds(estimate.stepSeconds))", found?.stepSeconds.map { "\($0)" } ?? "–",
        found?.imagesPerSecond.map { fixed($0, digits: 1) } ?? "–",
        published.map { fixed($0.imagesPerSecond, digits: 1) } ?? "–",
      ]
    }
    return MarkdownTable(
      [
        "configuration", "the paper", "estimated", "compiled", "total estimated", "compiled", "limit",
        "a step estimated",
        "compiled", "images/s a core", "published",
      ], numbers: Set(4...10), rows: rows)
  }

  /// Answers compared with those about the program in JAX.
  var agreement: AgreementReport {
    let shared = evidence.flatMap { file in file.rows.map { (file.name, $0) } }
      .filter { $0.1.evidence.label == .shared }
    return AgreementReport(
      shared.compactMap { name, row in
        // A full compile has all quantities; a compile for memory has only those of the log.
        let answers = results.filter { Self.asksTheSame($0.configuration, row.evidence.configuration) }
        let found = answers.last { !$0.provenance.isOfMemoryOnly } ?? answers.last
        return found.map {
          AgreementReport.Row(
            place: "\(name):\(row.line)", evidence: row.evidence, result: $0, clock: estimator.device.clock)
        }
      })
  }

  func frontier() throws -> FrontierReport {
    let grid = try catalog.grid(named: "figure8").grid
    return FrontierReport(results, grid: grid) { _ in estimator }
  }

  private static func asksTheSame(_ a: Configuration, _ b: Configuration) -> Bool {
    a.shape == b.shape && a.setting == b.setting
  }
}
