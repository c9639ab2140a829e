import Catalog
import Estimation
import Reporting
import Testing
import VisionTransformer

/// What is written is read again as it was: over 10^5 configurations and results drawn at random.
@Suite struct RoundTripTests {
  private static let parts = 4

  private func each(
    _ part: Int, of count: Int, _ body: (Estimator, Configuration, ConfigurationReader) throws -> String?
  ) throws {
    let catalog = try Catalog.bundled()
    let estimators = try ["tpu-v3", "tpu-v5e"].map { Estimator(device: try catalog.device(named: $0)) }
    let reader = ConfigurationReader(directory: catalog)
    var drawn = RandomConfigurations(seed: 0x70_1D + UInt64(part))
    for number in 0..<count / Self.parts {
      let estimator = estimators[number % 2]
      let configuration = drawn.next(on: estimator.device)
      guard let problem = try body(estimator, configuration, reader) else { continue }
      Issue.record("\(problem): \(configuration)")
      return
    }
  }

  @Test(arguments: 0..<parts) func aConfigurationIsReadAsItWasWritten(part: Int) throws {
    try each(part, of: 100_000) { _, configuration, reader in
      // A bare number of bytes that nobody means is refused with the unit that was meant.
      if let limit = configuration.memoryLimit, Bytes.missingUnit(limit.count) != nil { return nil }
      var writer = JSONWriter()
      writer.beginObject()
      writer.fields(configuration)
      writer.endObject()
      let read = try reader.configuration(writer.bytes)
      return read == configuration ? nil : "\(writer.text) is read as \(read)"
    }
  }

  /// Every bit of a result, its times and speeds among them, and then the same bytes again.
  @Test(arguments: 0..<parts) func aResultIsReadAsItWasWritten(part: Int) throws {
    try each(part, of: 20_000) { estimator, configuration, reader in
      let result = estimator.result(estimator.estimate(configuration), for: configuration)
      let text = Listing.results.text([result], format: .ndjson)
      let read = try reader.result(text.utf8)
      if read != result { return "\(text) is read as \(read)" }
      return Listing.results.text([read], format: .ndjson) == text ? nil : "\(text) is written otherwise"
    }
  }

  /// The words of a command line: a size is written with the unit that divides it, and read to the byte.
  @Test func aSizeIsReadAsItWasWritten() throws {
    var drawn = RandomConfigurations(seed: 0xB17E5)
    let device = try Catalog.bundled().device(named: "tpu-v3")
    for _ in 0..<20_000 {
      guard let limit = drawn.next(on: device).memoryLimit else { continue }
      #expect(try Bytes(parsing: "\(limit.count)B") == limit)
    }
  }
}
