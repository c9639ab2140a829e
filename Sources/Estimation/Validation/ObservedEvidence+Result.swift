import VisionTransformer

extension ObservedEvidence {
  /// What a stored compile or a measured run says; nil for an estimate.
  ///
  /// A result counts the packer's gaps once, an observation twice, as the compiler does. Whether the compiler
  /// rematerialized is no part of a result: it did if the program needs less than the live peak before, which leaves a
  /// saving of less than the images and labels unseen.
  ///
  /// - Parameters:
  ///   - result: A stored result.
  ///   - clock: The device's clock in Hz, which turns a compile's seconds back into cycles.
  public init?(_ result: StepResult, clock: Double) {
    let memory = result.memory
    var seen = Observation()
    seen.limit = memory.limit
    seen.fits = result.verdict == .uncertain ? nil : result.verdict == .fits
    switch result.evidence {
    case .estimated: return nil
    case .measured:
      seen.total = memory.total
      seen.stepSeconds = result.isDisturbed == true ? nil : result.stepSeconds
    case .compiled:
      seen.livePeak = memory.livePeak
      // A compile that stopped early gives the rest with two digits.
      guard !result.provenance.isOfMemoryOnly else { break }
      seen.arguments = memory.arguments
      seen.packing = memory.packing
      seen.cycles = result.stepSeconds.flatMap { Int(exactly: ($0.value * clock).rounded()) }
      guard result.verdict == .fits else { break }
      let gaps = memory.packing ?? .zero
      seen.total = memory.total + gaps
      seen.rematerializedInstructions = memory.livePeak.map { memory.total - gaps < $0 ? 1 : 0 }
    }
    self.init(
      configuration: result.configuration, compiler: result.provenance.speaksFor ?? result.provenance.source,
      observation: seen, label: nil)
  }
}
