import Foundation
import Testing
import VisionTransformer

/// One line of `Golden/steps.ndjson`: three steps of a configuration as JAX runs them. `Validation/golden_step.py` makes it.
struct GoldenStep: Decodable, Sendable, CustomTestStringConvertible {
  /// Norm and the elements `i * (n - 1) / 3`, i = 0...3, of a tensor.
  struct Summary: Decodable, Sendable {
    var norm: Double
    var elements: [Double]
  }

  struct Parameter: Decodable, Sendable {
    var name: String
    /// Of the first step, after clipping.
    var gradient: Summary
    /// After the third step.
    var after: Summary
    var momentNorms: [Double]
  }

  struct Contract: Decodable, Sendable {
    struct Numbers: Decodable, Sendable { var width, depth, mlpWidth, heads, patch: Int }
    var shape: Numbers
    var batch, imageSize, classes: Int
    var head: Head
    var optimizer: Optimizer
    var precision, gradientClipping, rematerialization: String
  }

  private var contract: Contract
  var seed: UInt64
  var losses: [Double]
  var parameters: [Parameter]

  private enum CodingKeys: String, CodingKey {
    case contract = "configuration"
    case seed, losses, parameters
  }

  var configuration: Configuration {
    let shape = contract.shape
    return Configuration(
      shape: Shape(
        width: shape.width, depth: shape.depth, mlpWidth: shape.mlpWidth, heads: shape.heads, patch: shape.patch),
      batch: contract.batch, imageSize: contract.imageSize, head: contract.head, classes: contract.classes,
      optimizer: contract.optimizer, precision: Precision(rawValue: contract.precision) ?? .bfloat16,
      gradientClipping: GradientClipping(rawValue: contract.gradientClipping) ?? .none,
      rematerialization: Rematerialization(rawValue: contract.rematerialization) ?? .automatic)
  }

  var testDescription: String {
    let c = contract
    return "\(configuration.shape) \(c.head) \(c.optimizer) clipping \(c.gradientClipping) \(c.rematerialization)"
  }

  /// All lines behind the provenance; none if the file cannot be read, which a test reports.
  static let all: [GoldenStep] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/steps.ndjson")
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
    return text.split(separator: "\n").dropFirst().compactMap { line in
      try? JSONDecoder().decode(GoldenStep.self, from: Data(line.utf8))
    }
  }()
}
