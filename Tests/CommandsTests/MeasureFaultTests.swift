import Foundation
import Testing

/// Sweeps in which workers, parents, disks and libraries fail.
@Suite(.serialized) final class MeasureFaultTests {
  let program: Program

  init() throws { program = try Program() }
  deinit { program.remove() }

  private func start(_ count: Int, environment: [String: String] = [:]) throws -> Process {
    let process = program.process(
      ["measure"] + Program.tinyGrid(count) + Program.quick + ["--store", "s.sqlite"],
      environment: environment)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  @Test(.timeLimit(.minutes(3))) func aParentKilledTwentyTimesLosesNothingAndMeasuresNothingTwice() throws {
    let shapes = 200
    let own = try program.ownWorker()
    func stored() throws -> Int {
      guard FileManager.default.fileExists(atPath: program.path("s.sqlite")) else { return 0 }
      let answer = try program.shell("sqlite3 s.sqlite 'SELECT count(*) FROM evidence' 2> /dev/null")
      return Int(answer.output.trimmingCharacters(in: .newlines)) ?? 0
    }
    var known = 0
    for _ in 0..<20 {
      let process = try start(shapes, environment: ["SHAPEFINDER_WORKER": own])
      // At some moment of one of the trials after the first that is new.
      try wait { try stored() > known }
      usleep(UInt32.random(in: 0...60_000))
      #expect(process.isRunning)
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      let count = try stored()
      #expect(count > known, "what was stored is gone")
      known = count
    }
    #expect(known < shapes)
    // Workers end with their parent, none is left to run on.
    try wait { Program.processes(of: own).isEmpty }
    let last = try program.sweep(shapes, "--store", "s.sqlite", environment: ["SHAPEFINDER_WORKER": own])
    #expect(last.status == 0, "\(last.errors)")
    try program.holds(shapes)
    #expect(
      try program.sqlite("s.sqlite", "SELECT count(*), count(DISTINCT configuration_id), min(outcome) FROM trial")
        == "\(shapes)|\(shapes)|completed")
    #expect(try program.sqlite("s.sqlite", "SELECT count(*) FROM evidence_detail") == "\(shapes)")
    #expect(try program.sqlite("s.sqlite", "SELECT count(*) FROM run WHERE status = 'running'") == "0")
    #expect(
      try program.sqlite("s.sqlite", "SELECT new_rows + confirmed_rows FROM run ORDER BY id DESC LIMIT 1")
        == "\(shapes)")
  }

  @Test(.timeLimit(.minutes(2))) func aSweepOutlivesItsWorkersAndKeepsTheirFailures() throws {
    // Every third trial is killed, every fifth crashes.
    let script = try program.workerScript(
      """
      n=$(cat count 2> /dev/null || echo 0); n=$((n + 1)); echo $n > count
      [ $((n % 3)) -ne 0 ] || kill -KILL $$
      [ $((n % 5)) -ne 0 ] || kill -SEGV $$
      exec "$real"
      """)
    let first = try program.sweep(
      10, "--store", "s.sqlite", "--format", "ndjson", environment: ["SHAPEFINDER_WORKER": script])
    #expect(first.status == 75)
    #expect(first.errors.contains("3 of 10 trials failed for want of memory or by a signal; the same command measures"))
    #expect(first.errors.contains("and 2 others only with --retry-failed"))
    let rows = try first.lines()
    #expect(rows.count == 10)
    #expect(rows.count { $0["error"] != nil } == 5)
    #expect(
      try program.sqlite("s.sqlite", "SELECT why FROM trials WHERE outcome = 'failed' AND shape LIKE '32x1x40 %'")
        == "crashed: the worker crashed with signal 11 (Segmentation fault)")
    try program.holds(5)
    // A failure of the question is known like any other outcome; what the system killed is measured again.
    let second = try program.sweep(10, "--store", "s.sqlite")
    #expect(second.status == 1)
    #expect(second.errors.contains("7 of them known already"))
    #expect(try program.sqlite("s.sqlite", "SELECT count(*) FROM trial") == "13")
    let third = try program.sweep(10, "--store", "s.sqlite", "--retry-failed")
    #expect(third.status == 0, "\(third.errors)")
    try program.holds(10)
    #expect(try program.sqlite("s.sqlite", "SELECT count(*) FROM trial") == "15")
  }

  @Test func aHangIsEndedAndTheSweepGoesOn() throws {
    let script = try program.workerScript(
      #"""
      [ -e hung ] && exec "$real"
      touch hung; exec sleep 100
      """#)
    let answer = try program.sweep(
      2, "--store", "s.sqlite", "--timeout", "1.5", environment: ["SHAPEFINDER_WORKER": script])
    #expect(answer.status == 1)
    #expect(
      try program.sqlite("s.sqlite", "SELECT outcome, why FROM trials ORDER BY id")
        == "failed|timed-out: it took longer than 1.50 s\ncompleted|")
  }

  @Test func aSignalStopsTheWorkerAndTheSameCommandGoesOn() throws {
    let own = try program.ownWorker()
    let process = try start(200, environment: ["SHAPEFINDER_WORKER": own])
    try wait {
      let count = try program.shell("[ -e s.sqlite ] && sqlite3 s.sqlite 'SELECT count(*) FROM trial' 2> /dev/null")
        .output
      return Int(count.trimmingCharacters(in: .newlines)) ?? 0 >= 2
    }
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 130)
    #expect(Program.processes(of: own).isEmpty)
    let kept = try #require(Int(try program.sqlite("s.sqlite", "SELECT count(*) FROM trial")))
    #expect(try program.sqlite("s.sqlite", "SELECT status, new_rows FROM run") == "interrupted|\(kept)")
    let rest = try program.sweep(kept + 1, "--store", "s.sqlite")
    #expect(rest.errors.contains("\(kept) of them known already"), "\(rest.errors)")
    try program.holds(kept + 1)
  }

  /// Words with blanks in quotes, for a script that itself stands in single ones.
  private static func quoted(_ word: String) -> String { word.contains(" ") ? "\"\(word)\"" : word }

  // MARK: - What is missing

  @Test func aMissingWorkerIsACodeOfItsOwn() throws {
    let answer = try program.measure(
      "--depth", "1", "--store", "s.sqlite", environment: ["SHAPEFINDER_WORKER": "/nowhere"])
    #expect(answer.status == 69)
    #expect(answer.errors.contains("/nowhere is missing") && answer.errors.contains("swift build"))
    #expect(answer.output.isEmpty)
  }

  /// Whether the system lets a test see other files than the rest of it does.
  private static let hasNamespaces: Bool = {
    let program = try? Program()
    defer { program?.remove() }
    return (try? program?.shell("unshare -rm true || unshare -m true").status) == 0
  }()

  @Test(.enabled(if: hasNamespaces)) func aMissingLibraryIsACodeOfItsOwn() throws {
    let command = (["measure", "--depth", "1"] + Program.tinyShape + Program.quick).map(Self.quoted).joined(
      separator: " ")
    let answer = try program.shell(
      """
      run='for file in $(ldconfig -p | sed -n "s/.*\\(libdnnl\\|libopenblas\\)\\.so.* => //p"); do mount --bind /dev/null $file; done
      "$shapefinder" \(command) --store s.sqlite; echo "exit $?"
      "$shapefinder" \(command) --products openblas --no-store; echo "exit $?"
      "$shapefinder" check ViT-B/16 > /dev/null; echo "exit $?"'
      unshare -rm bash -c "$run" || unshare -m bash -c "$run"
      """)
    #expect(answer.output == "exit 69\nexit 69\nexit 0\n", "\(answer.errors)")
    #expect(answer.errors.contains("apt-get install"))
  }

  @Test(.enabled(if: hasNamespaces), .timeLimit(.minutes(2))) func aFullDiskKeepsEveryTrialThatWasStored() throws {
    let command = (["measure"] + Program.tinyGrid(40) + Program.quick).map(Self.quoted).joined(separator: " ")
    let answer = try program.shell(
      """
      run='mkdir disk; mount -t tmpfs -o size=1300k tmpfs disk
      "$shapefinder" \(command) --store disk/s.sqlite --format ndjson > rows; echo "exit $?"
      sqlite3 disk/s.sqlite "PRAGMA integrity_check; SELECT count(*) > 0, count(*) < 40, count(*) + 1 = $(wc -l < rows) FROM evidence"
      mount -o remount,size=80m disk
      "$shapefinder" \(command) --store disk/s.sqlite > /dev/null; echo "exit $?"
      sqlite3 disk/s.sqlite "PRAGMA integrity_check; SELECT count(*), max(revision) FROM evidence; SELECT count(*) FROM trial"'
      unshare -rm bash -c "$run" || unshare -m bash -c "$run"
      """)
    #expect(answer.output == "exit 75\nok\n1|1|1\nexit 0\nok\n40|1\n40\n", "\(answer.errors)")
    #expect(answer.errors.contains("is full"))
  }
}
