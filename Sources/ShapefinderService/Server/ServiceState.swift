import Answers
import Evidence
import EvidenceStore
import Foundation
import Hummingbird
import Logging
import NIOPosix
import Synchronization

/// The state that all requests share.
final class ServiceState: Sendable {
  let configuration: ServiceConfiguration
  let metrics: MetricsRegistry
  /// The threads that calculate answers, so that no event loop waits for one.
  let workers: NIOThreadPool
  let kept: KeptAnswers
  /// Number of answers that are calculated or queued.
  let waiting = Atomic<Int>(0)
  let streams = Atomic<Int>(0)
  let imports = Atomic<Int>(0)
  /// Decides who may start and cancel sweeps.
  let access: Access
  /// Runs the sweeps; nil without a store.
  let sweeps: SweepRunner?
  /// A version that changes whenever an answer that does not depend on the store could change.
  ///
  /// It is made when it is first read: it counts every named shape.
  var answersVersion: String {
    latestVersion.withLock { version in
      if let version { return version }
      let made = configuration.answersVersion
      version = made
      return made
    }
  }
  private let latestVersion = Mutex<String?>(nil)
  private let sweepsAsRead = ReadOnce<[Sweep]>()
  private let compilesAsRead = ReadOnce<KnownCompiles>()

  /// - Parameter host: the address that the service listens at.
  init(_ configuration: ServiceConfiguration, host: String, logger: Logger) {
    self.configuration = configuration
    metrics = configuration.metrics
    access = Access(host: host, token: configuration.token)
    sweeps = configuration.storePath.map { SweepRunner(configuration, path: $0, logger: logger) }
    workers = NIOThreadPool(numberOfThreads: max(1, ProcessInfo.processInfo.activeProcessorCount))
    kept = KeptAnswers(most: configuration.limits.keptBytes)
  }

  /// Whether there is a store whose evidence is used for answers.
  var hasStore: Bool { configuration.storePath != nil }

  /// The path of the store that changes are written to.
  ///
  /// - Parameter what: the beginning of the message if there is no store, such as `sweeps need`.
  /// - Throws: `Problem` if there is no store.
  func neededStore(_ what: String) throws(Problem) -> String {
    guard let path = configuration.storePath else {
      throw Problem(.conflict, "\(what) a store: start the service without --no-store, or with --store PATH")
    }
    return path
  }

  /// Opens the store, and creates it if it does not exist.
  ///
  /// - Throws: `StoreError`.
  func openToWrite(_ path: String) throws(StoreError) -> EvidenceStore {
    if configuration.makesFolder {
      try? FileManager.default.createDirectory(
        at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
    }
    return try EvidenceStore.open(path: path, mode: .create)
  }

  /// Reads from the store with `body`; nil if there is no store, or nothing in it.
  ///
  /// - Throws: `StoreError`, and errors from `body`.
  func glance<Value>(_ body: (EvidenceStore) throws -> Value) throws -> Value? {
    try configuration.storePath.flatMap { try EvidenceStore.glance(at: $0, body) }
  }

  /// The known answers of compilers, read again if the store has changed; nil without a store.
  ///
  /// - Throws: `StoreError`.
  func knownCompiles() throws -> KnownCompiles? {
    guard let storeStamp else { return nil }
    return try compilesAsRead.value(storeStamp) {
      try glance { try KnownCompiles(configuration.catalog, in: $0) } ?? KnownCompiles(configuration.catalog)
    }
  }

  /// Every sweep, newest first, read again only if the store has changed, so that a hundred listeners do not cause a
  /// hundred reads.
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

  /// The sweep with a given number; nil if there is none.
  ///
  /// - Throws: `StoreError`.
  func sweep(_ id: Int) throws -> Sweep? { try knownSweeps().first { $0.id == id } }

  /// How long earlier compiles took.
  ///
  /// - Throws: `StoreError`.
  func compileTimes() throws -> [EvidenceStore.CompileTime] { try glance { try $0.compileTimes() } ?? [] }

  /// A fingerprint of the store's files, which stays equal while nothing is stored.
  var storeStamp: StoreStamp? {
    configuration.storePath.map { StoreStamp($0, delays: sweeps?.delaysRevision ?? 0) }
  }
}

/// A value read from a store, which is read again once the store has changed.
final class ReadOnce<Value: Sendable>: Sendable {
  private let latest = Mutex<(stamp: StoreStamp, value: Value)?>(nil)

  /// Returns the value at a stamp; the stamp is taken before the value is read.
  func value(_ stamp: StoreStamp, _ read: () throws -> Value) rethrows -> Value {
    if let latest = latest.withLock({ $0 }), latest.stamp == stamp { return latest.value }
    let value = try read()
    latest.withLock { $0 = (stamp, value) }
    return value
  }
}

/// Sizes and times of a store's files, with a revision of what is known only in memory.
struct StoreStamp: Hashable, Sendable {
  private var parts: [Int]

  /// - Parameter delays: a revision of the reasons why sweeps wait.
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
