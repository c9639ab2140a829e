import Answers
import ArgumentParser
import VisionTransformer

/// Which stored evidence is wanted.
struct EvidenceOptions: ParsableArguments {
  @Option(help: "Only of this device.", completion: .deviceNames) var device: String?
  @Option(help: "Only under this optimizer.") var optimizer: String?
  @Option(help: "Only what is estimated, compiled or measured.") var evidence: String?
  @Option(help: "Only of this shape.", completion: .shapeNames) var shape: String?
  @Option(help: "Only what was measured on this host.") var host: String?

  /// The same as plain values.
  ///
  /// - Throws: `AnswerError`.
  func filter(_ context: AnswerContext) throws -> EvidenceFilter {
    try EvidenceFilter(device: device, optimizer: optimizer, evidence: evidence, shape: shape, host: host, context)
  }
}
