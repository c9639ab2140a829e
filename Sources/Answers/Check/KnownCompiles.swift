import Catalog
import Compilation
import Evidence
import EvidenceStore
import Selection
import VisionTransformer

/// What a store knows from compilers, to stand beside estimates and before them; never blended with them.
///
/// Only compiles as anybody would ask for them: what was told to leave memory alone, or to try less hard, answers another question.
package struct KnownCompiles: Sendable {
  private let catalog: Catalog
  private var answers: [Configuration: DearerResult] = [:]
  /// Their shapes: of a grid of millions, few are looked up further.
  private var shapes: Set<Shape> = []

  /// Nothing is known.
  package init(_ catalog: Catalog) { self.catalog = catalog }

  /// All that `store` knows.
  ///
  /// - Throws: `StoreError`.
  package init(_ catalog: Catalog, in store: EvidenceStore) throws(StoreError) {
    self.init(catalog)
    for result in try store.evidence(.compiled) { take(result) }
  }

  /// What `store` knows of one configuration.
  ///
  /// - Throws: `StoreError`.
  package init(_ catalog: Catalog, of configuration: Configuration, in store: EvidenceStore) throws(StoreError) {
    self.init(catalog)
    for result in try store.evidence(.compiled, of: configuration).reversed() { take(result) }
  }

  /// Whether nothing is known of anything.
  package var isEmpty: Bool { answers.isEmpty }

  /// What a compiler said of a configuration: the newest full compile, else the newest that stopped once its memory was known.
  package subscript(configuration: Configuration) -> StepResult? { answer(to: configuration)?.result }

  /// The same, to be carried along with an estimate.
  func answer(to configuration: Configuration) -> DearerResult? {
    shapes.isEmpty || !shapes.contains(configuration.shape) ? nil : answers[Self.key(configuration)]
  }

  /// Takes in evidence, the oldest first.
  private mutating func take(_ result: StepResult) {
    let key = Self.key(result.configuration)
    if let known = answers[key]?.result, !known.provenance.isOfMemoryOnly, result.provenance.isOfMemoryOnly { return }
    guard isAsUsual(result) else { return }
    answers[key] = DearerResult(result)
    shapes.insert(key.shape)
  }

  /// Whether the compiler was told what `compile` tells it without being asked.
  private func isAsUsual(_ result: StepResult) -> Bool {
    let told = result.provenance.version.split(separator: ", ").dropFirst().map(String.init)
    guard !told.isEmpty else { return true }
    guard let question = try? CompileQuestion(result.configuration, catalog) else { return false }
    return told == question.withinLimit(CompilerOptions()).told
  }

  /// The name of a shape decides nothing.
  private static func key(_ configuration: Configuration) -> Configuration {
    var key = configuration
    key.shapeName = nil
    return key
  }
}
