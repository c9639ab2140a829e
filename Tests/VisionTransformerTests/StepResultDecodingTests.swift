import Evidence
import Testing
import VisionTransformer

@Suite struct StepResultDecodingTests {
  static let line = """
    {"shape": "ViT-G/14", "batch": 16, "evidence": "compiled", "verdict": "fits", "parameterCount": 1930000000, \
    "memory": {"total": 14774737305, "limit": 16624123904, "livePeak": 20637317857, "packing": null}, \
    "flopsPerImage": 9.653e11, "stepSeconds": 2.0, "imagesPerSecond": 8.0, \
    "provenance": {"source": "libtpu", "version": "0.0.17.1", "speaksFor": "libtpu 0.0.17.1", "host": "h", \
    "time": "2026-01-02T03:04:05Z", "notes": ["487 instructions recomputed"]}}
    """

  private func result(_ line: String) throws -> StepResult {
    try StepResult(LooseValue(json: line), directory: FewShapes())
  }

  @Test func everyKeyIsRead() throws {
    let result = try result(Self.line)
    var configuration = Configuration(shape: Shape(width: 1664, depth: 48, mlpWidth: 8192, heads: 16, patch: 14))
    configuration.shapeName = "ViT-G/14"
    configuration.batch = 16
    #expect(
      result
        == StepResult(
          configuration: configuration, evidence: .compiled, verdict: .fits, parameterCount: 1_930_000_000,
          memory: MemoryBreakdown(
            total: Bytes(14_774_737_305), limit: Bytes(16_624_123_904), livePeak: Bytes(20_637_317_857)),
          flopsPerImage: FLOPs(9.653e11), stepSeconds: Seconds(2),
          provenance: Provenance(
            source: "libtpu", version: "0.0.17.1", speaksFor: "libtpu 0.0.17.1", host: "h",
            time: "2026-01-02T03:04:05Z", notes: ["487 instructions recomputed"])))
    #expect(result.imagesPerSecond == 8)
  }

  @Test(arguments: [("487 instructions recomputed", false), ("disturbed: 48 of 50 steps were held up", true)])
  func whetherStepsWereHeldUpIsAKey(note: String, isDisturbed: Bool) throws {
    let line = Self.line.replacing("compiled", with: "measured").replacing("487 instructions recomputed", with: note)
    for said in [false, true] {
      let keyed = line.replacing(#""provenance":"#, with: #""disturbed": \#(said), "provenance":"#)
      #expect(try result(keyed).isDisturbed == said)
    }
    // Files were written before there was the key.
    #expect(try result(line).isDisturbed == isDisturbed && result(line).isOfMemoryOnly == nil)
    #expect(try result(Self.line).isDisturbed == nil)
  }

  @Test(arguments: [
    ("487 instructions recomputed", false),
    ("the compile was stopped once its memory was known; sizes have the digits of the compiler's log", true),
  ])
  func whetherACompileWasStoppedEarlyIsAKey(note: String, isOfMemoryOnly: Bool) throws {
    let line = Self.line.replacing("487 instructions recomputed", with: note)
    for said in [false, true] {
      let keyed = line.replacing(#""provenance":"#, with: #""memoryOnly": \#(said), "provenance":"#)
      #expect(try result(keyed).isOfMemoryOnly == said)
    }
    #expect(try result(line).isOfMemoryOnly == isOfMemoryOnly && result(line).isDisturbed == nil)
  }

  /// A text of the line that is replaced, what by, and the key and rule of the error.
  @Test(arguments: [
    (#""verdict": "fits""#, #""verdict": "yes""#, "verdict", "one of fits, does-not-fit, uncertain"),
    (#""verdict": "fits", "#, "", "verdict", "is required"),
    (#""evidence": "compiled""#, #""evidence": "guessed""#, "evidence", "one of estimated, compiled, measured"),
    (#""parameterCount": 1930000000"#, #""parameterCount": -1"#, "parameterCount", "negative"),
    (#""parameterCount": 1930000000, "#, "", "parameterCount", "is required"),
    (#""total": 14774737305, "#, "", "memory.total", "is required"),
    (#""limit": 16624123904"#, #""limit": -1"#, "memory.limit", "negative"),
    (#""packing": null"#, #""fragmentation": 5"#, "memory.fragmentation", "not a known key"),
    (#""packing": null"#, #""packing": "5""#, "memory.packing", "whole number"),
    (#""flopsPerImage": 9.653e11, "#, "", "flopsPerImage", "is required"),
    (#""flopsPerImage": 9.653e11"#, #""flopsPerImage": "x""#, "flopsPerImage", "must be a number"),
    (#""stepSeconds": 2.0"#, #""stepSeconds": 0"#, "stepSeconds", "above 0"),
    (#""stepSeconds": 2.0"#, #""stepSeconds": 3.0"#, "imagesPerSecond", "contradicts"),
    (#""stepSeconds": 2.0, "#, "", "imagesPerSecond", "contradicts"),
    (#""imagesPerSecond": 8.0"#, #""disturbed": false"#, "disturbed", "must be null where no step was measured"),
    (#""imagesPerSecond": 8.0"#, #""disturbed": 1"#, "disturbed", "must be true or false"),
    (#""imagesPerSecond": 8.0"#, #""memoryOnly": "yes""#, "memoryOnly", "must be true or false"),
    (
      #""evidence": "compiled""#, #""evidence": "estimated", "memoryOnly": true"#, "memoryOnly",
      "must be left out where nothing was compiled"
    ),
    (#""source": "libtpu", "#, "", "provenance.source", "is required"),
    (#""notes": ["487 instructions recomputed"]"#, #""notes": [1]"#, "provenance.notes", "list of texts"),
    (#""host": "h""#, #""hosts": "h""#, "provenance.hosts", "not a known key"),
    (#""batch": 16"#, #""batches": 16"#, "batches", "not a known key of a result"),
    (#""batch": 16"#, #""batch": 0"#, "batch", "between 1"),
    (#""shape": "ViT-G/14", "#, "", "shape", "is required"),
  ])
  func badResultsNameKeyAndRule(old: String, new: String, key: String, rule: String) throws {
    let edited = Self.line.replacing(old, with: new)
    try #require(edited != Self.line)
    let error = try #require(throws: ConfigurationError.self) { try result(edited) }
    #expect(error.key == key)
    #expect(error.rule.contains(rule), "\(error)")
  }

  @Test func evidenceSpeaksForItself() throws {
    // Numbers beside the name that the directory has for them, and beside one that it does not have; a device of elsewhere.
    let numbers = #""width": 1664, "depth": 48, "mlpWidth": 8192, "heads": 16, "patch": 14"#
    #expect(try result(Self.line.replacing(#""batch": 16"#, with: #""batch": 16, "# + numbers)) == result(Self.line))
    let mine = try result(
      Self.line.replacing(
        #""ViT-G/14", "batch": 16"#, with: #""mine/14", "device": "my-xeon", "batch": 16, "# + numbers))
    #expect(mine.configuration.shapeName == "mine/14" && mine.configuration.device == "my-xeon")
    #expect(mine.configuration.shape == Shape(width: 1664, depth: 48, mlpWidth: 8192, heads: 16, patch: 14))
    // Differences were stored below zero before.
    #expect(try result(Self.line.replacing(#""packing": null"#, with: #""packing": -5"#)).memory.packing == Bytes(-5))
  }

  @Test(arguments: [
    (#""batch": 16, "width": 1665"#, "width", "contradicts the name ViT-G/14, whose width is 1664"),
    (#""batch": 16, "heads": "16""#, "heads", "contradicts the name ViT-G/14, whose heads is 16"),
    (#""batch": 16, "device": """#, "device", "must be the name of a device"),
    (#""batch": 16, "error": {"message": "line 7: no"}"#, "", "is an error, not a result: line 7: no"),
  ])
  func numbersThatContradictAreRefused(new: String, key: String, rule: String) throws {
    let error = try #require(throws: ConfigurationError.self) {
      try result(Self.line.replacing(#""batch": 16"#, with: new))
    }
    #expect(error.key == key && error.rule.contains(rule), "\(error)")
  }

  @Test func onlyObjectsAreAccepted() {
    #expect(throws: ConfigurationError.self) { try result("[]") }
  }
}
