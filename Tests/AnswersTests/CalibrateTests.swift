import Estimation
import Evidence
import EvidenceStore
import Foundation
import Synchronization
import Testing
import VisionTransformer

@testable import Answers
@testable import Catalog

/// The calibration file that a fit becomes, and fits that become none.
@Suite final class CalibrateTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "calibrate-\(UUID().uuidString)")
  private let remarks = Remarks()

  private final class Remarks: Sendable {
    let texts = Mutex<[String]>([])
  }

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(at: folder) }

  private func path(_ name: String) -> String { folder.appending(path: name).path(percentEncoded: false) }
  private func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

  private func context(_ catalog: Catalog? = nil) throws -> AnswerContext {
    AnswerContext(
      catalog: try catalog ?? Catalog.bundled(), now: { Date(timeIntervalSince1970: 1_700_000_000) },
      remark: { [remarks] text in remarks.texts.withLock { $0.append(text) } })
  }

  private func ask(
    _ groups: Set<ConstantGroup>, _ constants: [String] = [], _ catalog: Catalog? = nil
  ) throws -> CalibrateAnswer {
    try CalibrateAnswer(.init(groups: groups, constants: constants), context(catalog))
  }

  @Test func aFitIsWrittenAndReadBack() throws {
    var settled: [Int] = []
    let answer = try CalibrateAnswer(.init(groups: [.instructions]), context()) { done, all in
      #expect(all == ConstantGroup.instructions.indices.count)
      settled.append(done)
    }
    #expect(settled == settled.sorted() && settled.last == ConstantGroup.instructions.indices.count)
    // A name that is no file's is a folder, which is made.
    try answer.write(to: path("mine"), force: false)
    #expect(remarks.texts.withLock { $0.count } == 1)
    let written = try text("mine/calibrations/tpu-v3.yaml")
    for part in ["on 2023-11-14", "model version \(Estimator.version)", "the bundled evidence", "libtpu", "set aside"] {
      #expect(written.replacing(/\s+/, with: " ").contains(part), "\(part)")
    }
    #expect(!written.contains("--force") && !written.contains("cycles:") && !written.contains("Least"))

    let catalog = try Catalog(directory: folder.appending(path: "mine"))
    let device = try catalog.device(named: "tpu-v3"), bundled = try Catalog.bundled().device(named: "tpu-v3")
    #expect(device == answer.report.fit.fitted && device != bundled)
    let fitted = Set(answer.report.fit.constants.map(\.name))
    let calibration = try #require(catalog.calibration(named: "tpu-v3"))
    #expect(Set(calibration.constants.map(\.name)) == fitted)
    #expect(calibration.constants.allSatisfy { ($0.rows ?? 0) > 50 && $0.residual != nil })
    // Figures follow: rematerialization starts elsewhere.
    let configuration = Configuration(
      shape: Shape(width: 1664, depth: 48, mlpWidth: 8192, heads: 16, patch: 14), optimizer: .adam)
    let before = Estimator(device: bundled).estimate(configuration)
    #expect(Estimator(device: device).estimate(configuration).code != before.code)
  }

  /// Both are kept in one file, the earlier with its own origin, and a second fit begins where the first ended.
  @Test func anEarlierFitIsKeptBesideALaterOne() throws {
    try ask([.instructions], ["instructions.adam", "instructions.sgd"]).write(to: path("mine"), force: true)
    let first = try Catalog(directory: folder.appending(path: "mine"))
    let earlier = try #require(first.calibration(named: "tpu-v3")).constants
    #expect(!earlier.isEmpty)
    try ask([.packing], [], first).write(to: path("mine"), force: true)
    let second = try #require(Catalog(directory: folder.appending(path: "mine")).calibration(named: "tpu-v3"))
    #expect(earlier.allSatisfy { second.constants.contains($0) })
    let gaps = second.constants.filter { $0.name.hasPrefix("packing.") }
    #expect(!gaps.isEmpty && gaps.allSatisfy { !earlier.map(\.source).contains($0.source) })
    // One constant of a group that was fitted before: the others of the group stand alone.
    try ask([.instructions], ["instructions.adam"], first).write(to: path("mine"), force: true)
    let third = try #require(Catalog(directory: folder.appending(path: "mine")).calibration(named: "tpu-v3"))
    #expect(third.constants.first { $0.name == "instructions.sgd" } == earlier.first { $0.name == "instructions.sgd" })
  }

  /// Whatever the fit of the bundled rows is, it is only written if the rows that were set aside are the better for it.
  @Test(arguments: [ConstantGroup.packing, .cycles])
  func aFitThatMakesHeldOutRowsWorseIsNotWritten(group: ConstantGroup) throws {
    let answer = try ask([group]), file = "own.yaml"
    let errors = try #require(answer.report.fit.errors(of: group, isHeldOut: true))
    let isBetter = errors.after.median <= errors.before.median && errors.after.ninetieth <= errors.before.ninetieth
    #expect(isBetter == answer.report.fit.worse.isEmpty)
    if isBetter {
      try answer.write(to: path(file), force: false)
      #expect(try !text(file).contains("--force"))
    } else {
      let error = #expect(throws: AnswerError.self) { try answer.write(to: path(file), force: false) }
      #expect(error?.kind == .failure && error?.message?.contains("held-out error does not fall") == true)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)).isEmpty)
      try answer.write(to: path(file), force: true)
      #expect(try text(file).replacing(/\s+/, with: " ").contains("written with --force although"))
    }
  }

  @Test func questionsWithoutAnAnswerSayWhy() throws {
    func error(_ question: CalibrateAnswer.Question) throws -> AnswerError? {
      #expect(throws: AnswerError.self) { try CalibrateAnswer(question, context()) }
    }
    let host = try error(.init(device: "cpu"))
    #expect(host?.kind == .invalid && host?.message?.contains("shapefinder devices probe") == true)
    let core = try #require(CatalogFile.bundled.first { $0.path == "devices/tpu-v4-core.yaml" })
    let mine = CatalogFile(path: "devices/mine.yaml", display: "mine", text: core.text)
    let none = #expect(throws: AnswerError.self) {
      try CalibrateAnswer(.init(device: "mine"), context(Catalog(files: CatalogFile.bundled + [mine])))
    }
    #expect(none?.kind == .badData && none?.message?.contains("no row of mine") == true)
    let unknown = try error(.init(constants: ["cycles.prodcut"]))
    #expect(unknown?.kind == .invalid && unknown?.message?.contains("cycles.product") == true)
    #expect(try error(.init(groups: [.packing], constants: ["cycles.loop"]))?.kind == .invalid)
    #expect(try error(.init(device: "tpu-v99"))?.violation?.key == "device")
  }

  /// Constants that no bundled row tells of.
  @Test func aFitOfNothingIsAnError() throws {
    let answer = try ask([.packing], ["packing.mostGapsRematerialized"])
    let error = #expect(throws: AnswerError.self) { try answer.write(to: path("none.yaml"), force: true) }
    #expect(error?.kind == .badData)
    #expect(answer.report.text().contains("no row moves"))
  }
}
