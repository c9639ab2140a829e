import Foundation
import Testing
import VisionTransformer

@testable import Catalog

@Suite struct EvidenceFileTests {
  let catalog: Catalog

  init() throws { catalog = try Catalog.bundled() }

  private let good = #"""
    {"configuration": {"shape": "ViT-S/16", "batch": 4}, "compiler": "libtpu 1", "observed": {"fits": true, "livePeak": 1000, "peakAfter": 1000, "rematerializationLimit": 2000, "flops": 1.5e9, "floorReached": false}, "set": "held-out"}
    """#

  private func read(_ text: String) throws -> EvidenceFile {
    try EvidenceFile(name: "new", display: "evidence/new.ndjson", data: Data(text.utf8), directory: catalog)
  }

  @Test func everyKeyOfALineIsRead() throws {
    let file = try read("\n" + good + "\n")
    let row = try #require(file.rows.first)
    #expect(file.rows.count == 1)
    #expect(row.line == 2)
    #expect(row.evidence.configuration.shape.width == 384)
    #expect(row.evidence.compiler == "libtpu 1")
    #expect(row.evidence.label == .heldOut)
    let seen = row.evidence.observation
    #expect(seen.fits == true)
    #expect(seen.livePeak == Bytes(1000))
    #expect(seen.flops == FLOPs(1.5e9))
    #expect(seen.floorReached == false)
    #expect(seen.total == nil)
  }

  /// What is put in place of what, and what the error says of it.
  @Test(arguments: [
    (
      #""set": "held-out""#, #""set": "unseen""#,
      "set: \"unseen\" is not valid: must be one of shared, tuned, held-out"
    ),
    (#", "set": "held-out""#, "", "set is required"),
    (#""compiler": "libtpu 1", "#, "", "compiler is required"),
    (#""fits": true"#, #""fits": 1"#, "observed.fits: 1 is not valid: must be true or false"),
    (#""livePeak": 1000"#, #""livePeak": -1"#, "observed.livePeak: -1 is not valid: must not be negative"),
    (
      #""livePeak": 1000"#, #""livePeak": "1 GiB""#,
      "observed.livePeak: \"1 GiB\" is not valid: must be a whole number"
    ),
    (#""livePeak": 1000"#, #""livePaek": 1000"#, "observed.livePaek is not a known key"),
    (#""livePeak": 1000, "#, "", "observed: an object of 5 keys is not valid: must have a livePeak or a total"),
    (#""flops": 1.5e9"#, #""flops": "many""#, "observed.flops: \"many\" is not valid: must be a number"),
    (#""shape": "ViT-S/16""#, #""shape": "ViT-Q/16""#, "shape: \"ViT-Q/16\" is not a known shape"),
    (#""batch": 4"#, #""batch": 0"#, "batch: 0 is not valid: must be between 1 and"),
    (#"{"configuration""#, #"{"configuraton""#, "configuraton is not a known key"),
  ])
  func aBadLineIsReportedWithFileLineAndKey(part: String, replacement: String, problem: String) throws {
    let bad = good.replacingOccurrences(of: part, with: replacement)
    #expect(bad != good)
    let error = try #require(throws: CatalogError.self) { try read(good + "\n" + bad) }
    #expect(error.file == "evidence/new.ndjson")
    #expect(error.line == 2)
    #expect(error.problem.contains(problem), "\(error)")
  }

  @Test func aLineThatIsNotJSONIsReportedWithItsColumn() throws {
    let error = try #require(throws: CatalogError.self) { try read(good + "\n\n{\"set\" 1}") }
    #expect("\(error)".hasPrefix("evidence/new.ndjson:3:8: is not JSON"), "\(error)")
  }

  @Test func bytesThatAreNotTextAreReportedWithTheirLine() throws {
    let error = try #require(throws: CatalogError.self) {
      try EvidenceFile(
        name: "new", display: "new.ndjson", data: Data(good.utf8) + [0x0A, 0x7B, 0xFF, 0x7D], directory: catalog)
    }
    #expect(error.line == 2)
    #expect(error.problem.contains("not UTF-8"))
  }

  @Test func everyFileOfAFolderIsRead() throws {
    try withFolder { folder in
      try Data(good.utf8).write(to: folder.appending(path: "b.ndjson"))
      try Data((good + "\n" + good).utf8).write(to: folder.appending(path: "a.ndjson"))
      try Data("not evidence".utf8).write(to: folder.appending(path: "README.md"))
      let files = try EvidenceFile.files(in: folder, shapes: catalog)
      #expect(files.map(\.name) == ["a", "b"])
      #expect(files.map(\.rows.count) == [2, 1])
    }
  }

  @Test func aFolderWithoutEvidenceIsRefused() throws {
    try withFolder { folder in
      let error = try #require(throws: CatalogError.self) { try EvidenceFile.files(in: folder, shapes: catalog) }
      #expect(error.problem == "holds no evidence: no file ends in .ndjson")
    }
  }

  @Test func aMissingFolderIsRefused() throws {
    let error = try #require(throws: CatalogError.self) {
      try EvidenceFile.files(in: URL(filePath: "/nowhere/evidence"), shapes: catalog)
    }
    #expect(error.file == "/nowhere/evidence")
  }

  @Test func aFolderInPlaceOfAFileIsRefused() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(
        at: folder.appending(path: "a.ndjson"), withIntermediateDirectories: false)
      let error = try #require(throws: CatalogError.self) { try EvidenceFile.files(in: folder, shapes: catalog) }
      #expect(error.problem == "cannot be read")
    }
  }

  /// What was observed, and whether that settles it under 1000 usable bytes.
  @Test(arguments: [
    (Seen(fits: true), Verdict?.some(.fits)), (Seen(fits: false), .doesNotFit),
    (Seen(peakAfter: 900_000_000, rematerializationLimit: 950_000_000), .fits),
    (Seen(peakAfter: 952_000_000, rematerializationLimit: 950_000_000), .fits),
    (Seen(peakAfter: 980_000_000, rematerializationLimit: 950_000_000), nil),
    (Seen(peakAfter: 980_000_000, rematerializationLimit: 950_000_000, floorReached: true), nil),
    (Seen(peakAfter: 1_000_000_001, rematerializationLimit: 950_000_000, floorReached: true), .doesNotFit),
    (Seen(peakAfter: 1_000_000_001, limit: 2_000_000_000, floorReached: true), nil), (Seen(), nil),
  ])
  func aReducedPeakSettlesTheVerdictOnlyOutsideTheGap(seen: Seen, verdict: Verdict?) {
    #expect(seen.observation.verdict(limit: Bytes(1_000_000_000)) == verdict)
  }

  struct Seen: Sendable, CustomTestStringConvertible {
    var fits: Bool?
    var peakAfter: Int?
    var rematerializationLimit: Int?
    var limit: Int?
    var floorReached: Bool?

    var observation: Observation {
      var observation = Observation()
      observation.fits = fits
      observation.peakAfter = peakAfter.map(Bytes.init)
      observation.rematerializationLimit = rematerializationLimit.map(Bytes.init)
      observation.limit = limit.map(Bytes.init)
      observation.floorReached = floorReached
      return observation
    }

    var testDescription: String { "\(self)" }
  }

  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "evidence-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }
}
