import Evidence
import Foundation
import VisionTransformer

/// Rows stored a second, compared with the least that SQLite needs: a prepared-insert loop over the same tables.
public enum StoreBenchmark {
  /// Rows a second over several rounds.
  public struct Rate: Sendable, Hashable {
    /// Rows of one round.
    public var rows: Int
    /// Rows a second of each round, in order.
    public var rounds: [Double]

    /// The median round; for an even number, the lower of the middle two.
    public var median: Double { rounds.isEmpty ? 0 : rounds.sorted()[(rounds.count - 1) / 2] }
    /// The slowest round.
    public var minimum: Double { rounds.min() ?? 0 }
    /// The fastest round.
    public var maximum: Double { rounds.max() ?? 0 }
    /// Number of rounds.
    public var count: Int { rounds.count }
  }

  /// Both rates.
  public struct Comparison: Sendable, Hashable {
    /// The bare prepared-insert loop, with all rows in one transaction.
    public var bare: Rate
    /// The store, in its own batches.
    public var store: Rate
    /// The median over the rounds of the store's rate divided by the bare loop's in the same round; the target is 0.8
    /// (Architecture, "Speed targets"). The two run right after each other, so that a busy machine slows both.
    public var ratio: Double {
      let ratios = zip(store.rounds, bare.rounds).map { $1 > 0 ? $0 / $1 : 0 }
      return Rate(rows: store.rows, rounds: ratios).median
    }
  }

  /// Rows a second of the store on a fresh file in `directory`.
  ///
  /// - Throws: `StoreError`, such as a full disk.
  public static func store(rows: Int, directory: String = NSTemporaryDirectory()) throws(StoreError) -> Double {
    try store(sample(rows: rows), directory: directory)
  }

  /// Rows a second of a bare prepared-insert loop on a fresh file in `directory`.
  ///
  /// - Throws: `StoreError`, such as a full disk.
  public static func bare(rows: Int, directory: String = NSTemporaryDirectory()) throws(StoreError) -> Double {
    try bare(sample(rows: rows), directory: directory)
  }

  /// Runs both loops alternately on fresh files in `directory`, after one uncounted round.
  ///
  /// - Throws: `StoreError`, such as a full disk.
  public static func compare(
    rows: Int, rounds: Int = 5, directory: String = NSTemporaryDirectory()
  ) throws(StoreError) -> Comparison {
    let sample = sample(rows: rows)
    var bareRates: [Double] = [], storeRates: [Double] = []
    for round in 0...max(rounds, 1) {
      // The two take turns at going first.
      let early = round % 2 == 0 ? try bare(sample, directory: directory) : try store(sample, directory: directory)
      let late = round % 2 == 0 ? try store(sample, directory: directory) : try bare(sample, directory: directory)
      if round > 0 {
        bareRates.append(round % 2 == 0 ? early : late)
        storeRates.append(round % 2 == 0 ? late : early)
      }
    }
    return Comparison(bare: Rate(rows: rows, rounds: bareRates), store: Rate(rows: rows, rounds: storeRates))
  }

  /// Rows a second of the store, including a run, its writer, all checks and look-ups, and every commit.
  static func store(_ rows: [StepResult], directory: String) throws(StoreError) -> Double {
    try withTemporaryStore(directory) { store throws(StoreError) in
      let start = ContinuousClock.now
      let run = try store.beginRun(RunDescription(command: "benchmark", modelVersion: "1"))
      let writer = try store.writer(run: run)
      let origin = writer.origin(.estimated, provenance)
      for row in rows {
        try writer.append(
          EvidenceRow(
            configuration: row.configuration, origin: origin, verdict: row.verdict,
            parameterCount: row.parameterCount, memory: row.memory, flopsPerImage: row.flopsPerImage,
            stepSeconds: row.stepSeconds))
      }
      try writer.flush()
      try store.finishRun(run)
      return try rate(rows.count, since: start, of: store)
    }
  }

  /// Rows a second of two prepared inserts for each row in one transaction, on a separate connection with the store's
  /// settings. Row numbers are known in advance; nothing is looked up, checked or counted.
  static func bare(_ rows: [StepResult], directory: String) throws(StoreError) -> Double {
    try withTemporaryStore(directory) { store throws(StoreError) in
      let run = try store.beginRun(RunDescription(command: "benchmark", modelVersion: "1"))
      let (settings, provenanceID) = try store.write { db in
        var numbers = KnownRows()
        let settings = try rows.map { row in
          try numbers.number(of: row.configuration.setting) { try EvidenceSQL.setting($0, in: db) }
        }
        return (settings, try EvidenceSQL.provenance(.estimated, provenance, in: db))
      }
      let loop = try BareInsertLoop(path: store.path)
      let start = ContinuousClock.now
      try loop.insert(rows, settings: settings, provenance: provenanceID, run: run)
      return try rate(rows.count, since: start, of: store)
    }
  }

  private static func rate(
    _ rows: Int, since start: ContinuousClock.Instant, of store: EvidenceStore
  ) throws(StoreError) -> Double {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let stored = try store.count()
    guard stored == rows else { throw .failure(path: store.path, detail: "\(stored) of \(rows) rows were stored") }
    return Double(rows) / seconds
  }

  private static func withTemporaryStore(
    _ directory: String, _ body: (EvidenceStore) throws(StoreError) -> Double
  ) throws(StoreError) -> Double {
    let folder = directory + "/store-benchmark-" + UUID().uuidString
    try StoreError.mapping(folder) {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let store = try EvidenceStore.open(path: folder + "/benchmark.sqlite", mode: .create)
    let rate = try body(store)
    try store.close()
    return rate
  }

  private static let provenance = Provenance(
    source: "shapefinder model", version: "1", speaksFor: "libtpu 0.0.17.1")

  /// Distinct results as an enumeration produces them: three settings, depth innermost, sizes of realistic magnitude.
  static func sample(rows: Int) -> [StepResult] {
    let settings: [(Head, Optimizer)] = [(.token, .adam), (.map, .adamHalf), (.map, .adafactor)]
    var results: [StepResult] = []
    results.reserveCapacity(rows)
    var block = 0
    while results.count < rows {
      let (head, optimizer) = settings[block % 3]
      let width = 512 + 64 * (block / 3 % 33), mlpWidth = 1024 + 128 * (block / 99)
      for depth in 1...min(100, rows - results.count) {
        let parameters = depth * (4 * width * width + 2 * width * mlpWidth) + width * 29_593
        let part = Bytes(parameters * 4), activations = Bytes(depth * width * 54_272)
        results.append(
          StepResult(
            configuration: Configuration(
              shape: Shape(width: width, depth: depth, mlpWidth: mlpWidth, heads: 16, patch: 14), head: head,
              optimizer: optimizer),
            evidence: .estimated, verdict: depth % 3 == 0 ? .fits : .doesNotFit, parameterCount: parameters,
            memory: MemoryBreakdown(
              total: part + part + activations, limit: Bytes(16_621_780_992), livePeak: part + part,
              arguments: part + part, parameters: part, optimizerState: part, inputs: Bytes(4_816_896),
              temporaries: activations, activations: activations, gradients: part, workspace: Bytes(51_380_224),
              packing: Bytes(depth * 1_048_576), code: Bytes(73_400_320), paddingWaste: activations),
            flopsPerImage: FLOPs(512.37 * Double(parameters)), stepSeconds: Seconds(1.37e-10 * Double(parameters)),
            provenance: provenance))
      }
      block += 1
    }
    return results
  }
}
