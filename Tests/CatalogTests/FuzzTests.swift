import Foundation
import Testing
import VisionTransformer

@testable import Catalog

/// Seeded mutations of everything that comes from outside: the answer is always a value or a typed error.
///
/// `SHAPEFINDER_FUZZ_SECONDS` sets the seconds of each test (default 2), `SHAPEFINDER_FUZZ_SEED` the seed (default 1).
/// A trap ends the process; if `SHAPEFINDER_FUZZ_LOG` names a file, it holds the input that caused it.
@Suite(.serialized) struct FuzzTests {
  static let seconds = ProcessInfo.processInfo.environment["SHAPEFINDER_FUZZ_SECONDS"].flatMap(Double.init) ?? 2
  static let seed = ProcessInfo.processInfo.environment["SHAPEFINDER_FUZZ_SEED"].flatMap(UInt64.init) ?? 1
  static let log = ProcessInfo.processInfo.environment["SHAPEFINDER_FUZZ_LOG"].map { URL(filePath: $0) }

  /// Calls `body` with mutations of the examples until the time is up; returns how many there were.
  private func fuzz(_ examples: [String], words: [String], _ body: ([UInt8]) -> Void) -> Int {
    var mutator = Mutator(seed: Self.seed, examples: examples, words: words)
    let end = ContinuousClock.now + .seconds(Self.seconds)
    var count = 0
    while ContinuousClock.now < end {
      let input = mutator.next()
      if let log = Self.log { try? Data(input).write(to: log) }
      body(input)
      count += 1
    }
    return count
  }

  @Test func configurationLines() throws {
    let reader = ConfigurationReader(directory: try Catalog.bundled())
    var valid = 0
    let count = fuzz(
      [
        #"{"shape": "ViT-G/14", "device": "tpu-v3", "batch": 8, "imageSize": 224, "head": "map", "classes": 29593}"#,
        #"{"shape": "g/14", "optimizer": "adafactor", "precision": "bfloat16", "gradientClipping": "none"}"#,
        #"{"shape": {"width": 1664, "depth": 48, "mlpWidth": 8192, "heads": 16, "patch": 14}, "memoryLimit": "15.48GiB"}"#,
        #"{"shape": "B/16", "rematerialization": "automatic", "layers": "unrolled", "dataParallel": 8, "memoryLimit": 1e10}"#,
      ],
      words: Configuration.Key.allCases.map { "\"\($0.rawValue)\":" }
        + [
          "1e308", "-1", "0", "9223372036854775807", "null", "{", "[", "\"", "\\ud800", "\"adam\"", "ViT-", "/", "1e-5",
        ]
    ) { input in
      do throws(ConfigurationError) {
        let configuration = try reader.configuration(input)
        try configuration.validated()
        valid += 1
        #expect(configuration.tokens >= 1)
      } catch {
        #expect(!error.rule.isEmpty)
      }
    }
    #expect(count > 50)
    #expect(valid > count / 100, "\(valid) of \(count)")
  }

  @Test func resultLines() throws {
    let reader = ConfigurationReader(directory: try Catalog.bundled())
    let line = """
      {"shape": "ViT-G/14", "evidence": "compiled", "verdict": "fits", "parameterCount": 1930, "memory": \
      {"total": 14, "limit": 16, "livePeak": 20}, "flopsPerImage": 9.6e11, "stepSeconds": 2.0, "imagesPerSecond": 4.0, \
      "provenance": {"source": "a", "version": "1", "notes": ["b"]}}
      """
    var valid = 0
    let count = fuzz([line], words: StepResult.Key.allCases.map { "\"\($0.rawValue)\":" } + ["1e308", "null", "{"]) {
      input in
      do throws(ConfigurationError) {
        let result = try reader.result(input)
        try result.configuration.validated()
        #expect(result.memory.total.count >= 0)
        valid += 1
      } catch {
        #expect(!error.rule.isEmpty)
      }
    }
    #expect(count > 50)
    #expect(valid > 0)
  }

  @Test func catalogFiles() throws {
    let bundled = CatalogFile.bundled
    let needed = bundled.filter { $0.path == "vit.yaml" || $0.path == "devices/tpu-v3.yaml" }
    var valid = 0
    let count = fuzz(
      bundled.map(\.text) + [BrokenFileTests.grid, "a: {value: 0.5, source: b}"],
      words: [
        "&a ", "*a", "- ", "? ", ": ", "{", "}", "[", "]", "|\n", ">-\n", "---\n", "\t", "!!str ", "'", "\"", "#",
        "<<: ",
        "1..10000 by 1", "99999999999999999999", "0.5x", "\u{0}", "\u{FEFF}", "%YAML 1.2\n", "\r", "\u{85}", "\u{2028}",
      ]
    ) { input in
      guard let file = try? CatalogFile(path: "grids/x.yaml", display: "x", data: Data(input)) else { return }
      // One text through every decoder: which part of the catalog a file belongs to is only its place.
      for (path, others) in [
        ("grids/x.yaml", needed), ("devices/x.yaml", needed), ("calibrations/x.yaml", needed), ("vit.yaml", []),
      ] {
        let catalog = try? Catalog(files: others + [CatalogFile(path: path, display: path, text: file.text)])
        for grid in catalog?.grids ?? [] {
          valid += 1
          for column in grid.grid.columns.prefix(20) {
            for configuration in Array(column.configurations.prefix(2)) {
              #expect(throws: Never.self) { try configuration.validated() }
            }
          }
        }
      }
    }
    #expect(count > 20)
    #expect(valid > 0)
  }

  @Test func axes() throws {
    var valid = 0
    let count = fuzz(
      [
        "8", "8, 16, 32", "512..2560 by 64", "1..100", "3x..6x by 0.5x, rounded to 128", "width/64", "4x, 5.25x",
        "2..6 by 2, 40", "..128", "16..",
      ],
      words: ["..", "by", "x", ",", "rounded to ", "width/", "0", "131072", "1000000000", "0.0001", "é", "-", " "]
    ) { input in
      guard let text = String(validating: input, as: UTF8.self) else { return }
      do throws(GridSyntaxError) {
        _ = try Grid.Bounds(parsing: text)
      } catch {
        #expect(error.offset <= text.unicodeScalars.count)
      }
      let axis: Grid.Axis
      do throws(GridSyntaxError) {
        axis = try Grid.Axis(parsing: text)
      } catch {
        #expect(error.offset <= text.unicodeScalars.count)
        #expect(!error.problem.isEmpty)
        return
      }
      valid += 1
      #expect((try? Grid.Axis(parsing: axis.description))?.values(width: 768) == axis.values(width: 768))
      for key in Grid.Key.allCases {
        var axes = Grid.Axes(
          depth: Grid.Axis([4]), width: Grid.Axis([768, 1024]), heads: Grid.Axis([4]), mlpWidth: Grid.Axis([3072]),
          patch: Grid.Axis([16]))
        axes[key] = axis
        guard let grid = try? Grid(axes: axes) else { continue }
        #expect(grid.count >= 0)
        if let first = grid.columns.first(where: { _ in true }) {
          #expect(throws: Never.self) { try first.configuration.validated() }
        }
      }
    }
    #expect(count > 50)
    #expect(valid > count / 100, "\(valid) of \(count)")
  }
}

/// Makes new inputs of examples: bytes flipped, pieces cut, doubled and exchanged, words of the language thrown in.
struct Mutator {
  private var state: UInt64
  private let examples: [[UInt8]]
  private let words: [[UInt8]]

  init(seed: UInt64, examples: [String], words: [String]) {
    state = seed
    self.examples = examples.map { Array($0.utf8) }
    self.words = words.map { Array($0.utf8) }
  }

  /// SplitMix64. Source: Steele, Lea, Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014, Figure 17.
  private mutating func random(below bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(max(1, bound)))
  }

  /// The next input: one example with up to four mutations.
  mutating func next() -> [UInt8] {
    var bytes = examples[random(below: examples.count)]
    for _ in 0..<random(below: 5) {
      let place = random(below: bytes.count + 1)
      let end = min(bytes.count, place + random(below: 12))
      switch random(below: 7) {
      case 0: if place < bytes.count { bytes[place] = UInt8(random(below: 256)) }
      case 1: bytes.removeSubrange(place..<end)
      case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
      case 3: bytes.insert(contentsOf: words[random(below: words.count)], at: place)
      case 4: if place < bytes.count { bytes[place] = UInt8(ascii: "0") + UInt8(random(below: 10)) }
      case 5:
        let other = examples[random(below: examples.count)]
        let from = random(below: other.count + 1)
        bytes.replaceSubrange(place..<end, with: other[from..<min(other.count, from + random(below: 30))])
      default: bytes.replaceSubrange(place..<end, with: words[random(below: words.count)])
      }
    }
    return bytes
  }
}
