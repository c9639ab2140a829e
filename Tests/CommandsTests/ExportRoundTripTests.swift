import Evidence
import EvidenceStore
import Foundation
import Testing
import VisionTransformer

/// What a store exports, imported into another one, is exported again byte for byte.
@Suite final class ExportRoundTripTests {
  let program: Program

  init() throws { program = try Program() }
  deinit { program.remove() }

  /// Texts that a separator, a quote, a line break, a normal form or an empty field could swallow.
  private static let texts = [
    "", " ", "plain", "a; b", "a;b", ";", "; ", "\\", "\\;", "a\\; b", "a,b", "\"", "\"a\"", "a\"\"b", "a\nb", "a\r\nb",
    "\r", "\n",
    "tab\t", "1", "1.5", "null", "true", "ünïcode", "u\u{308}", "日本語", "😀", "\u{FEFF}x", "\u{1B}[2J", "\u{202E}",
    "\u{2028}",
    "{\"a\": 1}", "#", "'", String(repeating: "long\n", count: 200),
  ]

  /// Evidence of every kind, with every text in every place, in an order that mixes configurations and provenances.
  private static func results(_ count: Int) -> [StepResult] {
    var generator = SeededGenerator(seed: count)
    func pick<T>(_ values: [T]) -> T { values[Int(generator.next() % UInt64(values.count))] }
    func text() -> String { pick(texts) }
    func bytes(_ from: Int = 0) -> Bytes? {
      pick([nil, Bytes(from), Bytes(0), Bytes(1 << 53 + 1), Bytes(Int.max), Bytes(Int(generator.next() >> 30))])
    }
    let names = ["ViT-G/14", "ViT-g/14", nil, nil, "mine/14", "ViT-mine/14", "x\u{1B}[2J\n;\"/14"]
    return (0..<count).map { index in
      let name = pick(names)
      let shape =
        name == "ViT-g/14"
        ? Shape(width: 1408, depth: 40, mlpWidth: 6144, heads: 16, patch: 14)
        : Shape(width: 1664, depth: name == nil ? 1 + index % 17 : 48, mlpWidth: 8192, heads: 16, patch: 14)
      let configuration = Configuration(
        shape: shape, shapeName: name, device: pick(["tpu-v3", "cpu", "my xeon; really", "a\u{9B}\"\n"]),
        batch: pick([1, 8]), head: pick(Head.allCases), optimizer: pick(Optimizer.allCases),
        precision: pick(Precision.allCases),
        memoryLimit: pick([nil, nil, Bytes(15 << 30 + 1)]))
      let kind = pick(EvidenceKind.allCases)
      return StepResult(
        configuration: configuration, evidence: kind, verdict: pick(Verdict.allCases),
        parameterCount: Int(generator.next() >> 30),
        memory: MemoryBreakdown(
          total: bytes() ?? .zero, limit: bytes() ?? .zero, livePeak: bytes(), arguments: bytes(), parameters: bytes(),
          optimizerState: bytes(), inputs: bytes(), temporaries: bytes(-5), activations: bytes(), gradients: bytes(),
          workspace: bytes(-123_456), packing: bytes(-1), code: bytes(), paddingWaste: bytes()),
        flopsPerImage: FLOPs(pick([0, 9.653e11, 1.0 / 3, 0x1p60, 1e300])),
        stepSeconds: pick([
          nil, Seconds(0.1), Seconds(1.0 / 3), Seconds(.leastNonzeroMagnitude), Seconds(1e300), Seconds(2),
        ]),
        provenance: Provenance(
          source: text(), version: pick(["1", "2", "10", ""]), speaksFor: pick([nil, text()]),
          host: pick([nil, text()]),
          time: pick([nil, text(), "2026-01-02T03:04:05Z"]),
          isDisturbed: pick([true, false]), isOfMemoryOnly: pick([true, false]),
          notes: pick([[], [text()], [text(), text()], ["", ""]])))
    }
  }

  private func makeStore(_ name: String, _ batches: [[StepResult]]) throws {
    let store = try EvidenceStore.open(path: program.path(name), mode: .create)
    for batch in batches {
      let run = try store.beginRun(RunDescription(command: "test", modelVersion: "1"))
      try store.write(run: run) { writer in for result in batch { try writer.append(result) } }
      try store.finishRun(run)
    }
    try store.close()
  }

  private func export(_ store: String, _ format: String, _ options: String...) throws -> String {
    let answer = try program.shell(
      "\"$shapefinder\" runs export \(options.joined(separator: " ")) --store \(store) --format \(format)")
    #expect(answer.status == 0, "\(answer.errors)")
    return answer.output
  }

  @Test(arguments: ["ndjson", "csv"]) func everyKindOfEvidenceComesBackByteForByte(format: String) throws {
    // The second run has some of the first one's rows, and others in between.
    let results = Self.results(400)
    try makeStore("s.sqlite", [Array(results[..<250]), Array(results[200...].reversed())])
    let all = try export("s.sqlite", format), exact = try export("s.sqlite", "ndjson")
    #expect(exact.split(separator: "\n").count > 350)
    try program.write("all", Data(all.utf8))
    let imported = try program.run("runs", "import", "all", "--store", "copy.sqlite", "--format", "csv")
    #expect(imported.status == 0, "\(imported.errors)")
    #expect(try export("copy.sqlite", format) == all)
    #expect(try export("copy.sqlite", "ndjson") == exact)
    #expect(try export("copy.sqlite", format, "1") == all)
    // Runs, sorted and piped.
    for (index, options) in ["1", "2", "2 --sort=-total", "--sort step-seconds"].enumerated() {
      let one = try export("s.sqlite", format, options)
      let piped = try program.shell(
        """
        "$shapefinder" runs export \(options) --store s.sqlite --format \(format) \
          | "$shapefinder" runs import - --store part\(index).sqlite --format csv
        """)
      #expect(piped.status == 0, "\(piped.errors)")
      #expect(try export("part\(index).sqlite", format, "1") == one, "\(options)")
    }
    // The store that has it all takes nothing new.
    let again = try program.run("runs", "import", "all", "--store", "s.sqlite", "--format", "json")
    #expect(again.output.contains("\"new\":0") && again.output.contains("\"refused\":0"), "\(again.output)")
    #expect(try export("s.sqlite", "ndjson") == exact)
  }

  @Test func namesThatTheCatalogDoesNotKnowAreKeptAndSaid() throws {
    try makeStore("s.sqlite", [Self.results(100)])
    let answer = try program.shell(
      "\"$shapefinder\" runs export --store s.sqlite | \"$shapefinder\" runs import - --store copy.sqlite")
    #expect(answer.status == 0)
    #expect(answer.errors.contains("though the catalog does not know them: the device "), "\(answer.errors)")
    #expect(answer.errors.contains("the shape mine/14"), "\(answer.errors)")
    // A name that means other numbers here is refused, in either form.
    let line = try export("copy.sqlite", "ndjson").split(separator: "\n").first { $0.contains("\"shape\":\"mine/14\"") }
    let wrong = String(try #require(line)).replacing("mine/14", with: "ViT-B/16")
    let refused = try program.run("runs", "import", "-", "--store", "other.sqlite", input: wrong)
    #expect(refused.status == 65)
    #expect(refused.errors.contains("contradicts the name ViT-B/16, whose width is 768"), "\(refused.errors)")
  }

  @Test func answersOfCheckAreImportedAndItsErrorsAreRefused() throws {
    let questions = "{\"shape\": \"ViT-B/16\"}\n{\"shape\": \"ViT-Q/16\"}\n{\"shape\": \"ViT-L/16\"}\n"
    for format in ["ndjson", "csv"] {
      let answers = try program.run("check", "--configurations", "-", "--format", format, input: questions)
      let imported = try program.run("runs", "import", "-", "--store", "\(format).sqlite", input: answers.output)
      #expect(imported.status == 65)
      #expect(imported.errors.contains("is an error, not a result: line 2: shape: \"ViT-Q"), "\(imported.errors)")
      #expect(try program.sqlite("\(format).sqlite", "SELECT count(*) FROM evidence") == "2")
    }
    // Whatever one answer says besides is no evidence, and in no one's way.
    for format in ["json", "ndjson", "csv"] {
      let answer = try program.run("check", "ViT-S/16", "--format", format)
      let imported = try program.run("runs", "import", "-", "--store", "one.sqlite", input: answer.output)
      #expect(imported.status == 0, "\(imported.errors)")
    }
    #expect(try program.sqlite("one.sqlite", "SELECT count(*) FROM evidence") == "1")
  }

  @Test func aRecordOfManyLinesAndAnUnclosedQuoteCostOnlyThemselves() throws {
    var results = Self.results(3)
    results[1].provenance.source = String(repeating: "line \"quoted\"\n", count: 4000)
    try makeStore("s.sqlite", [results])
    let csv = try export("s.sqlite", "csv")
    var broken = csv.components(separatedBy: "\r\n")
    broken.insert("\"never closed", at: 1)
    let answer = try program.run(
      "runs", "import", "-", "--store", "copy.sqlite", input: broken.joined(separator: "\r\n"))
    #expect(answer.status == 65)
    #expect(answer.errors.contains("line 2: "), "\(answer.errors)")
  }
}

/// A generator whose numbers are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) }

  /// SplitMix64. Source: Steele, Lea, Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014, Figure 17.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
