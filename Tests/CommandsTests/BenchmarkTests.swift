import Foundation
import Testing

@Suite struct BenchmarkTests {
  private let program: Program

  init() throws { program = try Program() }

  @Test func estimatesTakeConstantMemoryAndSayHowFastTheyAre() throws {
    defer { program.remove() }
    let rows = try program.run("benchmark", "estimates", "--rounds", "2", "--largest", "1e5", "--format", "ndjson")
      .lines()
    #expect(rows.map { $0["count"] as? Int } == [10_000, 100_000, 10_000, 100_000])
    for row in rows {
      let least = try #require(row["minimumSeconds"] as? Double), most = try #require(row["maximumSeconds"] as? Double)
      let median = try #require(row["medianSeconds"] as? Double), rate = try #require(row["rate"] as? Double)
      let count = try #require(row["count"] as? Int)
      #expect(least > 0 && least <= median && median <= most)
      #expect(abs(rate * median / Double(count) - 1) < 1e-9)
      #expect(row["isMet"] is Bool)
      #expect(row["rounds"] as? Int == 2)
    }
    let memory = rows.compactMap { $0["peakMemory"] as? Double }
    #expect(memory[1] < 1.2 * memory[0])
    #expect(memory[3] < 1.2 * memory[2])
  }

  @Test func storedRowsAreHeldAgainstTheBareLoop() throws {
    defer { program.remove() }
    let rows = try program.run("benchmark", "store", "--rounds", "1", "--rows", "2000", "--format", "ndjson").lines()
    #expect(rows.map { $0["benchmark"] as? String } == ["rows inserted by a bare loop", "rows stored"])
    let seconds = rows.compactMap { $0["medianSeconds"] as? Double }
    let ratio = try #require(rows[1]["ratio"] as? Double)
    #expect(abs(ratio - seconds[0] / seconds[1]) < 1e-9)
  }

  @Test func aSweepOfAThousandTasksIsCollectedBesideTheBareLoop() throws {
    defer { program.remove() }
    let rows = try program.run("benchmark", "collect", "--rounds", "1", "--rows", "3000", "--format", "ndjson").lines()
    #expect(
      rows.map { $0["benchmark"] as? String } == [
        "status of 1,000 tasks", "rows inserted by a bare loop", "rows collected of 1,000 tasks",
      ])
    #expect(rows.allSatisfy { $0["count"] as? Int == 3000 })
    #expect(rows[2]["ratio"] is Double && rows[0]["isMet"] as? Bool == true)
  }

  @Test func theWayToTheMapIsTimedInAChildProcess() throws {
    defer { program.remove() }
    let answer = try program.run("benchmark", "map", "--rounds", "1")
    #expect(answer.status == 0)
    #expect(answer.output.contains("launch to figure8 map, stored"))
    #expect(answer.output.contains("met: 60.0 s"))
    // It stores nowhere but in a folder of its own.
    #expect(!FileManager.default.fileExists(atPath: program.path(".local")))
  }

  @Test func answersAreTimedFromLaunchToExitBesideAnEmptyProgram() throws {
    defer { program.remove() }
    let rows = try program.run("benchmark", "launch", "--rounds", "1", "--format", "ndjson").lines()
    #expect(
      rows.map { $0["benchmark"] as? String } == [
        "launch of `true`", "launch to check ViT-G/14", "launch to figure8 map, not stored",
        "launch to optimizers ViT-Ti/16 on cpu",
      ])
    #expect(rows.allSatisfy { $0["rounds"] as? Int == 9 })
    let least = rows.compactMap { $0["minimumSeconds"] as? Double }
    #expect(least.count == rows.count && least.dropFirst().allSatisfy { $0 > least[0] })
    #expect(rows.map { $0["isMet"] is Bool } == [false, true, true, true])
    #expect(!FileManager.default.fileExists(atPath: program.path(".local")))
  }

  @Test func aSelectionIsTimedFromLaunchToExit() throws {
    defer { program.remove() }
    let row = try #require(
      try program.run("benchmark", "select", "--rounds", "1", "--largest", "1e6", "--format", "ndjson").lines().first)
    let count = try #require(row["count"] as? Int), rate = try #require(row["rate"] as? Double)
    #expect(count > 1_000_000 && rate > 0 && row["isMet"] is Bool)
    #expect(!FileManager.default.fileExists(atPath: program.path(".local")))
  }

  @Test(arguments: [["--largest", "1e12"], ["--rounds", "0"], ["speed"], ["--rows", "0"]])
  func wrongUsageIsExplained(arguments: [String]) throws {
    defer { program.remove() }
    let answer = try program.shell("\"$shapefinder\" benchmark " + arguments.joined(separator: " "))
    #expect(answer.status == 64)
    #expect(answer.errors.hasPrefix("error: "))
  }
}
