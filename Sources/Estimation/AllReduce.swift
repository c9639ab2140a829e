import VisionTransformer

/// Time of the gradients' all-reduce over the links of a pod.
///
/// A ring moves each byte `2 (P - 1) / P` times over the links of a chip; up to four chips have two of their four links in
/// use. Nothing overlaps it, and the sum over the cores of one chip is free.
/// Source: all-reduce bandwidth of a TPUv3 pod, Google Cloud TPU documentation (340 TB/s over 1024 chips). The compiler itself
/// counts zero cycles for it (Facts, "Time"), so that no evidence in this package tests it.
struct AllReduce: Sendable {
  private let secondsPerByte: Double

  init(_ tpu: borrowing TPUFigures, cores: Int) {
    let chips = StepTiming.ceiling(Double(cores) / Double(max(1, tpu.coresPerChip)))
    let links = tpu.linkBandwidth * (chips <= 4 ? 0.5 : 1)
    secondsPerByte = chips > 1 && links > 0 ? 2 * (chips - 1) / chips / links : 0
  }

  func seconds(_ bytes: Double) -> Double { bytes * secondsPerByte }
}
