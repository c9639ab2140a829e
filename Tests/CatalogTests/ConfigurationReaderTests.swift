import Foundation
import Testing
import VisionTransformer

@testable import Catalog

@Suite struct ConfigurationReaderTests {
  let reader: ConfigurationReader

  init() throws { reader = ConfigurationReader(directory: try Catalog.bundled()) }

  @Test func theExamplesOfTheContractAreRead() throws {
    let named = try reader.configuration(
      """
      {"shape": "ViT-G/14", "device": "tpu-v3", "batch": 8, "imageSize": 224, "head": "map", "classes": 29593, \
      "optimizer": "adafactor", "precision": "bfloat16", "gradientClipping": "none", "rematerialization": "automatic", \
      "layers": "unrolled", "dataParallel": 8, "memoryLimit": null}
      """)
    let numbered = try reader.configuration(
      Data(
        """
        {"shape": {"width": 1664, "depth": 48, "mlpWidth": 8192, "heads": 16, "patch": 14}, "device": "tpu-v3", "batch": 8}
        """.utf8))
    #expect(named.shapeName == "ViT-G/14")
    var unnamed = named
    unnamed.shapeName = nil
    #expect(unnamed == numbered)
  }

  /// One row a kind of bad line, with the whole error.
  @Test(arguments: [
    ("", "this line is not JSON: column 1: expected a value, found the end of the line"),
    (#"{"shape": "ViT-G/14""#, #"this line is not JSON: column 21: expected a comma or "}""#),
    (
      #"{"shape": "ViT-G/14", "batch": NaN}"#,
      "this line is not JSON: column 32: expected a value: an object, a list, text in double quotes, a number, true, false or null"
    ),
    (
      #"{"shape": "ViT-G/14", "batch": 8, "batch": 9}"#,
      #"this line is not JSON: column 35: the key "batch" stands twice"#
    ),
    (#"{"shape": "ViT-G/14", "batch": 1e400}"#, "this line is not JSON: column 32: a number beyond 1.8e308"),
    (#"{"shape": "ViT-G/14", "batch": 1e300}"#, "batch: 1e+300 is too large"),
    (
      #"{"shape": "ViT-G/14", "device": "tpu-v7"}"#,
      #"device: "tpu-v7" is not valid: must be one of cpu, tpu-v2, tpu-v3, tpu-v4, tpu-v4-core, tpu-v5e, tpu-v5p, tpu-v6e"#
    ),
    (#"[{"shape": "ViT-G/14"}]"#, "a list of 1 is not valid: must be an object"),
    (
      #"{"shape": "ViT-G/14", "memoryLimit": 24}"#, #"memoryLimit: 24 is not valid: 24 bytes? write "24GiB""#
    ),
    (
      "{\n  \"shape\": \"ViT-G/14\"\n  \"batch\": 8\n}",
      #"this line is not JSON: line 3, column 3: expected a comma or "}""#
    ),
  ])
  func badLines(line: String, text: String) throws {
    let error = try #require(throws: ConfigurationError.self) { try reader.configuration(line) }
    #expect(error.description == text)
  }

  @Test func linesOverAMebibyteAndOtherEncodingsAreRefused() throws {
    let long = #"{"shape": "ViT-G/14"}"# + String(repeating: " ", count: 1 << 20)
    #expect(throws: ConfigurationError(key: "", value: "this line", rule: "is longer than 1.00 MiB")) {
      try reader.configuration(long)
    }
    #expect(throws: ConfigurationError(key: "", value: "this line", rule: "is not UTF-8")) {
      try reader.configuration(Data([0x7B, 0xFF, 0x7D]))
    }
  }

  @Test func nestedLinesDoNotTrap() {
    for unit in ["[", "{\"a\":", "[{\"a\":"] {
      #expect(throws: ConfigurationError.self) {
        try reader.configuration(String(repeating: unit, count: 100_000))
      }
    }
  }

  @Test func resultsAreReadWithTheNamesOfTheCatalog() throws {
    let result = try reader.result(
      """
      {"shape": "g/14", "evidence": "measured", "verdict": "fits", "parameterCount": 1, "memoryLimit": 2, \
      "memory": {"total": 1, "limit": 2}, "flopsPerImage": 1, \
      "provenance": {"source": "x", "version": "1"}}
      """)
    #expect(result.configuration.shapeName == "ViT-g/14")
    #expect(result.memory.total.count == 1)
    #expect(result.stepSeconds == nil)
    // Numbers written by a program may be small: only people forget the unit.
    #expect(result.configuration.memoryLimit == Bytes(2))
  }
}
