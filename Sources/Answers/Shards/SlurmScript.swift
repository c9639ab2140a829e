import Foundation
import VisionTransformer

/// The script of a Slurm array that runs the tasks of a plan.
///
/// Source: sbatch(1), scontrol(1).
package struct SlurmScript: Sendable {
  /// The plan.
  package let plan: SweepPlan
  /// The most tasks at once; nil for as many as there is room for.
  package let atOnce: Int?
  /// The numbers of the tasks, as sbatch takes them; nil for all.
  package let tasks: String?
  /// Further options of sbatch, such as `--partition=cpu`.
  package let options: [String]

  /// Seconds between the signal that a task gets and the end of its time.
  private static let grace = 60
  /// How many times a task is put back.
  private static let mostRestarts = 10

  /// A script.
  ///
  /// - Throws: `AnswerError` for a folder that sbatch would take for something else.
  package init(_ plan: SweepPlan, tasks: String?, atOnce: Int?, options: [String]) throws(AnswerError) {
    if let meant = plan.folder.first(where: { "%\\\"\n".contains($0) }) {
      throw AnswerError(
        .invalid,
        "the plan's folder \(plan.folder.debugDescription) has \(String(meant).debugDescription), which sbatch does not take as it "
          + "is: plan it anew with another --folder")
    }
    self.plan = plan
    self.tasks = tasks
    self.atOnce = atOnce
    self.options = options
  }

  /// The script.
  package var text: String {
    // Twice the expected time, and a quarter of an hour at least: a machine may be slower.
    let minutes = max(15, Int((plan.longestTask / 60 * 2).rounded(.up)))
    var lines = ["--job-name=shapefinder", "--array=\(tasks ?? "1-\(plan.tasks)")" + (atOnce.map { "%\($0)" } ?? "")]
    lines += ["--cpus-per-task=\(plan.processors)"]
    if let memory = plan.memory { lines.append("--mem=\(max(1, memory >> 20))M") }
    lines += [
      "--time=\(minutes)", "--signal=B:TERM@\(Self.grace)", "--requeue", "--open-mode=append",
      // Quoted, as sbatch reads it: a folder may have blanks.
      "--output=\"\(plan.folder)/%a.log\"",
    ]
    return """
      #!/bin/bash
      \((lines + options).map { "#SBATCH " + $0 }.joined(separator: "\n"))

      # Slurm's signal comes to this shell, which passes it on: what is finished is kept, and the task can go on later.
      trap 'kill -TERM "$task" 2> /dev/null' TERM
      \(plan.task) &
      task=$!
      wait "$task"; code=$?
      # A signal ends the first wait early.
      while kill -0 "$task" 2> /dev/null; do wait "$task"; code=$?; done

      # \(ExitStatus.tryAgain.rawValue) is for another try: the machine was taken away, its disk was full, or memory ran out.
      if [ "$code" -eq \(ExitStatus.tryAgain.rawValue) ] && [ "${SLURM_RESTART_COUNT:-0}" -lt \(Self.mostRestarts) ]; then
        scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
      fi
      exit "$code"

      """
  }

  /// Writes the script beside the plan and gives it to sbatch.
  ///
  /// - Returns: what sbatch says.
  /// - Throws: `AnswerError`: a missing component if there is no sbatch; to be tried again if it refuses.
  package func submit(beside plan: String) throws -> String {
    let path = (plan.hasSuffix(".json") ? String(plan.dropLast(5)) : plan) + ".sbatch"
    try CompletedFile.write(text, to: path)
    try CompletedFile.makeFolder(of: self.plan.folder + "/log")
    let process = Process(), output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["sbatch", path]
    process.standardOutput = output
    process.standardError = output
    do { try process.run() } catch {
      throw AnswerError(.failure, "sbatch cannot be started: \(error.localizedDescription)")
    }
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    process.waitUntilExit()
    switch process.terminationStatus {
    case 0: return "\(said); the script is \(path)"
    // What env(1) ends with where there is no such program.
    case 127:
      throw AnswerError(
        .missingComponent,
        "sbatch is missing, which Slurm brings: give \(path) to it where there is one, or see --print")
    default: throw AnswerError(.tryAgain, "sbatch refused \(path): \(said)")
    }
  }
}
