import CKernels

/// The library for matrix products.
///
/// Both are loaded on first use, so that everything else works without them.
public enum MatrixProducts: String, Sendable, Hashable, CaseIterable, Codable {
  /// oneDNN: about 8 to 10 % faster than OpenBLAS on the products of Vision Transformers, given AVX-512.
  case oneDNN = "onednn"
  /// OpenBLAS.
  case openBLAS = "openblas"

  /// Name for people.
  public var label: String {
    switch self {
    case .oneDNN: "oneDNN"
    case .openBLAS: "OpenBLAS"
    }
  }

  /// Makes it this process's library and returns its name and version.
  ///
  /// - Throws: `MeasurementError.missingLibrary`.
  @discardableResult
  public func load() throws(MeasurementError) -> String {
    var message = [CChar](repeating: 0, count: 512)
    guard sf_products_load(rawValue, &message, message.count) == 0 else {
      let bytes = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw .missingLibrary(name: label, reason: String(decoding: bytes, as: UTF8.self))
    }
    return String(cString: sf_products_version())
  }

  /// Selects the first installed library, in order of speed.
  ///
  /// - Throws: `MeasurementError.missingLibrary` if none is installed.
  public static func loadFastest() throws(MeasurementError) -> (library: MatrixProducts, version: String) {
    do { return (.oneDNN, try oneDNN.load()) } catch {
      // If the second is missing too, its error names the packages of both.
      return (.openBLAS, try openBLAS.load())
    }
  }
}
