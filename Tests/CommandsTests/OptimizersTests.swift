import Foundation
import Testing

@Suite final class OptimizersTests {
  let program: Program

  @Test func aGridIsHintedAt() throws {
    let answer = try program.run("optimizers", "figure8")
    #expect(answer.status == 64)
    #expect(answer.errors.contains("--grid figure8"))
  }

  init() throws { program = try Program() }
  deinit { program.remove() }

  /// The ratios of arXiv 2106.04560 section 3.4, and what factoring and padding make of them.
  static let ratios: [(String, Double, ClosedRange<Double>)] = [
    ("adam", 2, 2.0...2.001), ("adam-half", 1.5, 1.5...1.501), ("adafactor", 0.5, 0.5...0.51),
  ]

  @Test(arguments: ratios) func ratiosAreThePapers(
    _ name: String, _ paper: Double, _ exact: ClosedRange<Double>
  ) throws {
    let rows = try program.run("optimizers", "ViT-G/14", "--format", "json").list()
    let row = try #require(rows.first { $0["optimizer"] as? String == name })
    #expect(row["publishedRatio"] as? Double == paper)
    #expect(exact.contains(row["ratio"] as? Double ?? 0))
  }

  @Test func adamOnTheLargestShapeIsThePapersSixteen() throws {
    let rows = try program.run("optimizers", "ViT-G/14", "--format", "ndjson").lines()
    let adam = try #require(rows.first { $0["optimizer"] as? String == "adam" })
    let state = Double(adam["state"] as? Int ?? 0) / 0x1p30
    #expect(abs(state - 14.38) < 0.02)
    #expect(adam["verdict"] as? String == "does-not-fit")
    let adafactor = try #require(rows.first { $0["optimizer"] as? String == "adafactor" })
    #expect(adafactor["verdict"] as? String == "fits")
    #expect(adafactor["firstMoment"] as? Int ?? 0 > 50 * (adafactor["secondMoment"] as? Int ?? 0))
    #expect(adafactor["blocksMore"] as? Int ?? 0 > 10)
    #expect(adam["largestBatch"] as? Int == 0)
  }

  /// The largest depth that can be asked for is not a depth that was found.
  @Test func aBoundIsNotShownAsFound() throws {
    let options = ["optimizers", "ViT-mu/16", "--batch", "1"]
    let text = try program.run(options, environment: ["COLUMNS": "200"])
    #expect(text.output.contains("≥ 10,000") && !text.output.contains("  10,000"))
    for row in try program.run(options + ["--format", "ndjson"]).lines() {
      #expect(row["largestDepth"] as? Int == 10_000 && row["largestDepthIsLimit"] as? Bool == true)
      #expect(row["blocksMore"] is NSNull)
    }
    let others = try program.run("optimizers", "ViT-L/16", "--format", "ndjson").lines()
    #expect(others.allSatisfy { $0["largestDepthIsLimit"] as? Bool == false })
  }

  @Test func momentsAddUpToTheStateOfCheck() throws {
    for name in ["adam", "adam-half", "adafactor"] {
      let rows = try program.run("optimizers", "ViT-L/16", "--format", "json").list()
      let row = try #require(rows.first { $0["optimizer"] as? String == name })
      let check = try program.run("check", "ViT-L/16", "--optimizer", name, "--format", "json").lines()[0]
      let state = (check["memory"] as? [String: Any])?["optimizerState"] as? Int ?? 0
      // The step counter, one scalar in its own allocation, belongs to neither moment.
      #expect(state - (row["state"] as? Int ?? 0) == 1024, "\(name)")
    }
  }

  @Test func aGridCountsWhatFits() throws {
    let rows = try program.run("optimizers", "--grid", "small", "--format", "json").list()
    #expect(rows.count == 10)
    for head in ["token", "map"] {
      let fits = rows.filter { $0["head"] as? String == head }.compactMap { $0["fits"] as? Int }
      let names = rows.filter { $0["head"] as? String == head }.compactMap { $0["optimizer"] as? String }
      #expect(names == ["sgd", "sgd-momentum", "adam", "adam-half", "adafactor"])
      #expect(fits[2] < fits[3] && fits[3] <= fits[4] && fits[4] <= 64)
    }
    #expect(rows.allSatisfy { $0["configurations"] as? Int == 64 })
    for row in rows {
      func number(_ key: String) throws -> Double { try #require((row[key] as? NSNumber)?.doubleValue) }
      let moments = try number("firstMomentBytesPerParameter") + number("secondMomentBytesPerParameter")
      #expect(abs(moments - (try number("stateBytesPerParameter"))) < 1e-3)
      #expect(try number("batch") > 50)
    }
    let blocks = rows.suffix(5).compactMap { ($0["blocksMore"] as? NSNumber)?.doubleValue }
    #expect(blocks.count == 5 && blocks[2] == 0 && blocks[2] < blocks[3] && blocks[3] < blocks[4])
    let table = try program.run("optimizers", "--grid", "small")
    #expect(table.output.hasPrefix("small: 64 configurations under each optimizer"))
  }

  @Test func nothingFitsIsThree() throws {
    #expect(try program.run("optimizers", "ViT-G/14", "--memory-limit", "1GiB").status == 3)
    #expect(try program.run("optimizers", "--grid", "small", "--memory-limit", "1MiB").status == 3)
  }

  /// Arguments after `optimizers`, and what the message must say.
  static let wrong: [([String], String)] = [
    ([], "no shape"),
    (["ViT-B/16", "--optimizer", "adam"], "leave out --optimizer"),
    (["ViT-B/16", "--grid", "small"], "not both"),
    (["--grid", "smal"], "did you mean \"small\"?"),
    (["--grid", "small", "--batch", "-1"], "--batch: -1 is not valid"),
    (["--grid", "small", "--image-size", "1000000000000"], "--image-size: 1000000000000 is not valid"),
    (["--grid", "small", "--device", "cpu9"], "--device: \"cpu9\" is not valid"),
  ]

  @Test(arguments: wrong) func wrongOptionsAreUsageErrors(_ arguments: [String], _ message: String) throws {
    let outcome = try program.run(["optimizers"] + arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.hasPrefix("error: ") && outcome.errors.contains(message), "\(outcome.errors)")
  }
}
