import CKernels

/// The library that matrix products come from.
///
/// Both are loaded when they are first needed, so that everything else works without them.
public enum MatrixProducts: String, Sendable, Hashable, CaseIterable, Codable {
  /// oneDNN: some 8 to 10 % faster than OpenBLAS on the products of Vision Transformers where there is AVX-512.
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

  /// Makes it the library of this process and returns its name and version.
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

  /// Makes the first library of this machine that is there the one in use: the faster one first.
  ///
  /// - Throws: `MeasurementError.missingLibrary` where there is none.
  public static func loadFastest() throws(MeasurementError) -> (library: MatrixProducts, version: String) {
    do { return (.oneDNN, try oneDNN.load()) } catch {
      // Where the second is missing too, its error names the packages of both.
      return (.openBLAS, try openBLAS.load())
    }
  }
}
