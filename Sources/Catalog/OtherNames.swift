import Synchronization
import VisionTransformer

/// Other libraries' names of shapes. Their file is parsed at the first name that is not the catalog's own. Results are
/// cached, because files of results repeat the same few names on every line.
final class OtherNames: Sendable {
  private let file: CatalogFile
  private let state = Mutex(State())

  private struct State {
    var naming: ShapeNaming?
    var known: [String: Result<ShapeNaming.Reading?, ConfigurationError>] = [:]
  }

  /// Number of names that the cache holds.
  private static let mostKnown = 4096

  init(_ file: CatalogFile) { self.file = file }

  /// What a name means; nil if no library writes names like that.
  ///
  /// - Throws: `ConfigurationError` if a library does, but means something that the catalog does not have.
  func reading(of name: String, among variants: VariantTable) throws(ConfigurationError) -> ShapeNaming.Reading? {
    guard ShapeNaming.mayBeName(name) else { return nil }
    let found = state.withLock { state in
      if let known = state.known[name] { return known }
      // A user's file was checked when it was read; the bundled one is tested.
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
