import Evidence
import EvidenceStore
import Foundation
import GRDB
import Testing
import VisionTransformer

/// A folder of its own for each test, removed at the end.
func withFolder(_ body: (String) throws -> Void) throws {
  let folder = NSTemporaryDirectory() + "/evidence-store-" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  try body(folder)
}

let viTG = Shape(width: 1664, depth: 48, mlpWidth: 8192, heads: 16, patch: 14)

/// ViT-G/14 at `depth` as an estimate.
func estimate(
  depth: Int = 48, width: Int = 1664, version: String = "1", verdict: Verdict = .fits, head: Head = .map,
  optimizer: VisionTransformer.Optimizer = .adafactor, notes: [String] = []
) -> StepResult {
  let shape = Shape(width: width, depth: depth, mlpWidth: 8192, heads: 16, patch: 14)
  return StepResult(
    configuration: VisionTransformer.Configuration(shape: shape, head: head, optimizer: optimizer),
    evidence: .estimated, verdict: verdict, parameterCount: depth * 38_348_288 + 86_000_000,
    memory: MemoryBreakdown(
      total: Bytes(depth * 300_000_000), limit: Bytes(16_621_780_992), livePeak: Bytes(depth * 310_000_000),
      arguments: Bytes(depth * 200_000_000), temporaries: Bytes(depth * 100_000_000)),
    flopsPerImage: FLOPs(20.11e9 * Double(depth)), stepSeconds: Seconds(0.0071 * Double(depth)),
    provenance: Provenance(source: "shapefinder model", version: version, speaksFor: "libtpu 0.0.17.1", notes: notes))
}

/// Everything a result can carry, every part with a value of its own.
func measurement(seconds: Double = 0.4371, time: String = "2026-01-02T03:04:05Z") -> StepResult {
  StepResult(
    configuration: Configuration(
      shape: Shape(width: 192, depth: 12, mlpWidth: 768, heads: 3, patch: 16), shapeName: "ViT-Ti/16", device: "cpu",
      batch: 3, imageSize: 225, head: .token, classes: 1000, optimizer: .adamHalf, precision: .float32,
      gradientClipping: .globalNorm, rematerialization: .full, layers: .scanned, dataParallel: 1,
      memoryLimit: Bytes(7_654_321_987)),
    evidence: .measured, verdict: .uncertain, parameterCount: 5_717_416,
    memory: MemoryBreakdown(
      total: Bytes(1001), limit: Bytes(1002), livePeak: Bytes(1003), arguments: Bytes(1004), parameters: Bytes(1005),
      optimizerState: Bytes(1006), inputs: Bytes(1007), temporaries: Bytes(1008), activations: Bytes(1009),
      gradients: Bytes(1010), workspace: Bytes(0), packing: Bytes(-12), code: Bytes(1 << 57), paddingWaste: Bytes(1013)),
    flopsPerImage: FLOPs(2.5149303e9), stepSeconds: Seconds(seconds),
    provenance: Provenance(
      source: "kernels", version: "0.3", speaksFor: nil, host: "ünïcode 'host'", time: time, isDisturbed: true,
      notes: ["not yet validated", "a \"quoted\" / note; DROP TABLE run", ""]))
}

/// A compile: no step time, few parts known.
func compile(compiler: String = "0.0.17.1", isOfMemoryOnly: Bool = false) -> StepResult {
  StepResult(
    configuration: Configuration(shape: viTG, shapeName: "ViT-G/14"), evidence: .compiled, verdict: .doesNotFit,
    parameterCount: 1_930_000_000, memory: MemoryBreakdown(total: Bytes(23_171_000_000), limit: Bytes(16_621_780_992)),
    flopsPerImage: FLOPs(965.3e9), stepSeconds: nil,
    provenance: Provenance(
      source: "libtpu", version: compiler, speaksFor: "libtpu " + compiler, host: "builder",
      isOfMemoryOnly: isOfMemoryOnly))
}

extension EvidenceStore {
  /// Stores results as a run of their own.
  @discardableResult
  func add(_ results: [StepResult], command: String = "test", grid: String? = nil) throws -> (run: Int, RunCounts) {
    let run = try beginRun(RunDescription(command: command, grid: grid, modelVersion: "1"))
    let (_, counts) = try write(run: run) { writer in
      for result in results { try writer.append(result) }
    }
    try finishRun(run)
    return (run, counts)
  }

  /// Every result of a query.
  func all(_ query: EvidenceQuery = EvidenceQuery()) throws -> [StepResult] {
    let cursor = try results(query)
    var all: [StepResult] = []
    while let result = try cursor.next() { all.append(result) }
    return all
  }
}

/// Runs SQL on a file through a connection that knows nothing of stores.
func sqlite(_ path: String, _ sql: String) throws {
  let queue = try DatabaseQueue(path: path)
  try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
  try queue.close()
}

/// The first column of a query, as texts, NULL as `nil`.
func column(_ path: String, _ sql: String) throws -> [String?] {
  let queue = try DatabaseQueue(path: path)
  defer { try? queue.close() }
  return try queue.read { try Row.fetchAll($0, sql: sql) }.map { row in
    let value: DatabaseValue = row[0]
    return switch value.storage {
    case .null: nil
    case .int64(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let value): value
    case .blob(let value): "\(value)"
    }
  }
}

/// The `StoreError` that `body` throws.
func storeError(_ body: () throws -> Void) -> StoreError? {
  do {
    try body()
    return nil
  } catch { return error as? StoreError }
}
