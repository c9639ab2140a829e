import Answers
import Evidence
import EvidenceStore
import Foundation
import Hummingbird
import Logging
import NIOPosix
import Synchronization

/// What all requests share.
final class ServiceState: Sendable {
  let configuration: ServiceConfiguration
  let metrics: MetricsRegistry
  /// Where answers are calculated, so that no event loop waits for one.
  let workers: NIOThreadPool
  let kept: KeptAnswers
  /// Answers that are worked at or waited for.
  let waiting = Atomic<Int>(0)
  let streams = Atomic<Int>(0)
  let imports = Atomic<Int>(0)
  /// Who may start and cancel sweeps.
  let access: Access
  /// What does them; nil without a store.
  let sweeps: SweepRunner?
  /// Changes whenever an answer that nothing stored decides could be another one.
  let answersVersion: String
  private let sweepsAsRead = ReadOnce<[Sweep]>()
  private let compilesAsRead = ReadOnce<KnownCompiles>()

  /// - Parameter host: the address that it is reached at.
  init(_ configuration: ServiceConfiguration, host: String, logger: Logger) {
    self.configuration = configuration
    metrics = configuration.metrics
    answersVersion = configuration.answersVersion
    access = Access(host: host, token: configuration.token)
    sweeps = configuration.storePath.map { SweepRunner(configuration, path: $0, logger: logger) }
    workers = NIOThreadPool(numberOfThreads: max(1, ProcessInfo.processInfo.activeProcessorCount))
    kept = KeptAnswers(most: configuration.limits.keptBytes)
  }

  /// Whether answers take in what a store holds.
  var hasStore: Bool { configuration.storePath != nil }

  /// Where what is changed is kept.
  ///
  /// - Parameter what: begins the sentence where there is none, such as `sweeps need`.
  /// - Throws: `Problem` where there is no store.
  func neededStore(_ what: String) throws(Problem) -> String {
    guard let path = configuration.storePath else {
      throw Problem(.conflict, "\(what) a store: start the service without --no-store, or with --store PATH")
    }
    return path
  }

  /// The store, made where there is none.
  ///
  /// - Throws: `StoreError`.
  func openToWrite(_ path: String) throws(StoreError) -> EvidenceStore {
    if configuration.makesFolder {
      try? FileManager.default.createDirectory(
        at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
    }
    return try EvidenceStore.open(path: path, mode: .create)
  }

  /// Lets `body` look something up in the store; nil where there is none, or nothing in it.
  ///
  /// - Throws: `StoreError`, and what `body` throws.
  func glance<Value>(_ body: (EvidenceStore) throws -> Value) throws -> Value? {
    try configuration.storePath.flatMap { try EvidenceStore.glance(at: $0, body) }
  }

  /// What compilers said, read again where the store has changed; nil without a store.
  ///
  /// - Throws: `StoreError`.
  func knownCompiles() throws -> KnownCompiles? {
    guard let storeStamp else { return nil }
    return try compilesAsRead.value(storeStamp) {
      try glance { try KnownCompiles(configuration.catalog, in: $0) } ?? KnownCompiles(configuration.catalog)
    }
  }

  /// Every sweep, newest first, read again where the store has changed: a hundred listeners are no hundred readers.
  ///
  /// - Throws: `StoreError`.
  func knownSweeps() throws -> [Sweep] {
    guard let storeStamp else { return [] }
    return try sweepsAsRead.value(storeStamp) { [sweeps] in
      try glance { try $0.sweeps() }?.map { sweep in
        var sweep = sweep
        if !sweep.status.isOver { sweep.error = sweeps?.delay(of: sweep.id) }
        return sweep
      } ?? []
    }
  }

  /// The sweep of that number; nil where there is none.
  ///
  /// - Throws: `StoreError`.
  func sweep(_ id: Int) throws -> Sweep? { try knownSweeps().first { $0.id == id } }

  /// What compiles of before took.
  ///
  /// - Throws: `StoreError`.
  func compileTimes() throws -> [EvidenceStore.CompileTime] { try glance { try $0.compileTimes() } ?? [] }

  /// What the store looks like from outside; equal where nothing was stored meanwhile.
  var storeStamp: StoreStamp? {
    configuration.storePath.map { StoreStamp($0, delays: sweeps?.delaysRevision ?? 0) }
  }
}

/// What was read of a store, read again where the store has changed.
final class ReadOnce<Value: Sendable>: Sendable {
  private let latest = Mutex<(stamp: StoreStamp, value: Value)?>(nil)

  /// The value at a stamp, which was taken before it is read.
  func value(_ stamp: StoreStamp, _ read: () throws -> Value) rethrows -> Value {
    if let latest = latest.withLock({ $0 }), latest.stamp == stamp { return latest.value }
    let value = try read()
    latest.withLock { $0 = (stamp, value) }
    return value
  }
}

/// Size and time of a store's files, and what is known beside them.
struct StoreStamp: Hashable, Sendable {
  private var parts: [Int]

  /// - Parameter delays: changes whenever what is said of sweeps that wait does.
  init(_ path: String, delays: Int = 0) {
    parts = [delays]
    for file in [path, path + "-wal"] {
      var status = stat()
      guard stat(file, &status) == 0 else {
        parts += [0, 0, 0]
        continue
      }
      parts += [Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    }
  }
}
