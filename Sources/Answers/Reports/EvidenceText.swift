import Catalog
import Estimation
import Reporting
import VisionTransformer

/// The report that compares estimates with the device's own compiler, on every line of the bundled evidence.
struct EvidenceText {
  let report: EvidenceReport
  let estimator: Estimator

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
    leave the all-reduce out, for which the compiler counts none. Scanned layers are left out: the model calls them uncertain.

    ## Errors

    \(report.summary.text)
    ## Verdicts

    \(report.verdicts.text)
    ## Farthest off

    Live peaks, every row more than 3 % off; the event at which the model has the peak stands last. Known causes: a third \
    order, depth first, which the model does not have and which the compiler takes where the two that it has need nearly the \
    same or the width is far above batch x tokens (half-precision Adam and Adafactor at widths of 2,400 and more: up to 2.4 % too \
    much; verdicts there have a band of their own), plain descent (`sgd`), whose updates run early where blocks are recomputed \
    (the model then answers *uncertain*), full rematerialization without clipping for one image or few tokens, which runs depth \
    first too (up to 15 % too little; a band of its own), and a second copy of a large classifier's gradient in models of a few \
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
    ## Every shared live peak

    \(report.all(.livePeak, file: "tpu-v3-peaks").text)
    ## Every shared full compile

    \(report.all(.total, file: "tpu-v3").text)
    Rematerialized:

    \(report.all(.rematerializedTotal, file: "tpu-v3").text)
    """
  }
}
