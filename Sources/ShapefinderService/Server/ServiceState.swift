import Answers
import EvidenceStore
import Foundation
import Hummingbird
import NIOPosix
import Synchronization

/// What all requests share.
final class ServiceState: Sendable {
  let configuration: ServiceConfiguration
  let metrics = MetricsRegistry()
  /// Where answers are calculated, so that no event loop waits for one.
  let workers: NIOThreadPool
  let kept: KeptAnswers
  /// Answers that are worked at or waited for.
  let waiting = Atomic<Int>(0)
  let streams = Atomic<Int>(0)
  private let compiles = Mutex<(stamp: StoreStamp, known: KnownCompiles)?>(nil)

  init(_ configuration: ServiceConfiguration) {
    self.configuration = configuration
    workers = NIOThreadPool(numberOfThreads: max(1, ProcessInfo.processInfo.activeProcessorCount))
    kept = KeptAnswers(most: configuration.limits.keptBytes)
  }

  /// Whether answers take in what a store holds.
  var hasStore: Bool { configuration.storePath != nil }

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
    guard let path = configuration.storePath else { return nil }
    let stamp = StoreStamp(path)
    if let latest = compiles.withLock({ $0 }), latest.stamp == stamp { return latest.known }
    let known = try glance { try KnownCompiles(configuration.catalog, in: $0) } ?? KnownCompiles(configuration.catalog)
    compiles.withLock { $0 = (stamp, known) }
    return known
  }

  /// What compiles of before took.
  ///
  /// - Throws: `StoreError`.
  func compileTimes() throws -> [EvidenceStore.CompileTime] { try glance { try $0.compileTimes() } ?? [] }

  /// What the store looks like from outside; equal where nothing was stored meanwhile.
  var storeStamp: StoreStamp? { configuration.storePath.map { StoreStamp($0) } }
}

/// Size and time of a store's files.
struct StoreStamp: Hashable, Sendable {
  private var parts: [Int] = []

  init(_ path: String) {
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
