import Synchronization
import VisionTransformer

/// Other libraries' names of shapes. Their file is parsed for the first name that is not one of the catalog's own, and what a
/// name says is remembered: files of results have the same few names on every line.
final class OtherNames: Sendable {
  private let file: CatalogFile
  private let state = Mutex(State())

  private struct State {
    var naming: ShapeNaming?
    var known: [String: Result<ShapeNaming.Reading?, ConfigurationError>] = [:]
  }

  /// Names that are remembered.
  private static let mostKnown = 4096

  init(_ file: CatalogFile) { self.file = file }

  /// What a name says, nil where no library names shapes like that.
  ///
  /// - Throws: `ConfigurationError` where a library does, but means something that the catalog does not have.
  func reading(of name: String, among variants: VariantTable) throws(ConfigurationError) -> ShapeNaming.Reading? {
    guard ShapeNaming.mayBeName(name) else { return nil }
    let found = state.withLock { state in
      if let known = state.known[name] { return known }
      // A file of one's own was checked as it was read; the program's own is tested.
      let naming = state.naming ?? (try? ShapeNaming(file))
      state.naming = naming
      let found = Result { () throws(ConfigurationError) in try naming?.reading(of: name, among: variants) }
      if state.known.count >= Self.mostKnown { state.known = [:] }
      state.known[name] = found
      return found
    }
    return try found.get()
  }
}
