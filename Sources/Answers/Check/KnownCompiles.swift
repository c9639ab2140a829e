import Catalog
import Compilation
import Evidence
import EvidenceStore
import Selection
import VisionTransformer

/// Compilers' answers from a store, shown beside estimates and taking precedence over them, but never blended with
/// them.
///
/// Only compiles with the usual options: one that had memory reserved, or that tried less hard, answers another
/// question.
package struct KnownCompiles: Sendable {
  private let catalog: Catalog
  private var answers: [Configuration: DearerResult] = [:]
  /// Their shapes: in a grid of millions, only configurations with one of these are looked up.
  private var shapes: Set<Shape> = []

  /// Nothing known.
  package init(_ catalog: Catalog) { self.catalog = catalog }

  /// Every answer in `store`.
  ///
  /// - Throws: `StoreError`.
  package init(_ catalog: Catalog, in store: EvidenceStore) throws(StoreError) {
    self.init(catalog)
    for result in try store.evidence(.compiled) { take(result) }
  }

  /// Compiled results, oldest first.
  init(_ catalog: Catalog, _ results: some Sequence<StepResult>) {
    self.init(catalog)
    for result in results where result.evidence == .compiled { take(result) }
  }

  /// The answers in `store` for one configuration.
  ///
  /// - Throws: `StoreError`.
  package init(_ catalog: Catalog, of configuration: Configuration, in store: EvidenceStore) throws(StoreError) {
    self.init(catalog)
    for result in try store.evidence(.compiled, of: configuration).reversed() { take(result) }
  }

  /// Every answer, in no order.
  var all: [StepResult] { answers.filter { $0.key.compiler == nil }.map(\.value.result) }

  /// Whether nothing is known.
  package var isEmpty: Bool { answers.isEmpty }

  /// A compiler's answer for a configuration: the newest full compile, otherwise the newest that stopped once its
  /// memory was known.
  package subscript(configuration: Configuration) -> StepResult? { answer(to: configuration)?.result }

  /// The same answer, in the form that findings carry.
  func answer(to configuration: Configuration) -> DearerResult? {
    shapes.isEmpty || !shapes.contains(configuration.shape) ? nil : answers[configuration.unnamed]
  }

  /// Adds evidence; call it with the oldest first.
  private mutating func take(_ result: StepResult) {
    var key = result.configuration.unnamed
    key.compiler = nil
    take(result, key)
    // Who asks for one compiler is not answered by another.
    key.compiler = result.provenance.speaksFor.flatMap(CompilerVersion.read)
    if key.compiler != nil { take(result, key) }
  }

  private mutating func take(_ result: StepResult, _ key: Configuration) {
    if let known = answers[key]?.result, !known.provenance.isOfMemoryOnly, result.provenance.isOfMemoryOnly { return }
    guard isAsUsual(result) else { return }
    answers[key] = DearerResult(result)
    shapes.insert(key.shape)
  }

  /// Whether the compiler had the options that `compile` uses by default.
  private func isAsUsual(_ result: StepResult) -> Bool {
    let told = result.provenance.version.split(separator: ", ").dropFirst().map(String.init)
    guard !told.isEmpty else { return true }
    guard let question = try? CompileQuestion(result.configuration, catalog) else { return false }
    return told == question.withinLimit(CompilerOptions()).told
  }
}
