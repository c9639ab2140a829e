import ArgumentParser
import Catalog

extension CompletionKind {
  /// Names of the bundled shapes.
  static var shapeNames: CompletionKind { names { $0.namedShapes.map(\.name) } }
  /// Names of the bundled devices.
  static var deviceNames: CompletionKind { names(\.deviceNames) }
  /// Names of the bundled grids.
  static var gridNames: CompletionKind { names { $0.grids.map(\.name) } }

  private static func names(_ get: @escaping @Sendable (Catalog) -> [String]) -> CompletionKind {
    .custom { _, _, _ in (try? Catalog.bundled()).map(get) ?? [] }
  }
}
