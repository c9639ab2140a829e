import Catalog
import Estimation
import Reporting
import VisionTransformer

/// The reports as one short paper: question, method, figures, limits.
struct ShortPaper {
  let catalog: Catalog
  let estimator: Estimator
  /// Estimates held against the bundled evidence.
  let validation: ValidationReport
  /// The published shapes beside those that the rule of the paper selects.
  let published: MarkdownTable
  let compiled: CompiledText
  let measured: MeasuredText?

  /// The paper in Markdown.
  ///
  /// - Throws: `ConfigurationError` for a shape or a device that the catalog lacks.
  func text() throws -> String {
    let tables = validation.markdown, device = estimator.device
    return """
      # Which Vision Transformer shape fits the accelerator

      Written by `shapefinder report`; do not edit. The reports of this folder in short; each section names the one that has every row.

      ## Question

      A Vision Transformer is to be trained on a given accelerator, with a given batch, head and optimizer. Which depths, widths,
      MLP-widths and numbers of heads fit its memory, how fast does each train, and which of them should it be? *Scaling Vision
      Transformers* (arXiv 2106.04560, section 3.6, Figure 8) asked it for TPUv3 and called the answer Shapefinder.

      ## Method

      One training step is described once, as a small tensor program: forward, backward, update. Three kinds of answers are made from it
      and never blended. *Estimated*: tile layouts, lifetimes and prices of the program's operations, in closed form over depth, for
      \(device.name) and \(device.speaksFor ?? "its compiler"). *Compiled*: the same program as StableHLO, put to the device's own compiler
      without a device. *Measured*: the same program run on a processor. What theory leaves open is fitted to evidence, labelled *tuned*;
      *held-out* rows were set aside before anyone looked at them, *shared* rows are older than the model. A verdict within the model's own
      error of the limit is *uncertain*.

      ## Figure 8

      ![the fit map of Figure 8, estimated](figure8.svg)

      The same with what the compiler said, where it was asked, ringed:

      ![the fit map of Figure 8 with compiled verdicts](figure8-compiled.svg)

      \(try compiled.frontier().summary) [Every edge](compiled.md).

      The paper's own cases:

      \(compiled.paper().text)
      ## Table 2

      Parameters and FLOPs of the named shapes beside the printed ones are in [table2.md](table2.md), the paper's claims on padding,
      optimizers and throughput in [claims.md](claims.md).

      ## Optimizers

      ViT-G/14, 8 images a core, MAP head. The paper states two, one and a half, and half the bytes of the parameters.

      \(try optimizers().text)
      ## Which shape

      The shape at the limit of the memory whose least grown dimension has grown most, from ViT-H/14, on the steps of all published
      shapes. [How far the rules lead](selection.md), SoViT's among them.

      \(published.text)
      ## Accuracy

      ![estimated against compiled and measured](accuracy.svg)

      \(tables.errors.text)
      Verdicts of the estimate, and whether the step fits:

      \(tables.verdicts.text)
      What would happen if a step were given exactly what is estimated, or what a rule of thumb says:

      \(tables.reservations.text)
      \(validation.conclusion) `shapefinder validate` says it again for this or your own evidence. [Every row](evidence.md), with the known causes of
      the largest errors. The same steps asked of other methods: [field.md](field.md).

      ## Devices

      \(DevicesReport.listing.markdown(
        catalog.devices.map { DevicesReport.Row($0.device) }, titles: ["device", "usable memory", "GB/s", "TFLOP/s", "estimates"]).text)
      ## A processor

      \(measured.map { "\($0.report.summary.text)" } ?? "Nothing was measured.\n")
      [Every row](measured.md); beside PyTorch on the same threads: [pytorch.md](pytorch.md), [pytorch-xeon.md](pytorch-xeon.md).

      ## Limits

      - An estimate speaks for one compiler generation. What is *not yet validated* for a device is carried over from \(device.name).
      - Unrolled blocks that are recomputed under `sgd` are *uncertain* until compiled. The time of scanned layers is that of unrolled
        ones.
      - Where the compiler rematerializes far below the live peak it ends above its own best, and recomputes chains that the time leaves out.
      - The gaps of the heap's packer are a fraction, right in the mean and not in the single case.
      - Times are a compiler's cycles: no input pipeline, no waiting for other cores. Whole runs took longer by the factor in
        [claims.md](claims.md).
      - No GPU, no sharded weights, no other model than the Vision Transformer.

      """
  }

  private func optimizers() throws -> MarkdownTable {
    let configuration = Configuration(shape: try catalog.shape(named: "ViT-G/14"))
    let rows = try OptimizerComparison(configuration, AnswerContext(catalog: catalog)).rows
    return OptimizerReport.listing().markdown(
      rows, titles: ["optimizer", "state", "ratio", "paper", "verdict", "total", "max batch", "max depth"])
  }
}
