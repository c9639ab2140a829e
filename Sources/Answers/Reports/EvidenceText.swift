import Catalog
import Estimation
import Reporting
import VisionTransformer

/// The report that compares estimates with the device's own compiler, on every line of the bundled evidence.
struct EvidenceText {
  let report: EvidenceReport
  let estimator: Estimator
  /// Answers of other compilers.
  let otherCompilers: [ValidationRow]
  /// The devices that share the model.
  let others: [DeviceEvidence]

  /// Errors on rows that were set aside, by device.
  var devices: MarkdownTable {
    let all = [(estimator.device, report)] + others.map { ($0.device, $0.report) }
    return MarkdownTable(
      ["device", "rows", "live peak: median, largest", "total", "cycles", "verdicts: right, uncertain, wrong"],
      numbers: [1, 2, 3, 4, 5], rows: all.map { [$0.name] + $1.heldOut })
  }

  private var sections: String {
    others.map { other in
      """
      ## \(other.device.name)

      \(other.report.summary.text)
      \(other.report.verdicts.text)
      Live peaks more than 2 % off:

      \(other.report.worst(.livePeak, above: 0.02).text)
      Totals more than 4 % off:

      \(other.report.worst(.total, above: 0.04).text)
      Cycles:

      \(other.report.worst(.cycles, count: 5).text)
      """
    }.joined()
  }

  /// Full compiles of shapes that have a name, at their published depth.
  func sideBySide(_ catalog: Catalog) -> MarkdownTable {
    let names = Dictionary(catalog.namedShapes.map { ($0.shape, $0.name) }, uniquingKeysWith: { first, _ in first })
    return report.sideBySide { configuration in
      names[configuration.shape].map { "\($0), \(images(configuration.batch)), \(configuration.optimizer.rawValue)" }
    }
  }

  /// The report in Markdown.
  var text: String {
    """
    # Estimated against compiled

    Written by `shapefinder report`; do not edit. Estimates of model version \(Estimator.version) for \
    \(estimator.device.name), held against \(estimator.device.speaksFor ?? "its compiler") on every line of \
    `Validation/evidence`. *Shared* rows were made before the model; *tuned* rows were looked at while its structure was \
    found; *held-out* rows were set aside and not looked at while anything could still change.

    The compiler's live peak is parameters, optimizer state and live temporaries. Images and labels are not in it; the \
    estimate's `livePeak` is defined alike. The total is the compiler's own, which counts the packer's gaps twice. Cycles \
    leave the all-reduce out, for which the compiler counts none, and scanned layers, whose stacks the time leaves out.

    ## Errors

    \(report.summary.text)
    ## Verdicts

    \(report.verdicts.text)
    ## Scanned layers

    The rows above whose blocks are loops over stacked parameters.

    \(report.scanned.summary.text)
    \(report.scanned.verdicts.text)
    ## Farthest off

    Live peaks, every row more than 3 % off; the event at which the model has the peak stands last. Known causes: a third \
    order, depth first, which closed forms do not have and which the compiler takes where the two that they have need nearly the \
    same or the width is far above batch x tokens (half-precision Adam and Adafactor at widths of 2,400 and more: up to 2.4 % too \
    much; verdicts there have a band of their own), ties between siblings in steps that are scheduled (recomputed blocks of one \
    image or few tokens, or under descent: up to 7 %), and a second copy of a large classifier's gradient in models of a few \
    hundred MiB (up to 5 % too little). Not explained, buffer by buffer, are the rows of two to six blocks without \
    rematerialization: up to 6.5 %, all of steps below 1.3 GiB.

    \(report.worst(.livePeak, above: 0.03).text)
    Totals, every row more than 6 % off. The rest over the live peak is the heap's gaps, which the model takes from a fraction.

    \(report.worst(.total, above: 0.06).text)
    Peaks after automatic rematerialization. Known cause: far below the live peak the greedy pass ends above its own best, \
    and the model's floor is the best.

    \(report.worst(.reducedPeak, count: 10).text)
    Cycles.

    \(report.worst(.cycles, count: 10).text)
    Cycles with automatic rematerialization: a lower bound where it goes deep, because the compiler then recomputes chains.

    \(report.worst(.rematerializedCycles, count: 10).text)
    \(generations)## Every shared live peak

    \(report.all(.livePeak, file: "tpu-v3-peaks").text)
    ## Every shared full compile

    \(report.all(.total, file: "tpu-v3").text)
    Rematerialized:

    \(report.all(.rematerializedTotal, file: "tpu-v3").text)
    ## Other devices

    The same model with the figures of other devices, held against their compilers. Where a device's compiler writes something out
    that TPUv3's fuses, the device's file says so. Errors on rows that were set aside:

    \(devices.text)
    \(sections)
    """
  }

  /// How far other compilers' answers lie from the model; empty where there are none.
  private var generations: String {
    guard !otherCompilers.isEmpty else { return "" }
    return """
      ## Other compilers

      The model was made for one compiler. Others were asked for some of the same steps: the first figures say how far their live \
      peaks lie from that compiler's, the others how far from the model. libtpu 0.0.52 counts the packer's gaps once, older ones \
      twice, so that its totals are less by as much. With `--compiler` a verdict speaks for such a compiler, where \
      \(CompilerEvidence.fewest) live peaks and more are known: its uncertain band then reaches as far as they do.

      \(EvidenceReport.compilers(
        otherCompilers.map(\.comparison),
        beside: report.comparisons + others.flatMap(\.report.comparisons)).text)

      """
  }
}
