import Foundation
import Testing

/// Grids that tasks share, from the plan to the store, with the real program as every task.
@Suite struct SweepCommandTests {
  private let program: Program

  init() throws { program = try Program() }

  /// Runs a script in which `$shapefinder` is the program, and fails the test where a command fails.
  private func run(_ script: String) throws -> Program.Answer {
    let answer = try program.shell("set -eu\n" + script)
    #expect(answer.status == 0, "\(answer.errors)")
    return answer
  }

  @Test func theCollectedStoreIsThatOfOneProcess() throws {
    defer { program.remove() }
    let answer = try run(
      """
      "$shapefinder" enumerate small --store one.sqlite -q > /dev/null
      "$shapefinder" sweep plan --tasks 5 enumerate small
      for i in 1 2 3 4 5; do PARALLEL_SEQ=$i "$shapefinder" enumerate small --shard auto/5 -q > /dev/null; done
      "$shapefinder" sweep status
      "$shapefinder" sweep collect --store many.sqlite -q --format csv
      "$shapefinder" runs export --store one.sqlite -o one.ndjson
      "$shapefinder" runs export --store many.sqlite -o many.ndjson
      cmp one.ndjson many.ndjson
      "$shapefinder" sweep collect --store many.sqlite -q --format csv
      "$shapefinder" runs import shards/*.ndjson --store other.sqlite -q --format csv
      """)
    #expect(answer.errors.contains("192 of 192 configurations done"), "\(answer.errors)")
    #expect(answer.output.contains(",192,0,0,0,0\r\n"), "\(answer.output)")
    // Once more changes nothing.
    #expect(answer.output.contains("2,shards/enumerate-small-0001-of-0005.ndjson and 4 more,0,192,0,0,0\r\n"))
    #expect(try program.sqlite("other.sqlite", "SELECT count(*) FROM run; SELECT count(*) FROM evidence") == "1\n192")
  }

  @Test func statusSaysWhatIsMissingAndTheExitCodeWhetherToGoOn() throws {
    defer { program.remove() }
    _ = try run("\"$shapefinder\" sweep plan --tasks 4 enumerate small")
    func status() throws -> Program.Answer { try program.run("sweep", "status", "--format", "ndjson") }
    let none = try status()
    #expect(none.status == 75 && none.errors.contains("tasks 1-4"), "\(none.errors)")
    _ = try run(
      "for i in 1 3; do \"$shapefinder\" enumerate small --shard $i/4 > /dev/null; done; "
        + "truncate -s -100 shards/enumerate-small-0003-of-0004.ndjson")
    let some = try status()
    #expect(some.status == 75 && some.errors.contains("to be run again: tasks 2-4"), "\(some.errors)")
    #expect(some.errors.contains("1 file ends in a line that was cut off"))
    let rows = try some.lines()
    #expect(rows.map { $0["shard"] as? Int } == [1, 2, 3, 4])
    #expect(rows.map { $0["missing"] as? Int }.prefix(1) == [0] && rows[2]["missing"] as? Int == 1)
    let collected = try program.run("sweep", "collect", "--store", "s.sqlite")
    #expect(collected.status == 65 && collected.errors.contains("the last line was cut off"), "\(collected.errors)")
    let imported = try program.shell("\"$shapefinder\" runs import shards/*.ndjson --store t.sqlite")
    #expect(imported.status == 65 && imported.errors.contains("the file ends in the middle of this line"))
    _ = try run("for i in 2 3 4; do \"$shapefinder\" enumerate small --shard $i/4 > /dev/null; done")
    #expect(try status().status == 0)
  }

  @Test func aPlanOfAnotherGridIsRefused() throws {
    defer { program.remove() }
    _ = try run(
      """
      "$shapefinder" sweep plan --tasks 2 enumerate small
      sed -i 's/"small"/"figure8"/' sweep.json
      """)
    let answer = try program.run("sweep", "status")
    #expect(answer.status == 65 && answer.errors.contains("has other configurations than when it was planned"))
  }

  @Test func measuredShardsAreTheMeasuredGrid() throws {
    defer { program.remove() }
    let grid = (Program.tinyGrid(6) + Program.quick).map { "'\($0)'" }.joined(separator: " ")
    let answer = try run(
      """
      "$shapefinder" sweep plan --tasks 2 measure \(grid)
      for i in 1 2; do "$shapefinder" measure \(grid) --shard $i/2 > /dev/null; done
      "$shapefinder" sweep status
      "$shapefinder" measure \(grid) --shard 1/2 > /dev/null
      "$shapefinder" sweep collect --store s.sqlite
      """)
    #expect(answer.errors.contains("6 of 6 configurations done"), "\(answer.errors)")
    try program.holds(6)
  }

  @Test func aTaskThatIsToldToGoKeepsWhatItHasAndIsToBeTriedAgain() throws {
    defer { program.remove() }
    let script = try program.workerScript(
      #"[ $(ls done-* 2> /dev/null | wc -l) -lt 3 ] || exec sleep 100; touch done-$$; exec "$real""#)
    let process = program.process(
      ["measure"] + Program.tinyGrid(8) + Program.quick + ["--output", "a.ndjson"],
      environment: ["SHAPEFINDER_WORKER": script])
    process.standardOutput = FileHandle.nullDevice
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    try wait { try program.shell("cat a.ndjson.*.journal 2> /dev/null | wc -l").output.contains("3") }
    kill(process.processIdentifier, SIGTERM)
    let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 75 && said.contains("interrupted: a.ndjson: 3 results"), "\(said)")
    #expect(try program.shell("ls a.ndjson*").output == "a.ndjson\n")
    // The same again does the rest.
    let rest = try program.run(["measure"] + Program.tinyGrid(8) + Program.quick + ["--output", "a.ndjson"])
    #expect(rest.status == 0 && rest.errors.contains("3 known already"), "\(rest.errors)")
    #expect(try program.shell("wc -l < a.ndjson").output == "8\n")
  }

  @Test func theScriptOfAnArrayIsOneForBash() throws {
    defer { program.remove() }
    let answer = try run(
      """
      "$shapefinder" sweep plan --tasks 16 compile --grid small --memory --jobs 2
      "$shapefinder" sweep submit --print --at-once 4 --sbatch=--partition=cpu | tee script
      bash -n script
      """)
    for line in [
      "#SBATCH --array=1-16%4", "#SBATCH --cpus-per-task=4", "#SBATCH --mem=8192M", "#SBATCH --signal=B:TERM@60",
      "#SBATCH --requeue", "#SBATCH --partition=cpu", "#SBATCH --output=\"shards/%a.log\"",
      "shapefinder compile --grid small --memory --jobs 2 --shard auto/16 --output shards/ &",
    ] { #expect(answer.output.contains(line + "\n"), "\(line)") }
    let part = try program.run("sweep", "submit", "--print", "--tasks", "3,7-9")
    #expect(part.output.contains("#SBATCH --array=3,7-9\n"))
  }

  @Test(arguments: ["50%", #"a\b"#, #"a"b"#]) func aFolderThatSbatchTakesForAnotherIsRefused(folder: String) throws {
    defer { program.remove() }
    #expect(try program.run("sweep", "plan", "--folder", folder, "enumerate", "small").status == 0)
    let answer = try program.run("sweep", "submit", "--print")
    #expect(answer.status == 64 && answer.errors.contains("another --folder"), "\(answer.errors)")
    #expect(answer.output == "")
  }

  @Test(arguments: [
    ("enumerate small --shard 9/8", 64, "the first is 1/8, the last 8/8"),
    ("enumerate small --shard auto", 64, "none of SLURM_ARRAY_TASK_ID"),
    ("measure ViT-S/16 --shard 1/2", 64, "--shard and --output are for a grid"),
    ("measure --configurations x --shard 1/2", 64, "dealt out by its lines"),
    ("compile --configurations x --shard 1/2", 64, "dealt out by its lines"),
    ("compile --grid small --frontier --shard 1/2", 64, "compile the grid without --frontier"),
    ("sweep plan compile --grid small --frontier", 64, "compile the grid without --frontier"),
    ("sweep plan measure ViT-S/16", 64, "are for a grid"),
    ("enumerate small --output x --store s.sqlite", 64, "--output takes the place of a store"),
    ("sweep plan check ViT-G/14", 64, "give enumerate, compile or measure with a grid"),
    ("sweep plan enumerate small --shard 1/2", 64, "without --shard"),
    ("sweep status", 65, "`shapefinder sweep plan` writes such a file"),
    ("sweep submit --print --tasks 3-", 64, "give numbers and ranges"),
    (
      "sweep plan --tasks 2 compile --width 64 --depth 1..2 --heads 1 --mlp-width 64 --patch 16 --device cpu", 64, "cpu"
    ),
  ])
  func errorsSayWhatToDo(command: String, status: Int32, message: String) throws {
    defer { program.remove() }
    let answer = try program.shell("\"$shapefinder\" \(command)")
    #expect(answer.status == status && answer.errors.contains(message), "\(answer.status): \(answer.errors)")
    #expect(answer.output == "")
  }
}
