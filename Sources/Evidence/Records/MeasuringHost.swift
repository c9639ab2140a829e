import VisionTransformer

/// A machine on which steps were measured, and what ran on it.
public struct MeasuringHost: Sendable, Hashable {
  /// Name of the machine; nil if the evidence does not say.
  public var name: String?
  /// Processor, threads, instructions and library, which is what the times speak for; nil if the evidence does not say.
  public var speaksFor: String?

  /// A machine.
  public init(name: String?, speaksFor: String?) {
    self.name = name
    self.speaksFor = speaksFor
  }

  /// The machine that a measurement comes from.
  public init(_ provenance: Provenance) { self.init(name: provenance.host, speaksFor: provenance.speaksFor) }

  /// `node7; AMD EPYC 7B13, 2 threads, AVX2, OpenBLAS 0.3.21`.
  public var text: String { [name, speaksFor].compactMap(\.self).joined(separator: "; ") }

  /// What machines share whose times stand for one another.
  public var kind: String { speaksFor ?? name ?? "" }
}
