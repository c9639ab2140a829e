import Foundation
import Testing

/// Runs that are stopped midway, and stores that cannot accept them.
@Suite struct InterruptedRunTests {
  private let program: Program

  init() throws { program = try Program() }

  /// Large enough to be caught in the middle on any machine.
  private static let grid = ["enumerate", "figure8", "--store", "s.sqlite"]
  private static let count = 356_400

  private func startAndWaitForRows() throws -> Program.Running {
    let running = try program.start(Self.grid[0], Self.grid[1], Self.grid[2], Self.grid[3])
    try wait {
      let count = try program.shell("[ -e s.sqlite-wal ] && sqlite3 s.sqlite 'SELECT count(*) FROM evidence'").output
      return Int(count.trimmingCharacters(in: .newlines)) ?? 0 > 10_000
    }
    return running
  }

  @Test func aSignalKeepsWhatIsStoredAndTheSameCommandStoresTheRest() throws {
    defer { program.remove() }
    let running = try startAndWaitForRows()
    running.signal(SIGINT)
    let stopped = try running.end()
    #expect(stopped.status == 130)
    let kept = try #require(Int(try program.sqlite("s.sqlite", "SELECT count(*) FROM evidence")))
    #expect((10_000..<Self.count).contains(kept))
    #expect(stopped.errors.contains("interrupted: after "))
    #expect(stopped.errors.contains("nothing twice"))
    #expect(
      try program.sqlite("s.sqlite", "SELECT status, new_rows = \(kept), finished IS NOT NULL FROM run")
        == "interrupted|1|1")
    try checkThatTheRestIsStored(after: kept)
  }

  @Test func aKilledRunLosesNothingThatWasCommitted() throws {
    defer { program.remove() }
    let running = try startAndWaitForRows()
    running.signal(SIGKILL)
    _ = try running.end()
    #expect(try program.sqlite("s.sqlite", "PRAGMA integrity_check") == "ok")
    let kept = try #require(Int(try program.sqlite("s.sqlite", "SELECT count(*) FROM evidence")))
    #expect((10_000..<Self.count).contains(kept))
    #expect(try program.sqlite("s.sqlite", "SELECT status FROM run") == "running")
    try checkThatTheRestIsStored(after: kept)
  }

  private func checkThatTheRestIsStored(after kept: Int) throws {
    let again = try program.run(Self.grid[0], Self.grid[1], Self.grid[2], Self.grid[3])
    #expect(again.status == 0)
    #expect(try program.sqlite("s.sqlite", "SELECT id, status FROM run") == "1|interrupted\n2|finished")
    #expect(
      try program.sqlite("s.sqlite", "SELECT new_rows, confirmed_rows, revised_rows FROM run WHERE id = 2")
        == "\(Self.count - kept)|\(kept)|0")
    #expect(try program.sqlite("s.sqlite", "SELECT count(*) FROM evidence") == "\(Self.count)")
    #expect(try program.sqlite("s.sqlite", "SELECT count(*) FROM configuration") == "\(Self.count)")
    #expect(try program.sqlite("s.sqlite", "PRAGMA integrity_check") == "ok")
    #expect(try program.sqlite("s.sqlite", "PRAGMA foreign_key_check") == "")
  }

  @Test(.timeLimit(.minutes(2))) func aSortedSearchThatIsStoppedStoresNothing() throws {
    defer { program.remove() }
    let running = try program.start(
      "enumerate", "--depth", "1..10000", "--width", "64..100000 by 64", "--heads", "8", "--mlp-width",
      "1024..50000 by 8",
      "--patch", "16", "--sort", "total", "--limit", "3", "--store", "s.sqlite")
    try wait { FileManager.default.fileExists(atPath: program.path("s.sqlite")) }
    usleep(300_000)
    running.signal(SIGINT)
    let stopped = try running.end()
    #expect(stopped.status == 130)
    #expect(stopped.output == "")
    #expect(stopped.errors.contains("of 95,641,260,000 configurations; nothing was stored"))
  }

  /// A file system of four megabytes, where the system lets a test make one.
  private static let hasSmallDisk: Bool = {
    let program = try? Program()
    defer { program?.remove() }
    return (try? program?.shell("unshare -rm true || unshare -m true").status) == 0
  }()

  @Test(.enabled(if: hasSmallDisk)) func aFullDiskKeepsEveryCommittedRow() throws {
    defer { program.remove() }
    let answer = try program.shell(
      """
      run='mkdir disk; mount -t tmpfs -o size=8m tmpfs disk
      "$shapefinder" enumerate figure8 --sort depth --limit 100000 --store disk/s.sqlite > /dev/null; echo "exit $?"
      sqlite3 disk/s.sqlite "PRAGMA integrity_check; SELECT count(*) > 0, count(*) < 100000 FROM evidence"
      mount -o remount,size=80m disk
      "$shapefinder" enumerate figure8 --sort depth --limit 100000 --store disk/s.sqlite > /dev/null; echo "exit $?"
      sqlite3 disk/s.sqlite "PRAGMA integrity_check; SELECT count(*) FROM evidence"'
      unshare -rm bash -c "$run" || unshare -m bash -c "$run"
      """)
    #expect(answer.output == "exit 75\nok\n1|1\nexit 0\nok\n100000\n", "\(answer.errors)")
    #expect(answer.errors.contains("is full"))
  }

  // MARK: Readers that go

  @Test(arguments: ["", "--sort=-depth --limit 100000"]) func aReaderThatGoesTakesNothingFromTheStore(sort: String)
    throws
  {
    defer { program.remove() }
    let answer = try program.shell(
      """
      "$shapefinder" enumerate figure8 \(sort) --store s.sqlite --format ndjson | head -n 2 | wc -l
      echo ${PIPESTATUS[0]}
      """)
    let all = sort.isEmpty ? "356400" : "100000"
    #expect(answer.output == "2\n0\n")
    #expect(
      answer.errors.components(separatedBy: "the reader of standard output has gone; what is left is still stored")
        .count
        == 2, "\(answer.errors)")
    #expect(answer.errors.contains("as run 1: \(sort.isEmpty ? "356,400" : "100,000") new"), "\(answer.errors)")
    #expect(try program.sqlite("s.sqlite", "SELECT status, new_rows FROM run") == "finished|\(all)")
    #expect(try program.sqlite("s.sqlite", "SELECT count(*) FROM evidence") == all)
  }

  @Test func answersAreStoredEvenWithoutAReader() throws {
    defer { program.remove() }
    let questions = (1...2000).map { "{\"shape\": \"ViT-B/16\", \"batch\": \($0)}\n" }.joined()
    try program.write("q.ndjson", Data((questions + "nonsense\n").utf8))
    let stored = try program.shell(
      "\"$shapefinder\" check --configurations q.ndjson --store s.sqlite | head -n 1 | wc -l; echo ${PIPESTATUS[0]}")
    // The line that could not be answered still counts.
    #expect(stored.output == "1\n65\n")
    #expect(stored.errors.contains("the reader of standard output has gone"), "\(stored.errors)")
    #expect(try program.sqlite("s.sqlite", "SELECT status, new_rows FROM run") == "finished|2000")
    // Where nothing is stored, there is nothing left to do, and nothing to say.
    let quiet = try program.shell(
      "\"$shapefinder\" check --configurations q.ndjson | head -n 1 | wc -l; echo ${PIPESTATUS[0]}")
    #expect(quiet.output == "1\n0\n" && quiet.errors == "")
  }

  @Test func trialsWithoutAReaderAreNotStartedAndThatIsReported() throws {
    defer { program.remove() }
    let question = """
      {"shape": {"width": 32, "depth": DEPTH, "mlpWidth": 64, "heads": 2, "patch": 16}, "batch": 1, "imageSize": 32,
      "classes": 10, "device": "cpu"}
      """.replacing("\n", with: " ")
    let questions = (1...20).map { question.replacing("DEPTH", with: "\($0)") + "\n" }.joined()
    try program.write("q.ndjson", Data(questions.utf8))
    let answer = try program.shell(
      """
      "$shapefinder" measure --configurations q.ndjson --steps 1 --store s.sqlite | head -n 0
      echo ${PIPESTATUS[0]}
      """)
    #expect(answer.output == "130\n")
    #expect(
      answer.errors.contains("interrupted: the reader of the answers has gone; 1 trial was finished; stored in "),
      "\(answer.errors)")
    #expect(answer.errors.contains("1 new; the same command again measures the rest"), "\(answer.errors)")
    #expect(try program.sqlite("s.sqlite", "SELECT status, new_rows FROM run") == "interrupted|1")
  }

  @Test func aFullOutputSaysWhatWasKept() throws {
    defer { program.remove() }
    let answer = try program.shell("\"$shapefinder\" enumerate figure8 --store s.sqlite --format csv > /dev/full")
    #expect(answer.status == 75)
    #expect(answer.errors.contains("error: cannot write the output: No space left"), "\(answer.errors)")
    let kept = try program.sqlite("s.sqlite", "SELECT status, new_rows FROM run").components(separatedBy: "|")
    #expect(kept.count == 2 && kept[0] == "failed")
    #expect(answer.errors.replacing(",", with: "").contains("as run 1: \(kept.last ?? "?") new"), "\(answer.errors)")
  }

  // MARK: Stores that are not to be written

  @Test func aStoreOfANewerVersionIsRefusedUntouched() throws {
    defer { program.remove() }
    _ = try program.run("enumerate", "small", "--store", "s.sqlite")
    _ = try program.sqlite("s.sqlite", "PRAGMA user_version = 99")
    let before = try Data(contentsOf: URL(filePath: program.path("s.sqlite")))
    for arguments in [["enumerate", "small"], ["map", "small"], ["runs", "list"], ["runs", "export", "1"]] {
      let answer = try program.shell("\"$shapefinder\" \(arguments.joined(separator: " ")) --store s.sqlite")
      #expect(answer.status == 65)
      #expect(answer.errors.contains("schema version 99"), "\(arguments): \(answer.errors)")
      #expect(answer.output == "")
    }
    #expect(try Data(contentsOf: URL(filePath: program.path("s.sqlite"))) == before)
  }

  @Test(arguments: [
    ("printf nonsense-nonsense-nonsense > x", 65), ("sqlite3 x 'CREATE TABLE t (a)'", 65), ("mkdir x", 64),
  ])
  func whatIsNoStoreIsLeftAlone(make: String, status: Int32) throws {
    defer { program.remove() }
    let answer = try program.shell("\(make); \"$shapefinder\" enumerate small --store x")
    #expect(answer.status == status)
    #expect(answer.errors.hasPrefix("error: "))
    #expect(answer.output == "")
  }

  @Test func theDefaultStoreLiesInTheHomeFolder() throws {
    defer { program.remove() }
    #expect(try program.run("enumerate", "small").status == 0)
    #expect(try program.sqlite(".local/share/shapefinder/shapefinder.sqlite", "SELECT count(*) FROM run") == "1")
    let other = try program.run("enumerate", "small", environment: ["SHAPEFINDER_STORE": program.path("own.sqlite")])
    #expect(other.status == 0)
    #expect(try program.sqlite("own.sqlite", "SELECT count(*) FROM evidence") == "192")
  }
}
