import Foundation
import VisionTransformer
import WorkerProcess

/// `shapefinder-worker serve`: runs steps on demand, for programs that time them beside something else.
///
/// The first line is `{"configuration": {...}, "threads": 2, "products": "onednn"}`, a request like a trial's (its
/// timing keys are ignored). The answer is `{"ready": true, "plannedBytes": ..., "beyondBytes": ...}`: the second is
/// the resident memory above the baseline without parameters, gradients and optimizer state, after one step. Each
/// further line gets an answer:
/// - `step`: runs one step; `{"seconds": ..., "forward": ..., "backward": ..., "update": ..., "loss": ...}`;
/// - `replay`: runs the step's matrix products alone; `{"replaySeconds": ..., "stepProductSeconds": ...}`, with OpenBLAS and with the
///   step's own library;
/// - `memory`: the bytes, planned, high-water and resident, and their parts;
/// - `quit`: ends.
///
/// A request that fails gets `{"error": "..."}`.
struct WorkerService {
  private let output: WorkerOutput

  init(_ output: WorkerOutput) { self.output = output }

  private struct Ready: Encodable {
    var ready = true
    var plannedBytes: Bytes
    var beyondBytes: Bytes?
    var library: String
    var instructions: String
  }

  private struct Step: Encodable {
    var seconds, forward, backward, update: Seconds
    var loss: Double
  }

  private struct Replay: Encodable {
    var replaySeconds, stepProductSeconds: Seconds
  }

  private struct Memory: Encodable {
    var plannedBytes, highWaterBytes: Bytes
    var residentBytes, beyondBytes: Bytes?
    var parts: MemoryBreakdown
  }

  private struct Refusal: Encodable {
    var error: String
  }

  func run() -> WorkerMain.Status {
    guard let line = readLine() else { return .badData }
    let request: TrialRequest
    do throws(ConfigurationError) {
      request = try TrialRequest(json: Array(line.utf8), catalog: try WorkerMain.bundledCatalog())
    } catch {
      output.write(Refusal(error: "\(error)"))
      return .badData
    }
    do throws(MeasurementError) {
      let runner = try StepRunner(request.configuration, options: request.options)
      // Pages are allocated when they are first touched.
      _ = runner.step()
      output.write(
        Ready(
          plannedBytes: runner.plannedBytes, beyondBytes: runner.beyondBytes, library: runner.library,
          instructions: Machine.instructions))
      return serve(runner)
    } catch {
      output.write(Refusal(error: "\(error)"))
      if case .missingLibrary = error { return .missingLibrary }
      return .badData
    }
  }

  private func serve(_ runner: StepRunner) -> WorkerMain.Status {
    while let line = readLine() {
      switch line.trimmingCharacters(in: .whitespaces) {
      case "": continue
      case "quit": return .answered
      case "step":
        let t = runner.step()
        output.write(
          Step(seconds: t.total, forward: t.forward, backward: t.backward, update: t.update, loss: Double(t.loss)))
      case "memory":
        output.write(
          Memory(
            plannedBytes: runner.plannedBytes, highWaterBytes: runner.allocatedBytes,
            residentBytes: runner.residentBytes, beyondBytes: runner.beyondBytes, parts: runner.breakdown))
      case "replay":
        do throws(MeasurementError) {
          output.write(
            Replay(
              replaySeconds: try runner.replayProducts(with: .openBLAS),
              stepProductSeconds: try runner.replayProducts(with: runner.products)))
        } catch {
          output.write(Refusal(error: "\(error)"))
        }
      case let other:
        output.write(Refusal(error: "\(LooseValue.string(other)) is no command: step, replay, memory, quit"))
      }
    }
    return .answered
  }
}

extension StepRunner {
  /// Resident bytes above the baseline, minus parameters, their gradients and the optimizer's state, which any program
  /// must hold.
  var beyondBytes: Bytes? {
    guard let resident = residentBytes, let parameters = breakdown.parameters, let state = breakdown.optimizerState
    else {
      return nil
    }
    return resident - parameters - parameters - state
  }
}
