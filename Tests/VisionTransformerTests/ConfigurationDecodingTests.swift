import Testing
import VisionTransformer

@Suite struct ConfigurationDecodingTests {
  @Test func everyKeyOfTheContractIsRead() throws {
    let read = try configuration(
      """
      {"shape": "ViT-G/14", "device": "tpu-v3", "batch": 16, "imageSize": 384, "head": "token", "classes": 1000,
       "optimizer": "adam-half", "precision": "float32", "gradientClipping": "global-norm", "rematerialization": "full",
       "layers": "scanned", "dataParallel": 32, "memoryLimit": "15.5GiB"}
      """)
    #expect(
      read
        == Configuration(
          shape: Shape(width: 1664, depth: 48, mlpWidth: 8192, heads: 16, patch: 14), shapeName: "ViT-G/14", batch: 16,
          imageSize: 384, head: .token, classes: 1000, optimizer: .adamHalf, precision: .float32,
          gradientClipping: .globalNorm, rematerialization: .full, layers: .scanned, dataParallel: 32,
          memoryLimit: Bytes(16_642_998_272)))
  }

  @Test func keysLeftOutOrNullTakeTheDocumentedDefaults() throws {
    let bare = try configuration(#"{"shape": "ViT-G/14"}"#)
    #expect(bare.device == "tpu-v3")
    #expect(bare.batch == 8)
    #expect(bare.imageSize == 224)
    #expect(bare.head == .map)
    #expect(bare.classes == 29_593)
    #expect(bare.optimizer == .adafactor)
    #expect(bare.precision == .bfloat16)
    #expect(bare.gradientClipping == .none)
    #expect(bare.rematerialization == .automatic)
    #expect(bare.layers == .unrolled)
    #expect(bare.dataParallel == 8)
    #expect(bare.memoryLimit == nil)
    #expect(try configuration(#"{"shape": "ViT-G/14", "batch": null, "memoryLimit": null}"#) == bare)
  }

  @Test func shapeByItsNumbers() throws {
    let read = try configuration(
      #"{"shape": {"width": 1152, "depth": 27, "mlpWidth": 4304, "heads": 16, "patch": 14}, "batch": 1e1}"#)
    #expect(read.shape == Shape(width: 1152, depth: 27, mlpWidth: 4304, heads: 16, patch: 14))
    #expect(read.shapeName == nil)
    #expect(read.batch == 10)
  }

  @Test func namesThatDifferByCaseAreDifferentShapes() throws {
    #expect(try configuration(#"{"shape": "ViT-g/14"}"#).shape.width == 1408)
    #expect(try configuration(#"{"shape": "ViT-G/14"}"#).shape.width == 1664)
    #expect(configurationError(#"{"shape": "vit-G/14"}"#)?.key == "shape")
  }

  /// One row a kind of bad input: what it is, the JSON, the key, and a word of the rule.
  @Test(arguments: [
    (#"[]"#, "", "must be an object"),
    (#"7"#, "", "must be an object"),
    (#"{}"#, "shape", "is required"),
    (#"{"shape": null}"#, "shape", "is required"),
    (#"{"shape": 5}"#, "shape", "must be an object"),
    (#"{"shape": "ViT-X/14"}"#, "shape", "not a known shape"),
    (#"{"shape": {"width": 768}}"#, "shape.depth", "is required"),
    (
      #"{"shape": {"width": 768, "depth": 1, "mlpWidth": 1, "heads": 1, "patch": 1, "layers": 2}}"#, "shape.layers",
      "not a known key"
    ),
    (#"{"shape": "ViT-G/14", "batchSize": 8}"#, "batchSize", "not a known key"),
    (#"{"shape": "ViT-G/14", "batch": "8"}"#, "batch", "must be a whole number"),
    (#"{"shape": "ViT-G/14", "batch": 1.5}"#, "batch", "must be a whole number"),
    (#"{"shape": "ViT-G/14", "batch": true}"#, "batch", "must be a whole number"),
    // Not whole, and a double would say that it is.
    (#"{"shape": "ViT-G/14", "batch": 8.00000000000000000001}"#, "batch", "must be a whole number"),
    (#"{"shape": "ViT-G/14", "batch": 7.99999999999999999999}"#, "batch", "must be a whole number"),
    (#"{"shape": "ViT-G/14", "batch": 8e-1}"#, "batch", "must be a whole number"),
    (#"{"shape": "ViT-G/14", "memoryLimit": 8.5}"#, "memoryLimit", #"8.5 bytes? write "8.5GiB""#),
    (
      #"{"shape": "ViT-G/14", "memoryLimit": 8.000000000000000001}"#, "memoryLimit",
      #"8.000000000000000001 bytes? write "8.000000000000000001GiB""#
    ),
    (#"{"shape": "ViT-G/14", "memoryLimit": 16000000000.5}"#, "memoryLimit", "a whole number of bytes"),
    (#"{"shape": "ViT-G/14", "memoryLimit": 1e30}"#, "memoryLimit", "too large"),
    (#"{"shape": "ViT-G/14", "memoryLimit": "24"}"#, "memoryLimit", #"24 bytes? write "24GiB""#),
    // 2^58 and one more, which is the same double.
    (#"{"shape": "ViT-G/14", "memoryLimit": 288230376151711745}"#, "memoryLimit", "to 2^58"),
    (#"{"shape": "ViT-G/14", "memoryLimit": "288230376151711745"}"#, "memoryLimit", "to 2^58"),
    (#"{"shape": "ViT-G/14", "batch": [8]}"#, "batch", "must be a whole number"),
    (#"{"shape": "ViT-G/14", "batch": 0}"#, "batch", "between 1 and 1048576"),
    (#"{"shape": "ViT-G/14", "batch": -8}"#, "batch", "between 1 and 1048576"),
    (#"{"shape": "ViT-G/14", "batch": 99999999999999999999}"#, "batch", "too large"),
    (#"{"shape": "ViT-G/14", "batch": 9223372036854775807}"#, "batch", "between 1 and 1048576"),
    (#"{"shape": "ViT-G/14", "imageSize": 13}"#, "imageSize", "at least the patch size 14"),
    (#"{"shape": "ViT-G/14", "imageSize": 20000}"#, "imageSize", "between 1 and 16384"),
    (#"{"shape": "ViT-G/14", "classes": 0}"#, "classes", "between 1 and 16777216"),
    (#"{"shape": "ViT-G/14", "dataParallel": 0}"#, "dataParallel", "between 1 and 1048576"),
    (#"{"shape": "ViT-G/14", "head": "clss"}"#, "head", "one of token, gap, map"),
    (#"{"shape": "ViT-G/14", "head": 1}"#, "head", "one of token, gap, map"),
    (#"{"shape": "ViT-G/14", "optimizer": "adamhalf"}"#, "optimizer", #"did you mean "adam-half"?"#),
    (#"{"shape": "ViT-G/14", "precision": "fp8"}"#, "precision", "one of bfloat16, float32"),
    (#"{"shape": "ViT-G/14", "gradientClipping": "global norms"}"#, "gradientClipping", "one of none, global-norm"),
    (#"{"shape": "ViT-G/14", "rematerialization": "some"}"#, "rematerialization", "one of automatic, none, full"),
    (#"{"shape": "ViT-G/14", "layers": "scans"}"#, "layers", "one of unrolled, scanned"),
    (#"{"shape": "ViT-G/14", "device": "tpu-v33"}"#, "device", "must be tpu-v3"),
    (#"{"shape": "ViT-G/14", "device": 3}"#, "device", "must be text"),
    (#"{"shape": "ViT-G/14", "memoryLimit": "lots"}"#, "memoryLimit", "15.48GiB"),
    (#"{"shape": "ViT-G/14", "memoryLimit": true}"#, "memoryLimit", "15.48GiB"),
    (#"{"shape": "ViT-G/14", "memoryLimit": 0}"#, "memoryLimit", "positive"),
    (#"{"shape": "ViT-G/14", "memoryLimit": -5}"#, "memoryLimit", "positive"),
    (
      #"{"shape": {"width": 768, "depth": 12, "mlpWidth": 3072, "heads": 7, "patch": 16}}"#, "shape.heads",
      "must divide the width 768"
    ),
    (
      #"{"shape": {"width": 1000000000000, "depth": 12, "mlpWidth": 3072, "heads": 8, "patch": 16}}"#, "shape.width",
      "between 1 and 131072"
    ),
    (
      #"{"shape": {"width": 768, "depth": 0, "mlpWidth": 3072, "heads": 8, "patch": 16}}"#, "shape.depth",
      "between 1 and 10000"
    ),
    (
      #"{"shape": {"width": 768, "depth": 12, "mlpWidth": -1, "heads": 8, "patch": 16}}"#, "shape.mlpWidth",
      "between 1 and 1048576"
    ),
    (#"{"shape": {"width": 768, "depth": 12, "mlpWidth": 3072, "heads": 0, "patch": 16}}"#, "shape.heads", "between 1"),
    (#"{"shape": {"width": 768, "depth": 12, "mlpWidth": 3072, "heads": 8, "patch": 0}}"#, "shape.patch", "between 1"),
    (
      #"{"shape": {"width": 131072, "depth": 10000, "mlpWidth": 1048576, "heads": 8, "patch": 1}, "batch": 1048576}"#,
      "", "2^58 bytes"
    ),
  ])
  func badInputNamesKeyAndRule(json: String, key: String, rule: String) throws {
    let error = try #require(configurationError(json))
    #expect(error.key == key)
    #expect(error.rule.contains(rule), "\(error)")
  }

  @Test(arguments: [
    ("memoryLimit", "8.000000000000000001"), ("memoryLimit", "16000000000.000000000000001"), ("batch", "1e99"),
    ("batch", "8.000000000000000001"), ("imageSize", "9223372036854775808"), ("classes", "-1.50"),
  ])
  func errorsRepeatANumberAsItWasWritten(key: String, number: String) throws {
    let error = try #require(configurationError("{\"shape\": \"ViT-G/14\", \"\(key)\": \(number)}"))
    // One that a double holds is written as one.
    #expect(error.value == (["1e99": "1e+99", "-1.50": "-1.5"][number] ?? number))
  }

  /// Whole numbers in every way that JSON writes them, none through a double.
  @Test(arguments: [
    ("288230376151711744", 1 << 58), ("9007199254740993", 9_007_199_254_740_993),
    ("9007199254740993.0", 9_007_199_254_740_993), ("9.007199254740993e15", 9_007_199_254_740_993),
    ("1.6e10", 16_000_000_000), ("1600000000000e-2", 16_000_000_000), ("\"9007199254740993\"", 9_007_199_254_740_993),
    ("\"9007199254740993B\"", 9_007_199_254_740_993),
  ])
  func wholeNumbersAreExact(text: String, count: Int) throws {
    #expect(try configuration("{\"shape\": \"ViT-G/14\", \"memoryLimit\": \(text)}").memoryLimit == Bytes(count))
  }

  @Test func errorReadsAsASentence() {
    #expect(
      configurationError(#"{"shape": "ViT-G/14", "batch": 0}"#)?.description
        == "batch: 0 is not valid: must be between 1 and 1048576")
  }

  @Test func hostileTextIsCutAndEscapedInErrors() throws {
    let hostile = "\\u001b[31m" + String(repeating: "x", count: 100_000)
    let key = try #require(configurationError(#"{"shape": "ViT-G/14", "\#(hostile)": 1}"#))
    #expect(key.description.utf8.count < 400)
    #expect(!key.description.contains("\u{1b}"))
    let value = try #require(configurationError(#"{"shape": "ViT-G/14", "head": "\#(hostile)"}"#))
    #expect(value.description.utf8.count < 400)
    #expect(value.description.contains(#""\u{1b}[31mxxx"#))
  }

  @Test func tokensDropTheRemainderAndCountTheClassToken() throws {
    var configuration = try configuration(#"{"shape": "ViT-G/14", "imageSize": 384}"#)
    #expect(configuration.patchesPerSide == 27)
    #expect(configuration.droppedPixels == 6)
    #expect(configuration.tokens == 729)
    configuration.head = .token
    configuration.imageSize = 224
    #expect(configuration.tokens == 257)
    #expect(configuration.droppedPixels == 0)
  }
}
