import Foundation
import Testing

/// One shape on several devices, as a user asks.
@Suite final class DevicesSideBySideTests {
  let program: Program

  init() throws { program = try Program() }
  deinit { program.remove() }

  private func rows(_ words: String...) throws -> [[String: Any]] {
    let store = words[0] == "optimizers" ? [] : ["--no-store"]
    let answer = try program.run(words + ["--format", "ndjson"] + store)
    #expect(answer.errors == "")
    return try answer.lines()
  }

  @Test func checkAndCompareGiveOneAnswer() throws {
    for format in ["table", "json", "ndjson", "csv"] {
      let words = ["ViT-L/16", "--device", "all", "--epochs", "90", "--dataset-size", "1.28M", "--format", format]
      let check = try program.run(["check"] + words), compare = try program.run(["compare"] + words)
      #expect(check.status == 0 && check.output == compare.output && !check.output.isEmpty, "\(check.errors)")
    }
  }

  @Test func allAreTheTPUsOfTheCatalog() throws {
    let devices = try program.run("devices", "list", "--format", "ndjson").lines()
    let wanted = devices.filter { $0["kind"] as? String == "tpu" }.compactMap { $0["name"] as? String }
    #expect(try rows("check", "ViT-L/16", "--device", "all").compactMap { $0["device"] as? String } == wanted)
  }

  @Test func aChipHasTheWorkOfItsCores() throws {
    let rows = try rows(
      "check", "ViT-L/16", "--device", "tpu-v3,v5e", "--epochs", "90", "--dataset-size", "1.28M", "--batch", "16")
    for (row, devices) in zip(rows, [2, 1]) {
      let chip = try #require(row["perChip"] as? [String: Any])
      #expect(chip["devices"] as? Int == devices && chip["batch"] as? Int == 16 * devices)
      let rate = try #require(row["imagesPerSecond"] as? Double)
      let ofChip = try #require(chip["imagesPerSecond"] as? Double)
      #expect((ofChip / (rate * Double(devices)) - 1).magnitude < 1e-12)
      #expect(((chip["imagesPerHour"] as? Double ?? 0) / (ofChip * 3600) - 1).magnitude < 1e-12)
      #expect(chip["largestBatch"] as? Int == (row["largestBatch"] as? Int).map { $0 * devices })
      // The epochs of a chip-hour are those of the run over its chip-hours.
      let hours = try #require((row["training"] as? [String: Any])?["chipHours"] as? Double)
      #expect(((chip["epochsPerHour"] as? Double ?? 0) / (90 / hours) - 1).magnitude < 1e-12)
      #expect(((chip["epochsPerHour"] as? Double ?? 0) * 1.28e6 / (ofChip * 3600) - 1).magnitude < 1e-9)
    }
  }

  @Test func whatDoesNotFitBuysNothing() throws {
    let rows = try rows("check", "ViT-G/14", "--device", "tpu-v2,tpu-v5p", "--batch", "4")
    #expect(rows.map { $0["verdict"] as? String } == ["does-not-fit", "fits"])
    #expect((rows[0]["perChip"] as? [String: Any])?["imagesPerHour"] is NSNull)
    let answer = try program.run(
      "check", "ViT-G/14", "--device", "tpu-v2,tpu-v5p", "--batch", "4", "--no-store")
    #expect(answer.status == 0 && answer.output.contains("core, 2 a chip"))
    #expect(try program.run("check", "ViT-G/14", "--device", "v2,v3", "--batch", "512", "--no-store").status == 3)
    // A host has no chips.
    let host = try #require(try self.rows("check", "ViT-S/16", "--device", "tpu-v3,cpu").last)
    #expect(host["perChip"] is NSNull)
  }

  @Test func optimizersAndGridsTakeThemToo() throws {
    let optimizers = try rows("optimizers", "ViT-L/16", "--device", "tpu-v3,tpu-v5e")
    #expect(Set(optimizers.compactMap { $0["device"] as? String }) == ["tpu-v3", "tpu-v5e"])
    let alone = try program.run("optimizers", "ViT-L/16", "--device", "tpu-v5e", "--format", "ndjson").lines()
    for (one, other) in zip(alone, optimizers.suffix(alone.count)) {
      var other = other
      other["device"] = nil
      #expect(one as NSDictionary == other as NSDictionary)
    }
    let grid = [
      "--depth", "12,24", "--width", "1024", "--mlp-width", "4x", "--heads", "16", "--patch", "16", "--device",
      "tpu-v3,tpu-v5e", "--no-store",
    ]
    let map = try program.run(["map"] + grid)
    #expect(map.status == 0 && map.output.contains("tpu-v5e"), "\(map.errors)")
    let list = try program.run(["enumerate"] + grid + ["--format", "ndjson"]).lines()
    #expect(list.compactMap { $0["device"] as? String } == ["tpu-v3", "tpu-v3", "tpu-v5e", "tpu-v5e"])
    let many = try program.run("map", "figure8", "--device", "all", "--no-store")
    #expect(many.status == 64 && many.errors.contains("name fewer") && many.output.isEmpty)
  }

  @Test(arguments: [
    (["--device", "all", "--suggest"], "are of one device"),
    (["--device", "tpu-v3,v5e", "--save"], "are of one device"),
    (["--device", "all,tpu-v3"], "stands there already"), (["--device", "all,tpu-v9"], "must be one of"),
    (["--device", "all", "--compiler", "0.0.1"], "speak for 0.0.17.1"),
    (["--compiler", "newest"], "must be a version of libtpu"),
    (["--device", "cpu", "--compiler", "0.0.17.1"], "is for TPUs"),
  ]) func aBadQuestionIsRefused(words: [String], message: String) throws {
    let answer = try program.run(["check", "ViT-L/16"] + words)
    #expect(answer.status == 64 && answer.errors.contains(message) && answer.output.isEmpty, "\(answer.errors)")
  }

  @Test(arguments: ["tpu-v3", "tpu-v5e", "tpu-v6e"]) func aLaterCompilerHasABandOfItsOwn(device: String) throws {
    let words = ["check", "ViT-L/16", "--device", device, "--no-store", "--format", "json"]
    let own = try program.run(words).lines()[0], later = try program.run(words + ["--compiler", "0.0.52"]).lines()[0]
    #expect(later["compiler"] as? String == "0.0.52")
    #expect(own["memory"] as? NSDictionary == later["memory"] as? NSDictionary)
    let provenance = try #require(later["provenance"] as? [String: Any])
    #expect(provenance["speaksFor"] as? String == "libtpu 0.0.52")
    let notes = try #require(provenance["notes"] as? [String])
    #expect(notes.contains { $0.contains("live peaks of libtpu 0.0.52 are ") })
  }

  @Test func theOwnCompilerMayBeNamed() throws {
    let own = try program.run("check", "ViT-L/16", "--no-store", "--format", "json").lines()[0]
    for version in ["0.0.17.1", "libtpu 0.0.17.1"] {
      let words = ["check", "ViT-L/16", "--compiler", version, "--no-store", "--format", "json"]
      var asked = try program.run(words).lines()[0]
      #expect(asked.removeValue(forKey: "compiler") as? String == "0.0.17.1")
      #expect(asked as NSDictionary == own as NSDictionary)
    }
    let lines =
      "{\"shape\": \"ViT-L/16\", \"compiler\": \"0.0.17.1\"}\n{\"shape\": \"ViT-L/16\", \"compiler\": \"9.9\"}\n"
    try lines.write(toFile: program.path("questions.ndjson"), atomically: true, encoding: .utf8)
    let answer = try program.run("check", "--configurations", "questions.ndjson", "--format", "ndjson", "--no-store")
    #expect(answer.status == 65)
    let answers = try answer.lines()
    #expect(answers[0]["verdict"] as? String == "fits" && answers[0]["compiler"] as? String == "0.0.17.1")
    #expect((answers[1]["error"] as? [String: Any])?["key"] as? String == "compiler")
  }
}
