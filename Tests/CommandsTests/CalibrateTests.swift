import Foundation
import Testing

/// `calibrate`, as a user runs it.
@Suite struct CalibrateTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test func aFitIsWrittenWhereCheckReadsIt() throws {
    let program = try Program()
    defer { program.remove() }
    let fit = try program.run("calibrate", "--only", "instructions", "-o", "mine")
    #expect(fit.status == 0 && fit.errors.contains("wrote mine/calibrations/tpu-v3.yaml"), "\(fit.errors)")
    #expect(fit.output.contains("The held-out error falls.") && fit.output.contains("Not determined of instructions"))
    let question = ["check", "ViT-G/14", "--format", "json"]
    let before = try program.run(question), after = try program.run(question + ["--catalog", "mine"])
    #expect(before.status == after.status && before.output != after.output && after.errors == "")
  }

  @Test func aFitThatHelpsNothingExitsWithAFailure() throws {
    let program = try Program()
    defer { program.remove() }
    let fit = try program.run("calibrate", "--only", "packing", "-o", "own.yaml", "--format", "json")
    #expect(fit.status == 1 && fit.errors.contains("nothing is written"), "\(fit.errors)")
    #expect(!FileManager.default.fileExists(atPath: program.path("own.yaml")))
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(fit.output.utf8)) as? [String: Any])
    #expect(object["heldOutErrorFalls"] as? Bool == false)
    let refused = try #require(object["constants"] as? [[String: Any]])
    let most = try #require(refused.first { $0["name"] as? String == "packing.mostGapsRematerialized" })
    #expect(most["refusedBy"] as? String == "range")
    let forced = try program.run("calibrate", "--only", "packing", "-o", "own.yaml", "--force", "--format", "ndjson")
    #expect(forced.status == 0 && FileManager.default.fileExists(atPath: program.path("own.yaml")))
    #expect(try forced.lines().count == 7)
  }

  /// A user's own compiles: too few to tell most, and each refusal has its reason.
  @Test func aStoreOfCompilesIsEvidence() throws {
    let program = try Program()
    defer { program.remove() }
    let results = Self.root.appending(path: "Validation/compiled/tpu-v3-agreement.ndjson").path(percentEncoded: false)
    #expect(try program.run("runs", "import", results, "--store", "x.sqlite").status == 0)
    let fit = try program.run("calibrate", "--store", "x.sqlite", "--format", "ndjson")
    #expect([0, 1].contains(fit.status), "\(fit.errors)")
    let rows = try fit.lines()
    #expect(rows.count == 108)
    #expect(rows.allSatisfy { ($0["new"] is NSNull) != ($0["refusedBy"] is NSNull) })
    #expect(Set(rows.compactMap { $0["refusedBy"] as? String }).isSuperset(of: ["n", "range"]))
    let empty = try program.run("calibrate", "--store", "x.sqlite", "--device", "tpu-v4")
    #expect(empty.status == 65 && empty.output == "")
  }

  @Test func whatCannotBeCalibratedIsRefused() throws {
    let program = try Program()
    defer { program.remove() }
    let host = try program.run("calibrate", "--device", "cpu")
    #expect(host.status == 64 && host.errors.contains("shapefinder devices probe"))
    #expect(try program.run("calibrate", "--only", "everything").status == 64)
    #expect(try program.run("calibrate", "--constants", "packing.gaps").status == 64)
    let nothing = try program.run("calibrate", "--constants", "packing.mostGapsRematerialized")
    #expect(nothing.status == 65 && nothing.output.contains("no row moves"))
  }
}
