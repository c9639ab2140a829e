import Catalog
import Estimation
import Foundation
import Testing
import VisionTransformer

/// The bundled evidence, each row with the model's estimate beside it, and the other things that tests here share.
enum Bundled {
  static let catalog = Result { try Catalog.bundled() }
  static let estimator = Result { Estimator(device: try catalog.get().device(named: Configuration.Defaults.device)) }
  /// For every device that is programmed through XLA.
  static let estimators = Result {
    try catalog.get().devices.map(\.device).filter { !$0.isHost }.map { Estimator(device: $0) }
  }

  /// Every row of `Validation/evidence`; empty where it cannot be read, which `bundledEvidenceIsThere` reports.
  static let rowsOfAllDevices: [EvidenceCase] = (try? read()) ?? []
  /// Those about the default device.
  static let rows = rowsOfAllDevices.filter { $0.comparison.device.name == Configuration.Defaults.device }

  static func read() throws -> [EvidenceCase] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Validation/evidence", directoryHint: .isDirectory)
    let catalog = try catalog.get()
    let estimators = Dictionary(try estimators.get().map { ($0.device.name, $0) }) { first, _ in first }
    return try EvidenceFile.files(in: folder, shapes: catalog).flatMap { file in
      try file.rows.compactMap { row in
        let estimator = try #require(estimators[row.evidence.configuration.device])
        // What other compilers said is no evidence of this one.
        guard estimator.device.speaksFor.map(row.evidence.compiler.hasPrefix) ?? true else { return nil }
        return EvidenceCase(file: file.name, line: row.line, comparison: Comparison(row.evidence, by: estimator))
      }
    }
  }

  /// The rows that have a quantity, of one file or of all.
  static func rows(_ quantity: Comparison.Quantity, in file: String? = nil) -> [EvidenceCase] {
    rows.filter { $0.comparison[quantity] != nil && (file == nil || $0.file == file) }
  }

  /// A named shape.
  static func shape(_ name: String) throws -> Shape { try catalog.get().shape(named: name) }
}

/// One row of evidence as the argument of a test.
struct EvidenceCase: Sendable, CustomTestStringConvertible {
  var file: String
  var line: Int
  var comparison: Comparison

  var testDescription: String { "\(file):\(line) \(comparison.evidence.configuration.line)" }
}

extension Configuration {
  /// Everything that decides the cost, in one line.
  var line: String {
    var parts = [
      "\(shape)", "\(imageSize)px", "b\(batch)", head.rawValue, optimizer.rawValue, precision.rawValue, "\(classes)c",
    ]
    if gradientClipping != .none { parts.append(gradientClipping.rawValue) }
    if rematerialization != .automatic { parts.append("remat=\(rematerialization.rawValue)") }
    if layers != .unrolled { parts.append(layers.rawValue) }
    if let memoryLimit { parts.append("limit=\(memoryLimit)") }
    return parts.joined(separator: " ")
  }
}
