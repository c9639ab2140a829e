import Foundation
import Testing

@Suite struct EnumerateTests {
  private let program: Program

  init() throws { program = try Program() }

  @Test(arguments: ["parameter-count", "parameterCount", "parameter_count", "parameters"])
  func aQuantityIsSortedByInAnySpelling(name: String) throws {
    let answer = try program.run(
      "enumerate", "small", "--no-store", "--sort=-\(name)", "--limit", "1", "--format", "csv")
    let canonical = try program.run(
      "enumerate", "small", "--no-store", "--sort", "parameter-count", "--descending", "--limit", "1", "--format", "csv"
    )
    #expect(answer.status == 0 && answer.output == canonical.output, "\(answer.errors)")
  }

  @Test func theGridIsCountedFirstAndStoredWhole() throws {
    defer { program.remove() }
    let answer = try program.run("enumerate", "small", "--store", "s.sqlite")
    #expect(answer.status == 0)
    #expect(answer.errors.hasPrefix("small: 192 configurations in 3 settings\n"))
    #expect(answer.errors.contains("192 new"))
    #expect(answer.output.contains("original ViT, Adam"))
    // A summary, not a row a configuration.
    #expect(answer.output.split(separator: "\n").count == 5)
    #expect(try program.sqlite("s.sqlite", "SELECT count(*) FROM evidence") == "192")
    #expect(try program.sqlite("s.sqlite", "SELECT status, grid, new_rows FROM run") == "finished|small|192")
    let fits = try program.sqlite("s.sqlite", "SELECT count(*) FROM evidence WHERE verdict = 'fits'")
    #expect(answer.errors.contains("\(fits) fit"))
  }

  @Test func storingTheSameAgainChangesNothing() throws {
    defer { program.remove() }
    _ = try program.run("enumerate", "small", "--store", "s.sqlite")
    let dump = "SELECT * FROM evidence ORDER BY configuration_id, provenance_id, revision"
    let before = try program.sqlite("s.sqlite", dump)
    let again = try program.run("enumerate", "small", "--store", "s.sqlite")
    #expect(again.status == 0)
    #expect(again.errors.contains("0 new, 192 known already"))
    #expect(try program.sqlite("s.sqlite", dump) == before)
  }

  @Test func everyFormatHasEveryRowAndTheStoreHasTheSame() throws {
    defer { program.remove() }
    let ndjson = try program.run("enumerate", "small", "--store", "s.sqlite", "--format", "ndjson")
    let lines = try ndjson.lines()
    #expect(lines.count == 192)
    #expect(lines.allSatisfy { $0["evidence"] as? String == "estimated" && $0["memory"] is [String: Any] })
    let json = try program.run("enumerate", "small", "--no-store", "--format", "json")
    let array = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
    #expect(array as NSArray == lines as NSArray)
    let csv = try program.run("enumerate", "small", "--no-store", "--format", "csv")
    #expect(csv.output.split(separator: "\r\n").count == 193)
    let exported = try program.run("runs", "export", "1", "--store", "s.sqlite")
    #expect(exported.output == ndjson.output)
  }

  @Test func filtersLetThroughWhatTheySay() throws {
    defer { program.remove() }
    let all = try program.run("enumerate", "small", "--no-store", "--format", "ndjson").lines()
    let some = try program.run(
      "enumerate", "small", "--format", "ndjson", "--store", "s.sqlite", "--fits", "--min-parameters", "400M",
      "--max-parameters", "1e9", "--min-depth", "24", "--max-width", "1408", "--max-total", "12GiB",
      "--min-images-per-second", "20.5"
    ).lines()
    func number(_ row: [String: Any], _ keys: String...) -> Double {
      var value: Any? = row
      for key in keys { value = (value as? [String: Any])?[key] }
      return (value as? NSNumber)?.doubleValue ?? .nan
    }
    let expected = all.filter { row in
      row["verdict"] as? String == "fits" && (4e8...1e9).contains(number(row, "parameterCount"))
        && number(row, "shape", "depth") >= 24 && number(row, "shape", "width") <= 1408
        && number(row, "memory", "total") <= 12 * 1_073_741_824 && number(row, "imagesPerSecond") >= 20.5
    }
    #expect(some as NSArray == expected as NSArray)
    #expect((1..<all.count).contains(expected.count))
    // The answer is what is stored.
    #expect(try program.sqlite("s.sqlite", "SELECT count(*) FROM evidence") == "\(expected.count)")
    let uncertain = try program.run(
      "enumerate", "small", "--no-store", "--format", "ndjson", "--verdict", "does-not-fit"
    ).lines()
    #expect(uncertain.count == all.count { $0["verdict"] as? String == "does-not-fit" })
  }

  @Test(arguments: [("images-per-second", false), ("-images-per-second", true), ("parameters", false)])
  func sortingWithALimitGivesTheFirstOfAll(key: String, isDescending: Bool) throws {
    defer { program.remove() }
    let all = try program.run("enumerate", "small", "--no-store", "--format", "ndjson").lines()
    let first = try program.run("enumerate", "small", "--no-store", "--format", "ndjson", "--sort", key, "--limit", "7")
      .lines()
    let name = key.hasSuffix("second") ? "imagesPerSecond" : "parameterCount"
    func value(_ row: [String: Any]) -> Double { (row[name] as? NSNumber)?.doubleValue ?? .nan }
    let sorted = all.enumerated().sorted { a, b in
      let (x, y) = (value(a.element), value(b.element))
      return x == y ? a.offset < b.offset : isDescending ? x > y : x < y
    }
    #expect(first as NSArray == sorted.prefix(7).map(\.element) as NSArray)
    let flag = try program.run(
      "enumerate", "small", "--no-store", "--format", "ndjson", "--sort", "images-per-second", "--descending",
      "--limit", "7")
    if isDescending { #expect(try flag.lines() as NSArray == first as NSArray) }
  }

  @Test func aLimitWithoutSortingStopsEarlyInAHugeGrid() throws {
    defer { program.remove() }
    let answer = try program.run(
      "enumerate", "--depth", "1..10000", "--width", "64..100000 by 64", "--heads", "8", "--mlp-width",
      "1024..50000 by 8",
      "--patch", "16", "--limit", "3", "--store", "s.sqlite", "--format", "csv")
    #expect(answer.status == 0)
    #expect(answer.errors.contains("95,641,260,000 configurations"))
    #expect(answer.output.split(separator: "\r\n").count == 4)
    #expect(try program.sqlite("s.sqlite", "SELECT group_concat(depth) FROM configuration") == "1,2,3")
  }

  @Test func optionsReplaceAxesAndSettingsOfANamedGrid() throws {
    defer { program.remove() }
    let rows = try program.run(
      "enumerate", "small", "--no-store", "--format", "ndjson", "--depth", "3", "--width", "1024", "--batch", "2",
      "--head", "gap", "--optimizer", "sgd"
    ).lines()
    // Three settings that have become the same are one.
    #expect(rows.count == 4)
    #expect(
      rows.allSatisfy {
        $0["batch"] as? Int == 2 && $0["optimizer"] as? String == "sgd" && $0["head"] as? String == "gap"
      })
  }

  // MARK: Bad input

  @Test(arguments: [
    (["figure9"], "figure8"),
    (["FIGURE9"], "figure8"),
    ([], "no grid: give a name such as figure8, or all of --depth --width --mlp-width --heads --patch"),
    (["--depth", "12"], "missing: --width, --mlp-width, --heads, --patch"),
    (["small", "--width", "512..2560 bye 64"], "at character 11"),
    (["small", "--width", "-64"], "--width"),
    (["small", "--depth", "0"], "expected a number above 0"),
    (["small", "--depth", "20000"], "--depth: 20000 is not valid: must be between 1 and 10000"),
    (["small", "--width", "999999999999999999999"], "a number above"),
    (["small", "--device", "tpu-v9"], "must be one of"),
    (["small", "--batch", "-1"], "--batch"),
    (["small", "--head", "mapp"], "must be one of token, gap, map (did you mean \"map\"?)"),
    (["small", "--sort", "speed"], "images-per-second"),
    (["small", "--limit", "0"], "at least 1"),
    (["small", "--descending"], "--sort"),
    (["small", "--min-depth", "9", "--max-depth", "3"], "--min-depth is above --max-depth"),
    (["small", "--max-parameters", "nan"], "must be a number"),
    (["small", "--store", "a", "--no-store"], "exclude"),
  ])
  func wrongUsageIsExplained(arguments: [String], message: String) throws {
    defer { program.remove() }
    let answer = try program.shell(
      "\"$shapefinder\" enumerate " + arguments.map { "'\($0)'" }.joined(separator: " ")
        + (arguments.contains("--store") ? "" : " --no-store"))
    #expect(answer.status == 64)
    #expect(answer.errors.hasPrefix("error: "))
    #expect(answer.errors.contains(message), "\(answer.errors)")
    #expect(answer.output == "")
  }

  @Test func anAbsurdGridIsRefusedAtOnce() throws {
    defer { program.remove() }
    let answer = try program.run(
      "enumerate", "--depth", "1..10000", "--width", "1..100000", "--heads", "1", "--mlp-width", "1..100000", "--patch",
      "1..100", "--batch", "1")
    #expect(answer.status == 64)
    #expect(answer.errors.contains("1000000000000000"), "\(answer.errors)")
    #expect(answer.errors.contains("use larger steps"))
  }

  @Test func storingMoreThanTheDiskHoldsIsRefusedBeforeItBegins() throws {
    defer { program.remove() }
    let answer = try program.run(
      "enumerate", "--depth", "1..10000", "--width", "64..100000 by 64", "--heads", "8", "--mlp-width",
      "1024..50000 by 8",
      "--patch", "16", "--store", "s.sqlite")
    #expect(answer.status == 1)
    #expect(answer.errors.contains("--no-store"))
    #expect(try program.sqlite("s.sqlite", "SELECT count(*) FROM run") == "0")
  }

  @Test func sortingMoreThanMemoryHoldsNeedsALimit() throws {
    defer { program.remove() }
    let answer = try program.run(
      "enumerate", "--depth", "1..1000", "--width", "64..1024 by 64", "--heads", "8", "--mlp-width", "1024..9000 by 64",
      "--patch", "16", "--sort", "total", "--format", "csv", "--no-store")
    #expect(answer.status == 64)
    #expect(answer.errors.contains("--limit"))
    #expect(answer.output == "")
  }

  @Test func anEmptyGridFitsNothing() throws {
    defer { program.remove() }
    let answer = try program.run(
      "enumerate", "--depth", "1..3", "--width", "64", "--heads", "7", "--mlp-width", "4x", "--patch", "16", "--format",
      "json",
      "--no-store")
    #expect(answer.status == 3)
    #expect(answer.errors.contains("0 configurations; left out: 3 whose heads do not divide the width"))
    #expect(try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [Int] == [])
  }

  @Test func nothingThatFitsIsExitCode3() throws {
    defer { program.remove() }
    let answer = try program.run("enumerate", "small", "--memory-limit", "1MiB", "--no-store", "--format", "csv")
    #expect(answer.status == 3)
    #expect(answer.output.split(separator: "\r\n").count == 193)
  }

  // MARK: Output that ends early

  @Test func aReaderThatGoesEndsItQuietly() throws {
    defer { program.remove() }
    let answer = try program.shell(
      "\"$shapefinder\" enumerate figure8 --no-store --format ndjson | head -n 2; echo ${PIPESTATUS[0]}")
    #expect(answer.output.split(separator: "\n").count == 3)
    #expect(answer.output.hasSuffix("\n0\n"))
    #expect(!answer.errors.contains("error"))
  }

  @Test func aFullOutputIsAnErrorAndTheRunIsMarked() throws {
    defer { program.remove() }
    let answer = try program.shell("\"$shapefinder\" enumerate small --store s.sqlite --format csv > /dev/full")
    #expect(answer.status == 75)
    #expect(answer.errors.contains("error: cannot write the output: No space left on device"))
    #expect(try program.sqlite("s.sqlite", "SELECT status FROM run") == "failed")
    #expect(try program.sqlite("s.sqlite", "PRAGMA integrity_check") == "ok")
  }
}
