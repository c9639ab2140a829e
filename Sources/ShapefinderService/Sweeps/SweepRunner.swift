import Dispatch
import Evidence
import EvidenceStore
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// Runs the sweeps of a store in order, one of each kind at a time. A measuring sweep runs alone, because timings
/// disturb each other.
///
/// The store alone holds the queue, so that a service that was killed resumes where it was, and that the command line
/// can cancel sweeps. If several services share a store, one of them runs the sweeps.
final class SweepRunner: Service {
  private let configuration: ServiceConfiguration
  private let path: String
  private let logger: Logger
  private let bell = DispatchSemaphore(value: 0)
  private let isStopped = Atomic(false)
  private let delays = Mutex(Delays())

  /// The reasons why sweeps wait, kept in memory because a full disk has no room for them.
  private struct Delays {
    /// Increases with every change.
    var revision = 0
    var all: String?
    var bySweep: [Int: String] = [:]
  }

  /// Seconds between checks of the store, while there is work and while there is none.
  private static let interval = 0.25, idleInterval = 2.0
  /// How long a sweep waits after an interruption that the service did not cause.
  private static let pause = Duration.seconds(2)

  /// A runner for the store at `path`.
  init(_ configuration: ServiceConfiguration, path: String, logger: Logger) {
    self.configuration = configuration
    self.path = path
    self.logger = logger
  }

  /// A revision that increases whenever `delay(of:)` changes.
  var delaysRevision: Int { delays.withLock { $0.revision } }

  /// Why a sweep waits or is not resumed, apart from others being before it; nil if nothing is wrong.
  func delay(of sweep: Int) -> String? { delays.withLock { $0.bySweep[sweep] ?? $0.all } }

  /// Records why one sweep waits, or why all do; nil once nothing is wrong.
  private func delay(_ sweep: Int?, _ reason: String?) {
    let isNews = delays.withLock { delays in
      guard (sweep.map { delays.bySweep[$0] } ?? delays.all) != reason else { return false }
      delays.revision += 1
      if let sweep { delays.bySweep[sweep] = reason } else { delays.all = reason }
      return true
    }
    guard isNews, let reason else { return }
    logger.error("sweeps wait", metadata: ["sweep": "\(sweep.map { "\($0)" } ?? "all")", "error": "\(reason)"])
  }

  /// Announces that the store has changed.
  func wake() { bell.signal() }

  /// Runs sweeps until the service stops; unfinished ones wait for the next start.
  func run() async throws {
    let (over, source) = AsyncStream<Void>.makeStream()
    let thread = Thread {
      self.work()
      source.finish()
    }
    thread.start()
    // Cancellation and shutdown both end the runner.
    try? await gracefulShutdown()
    isStopped.store(true, ordering: .relaxed)
    bell.signal()
    let end = Task { for await _ in over {} }
    await end.value
  }

  private var stops: Bool { isStopped.load(ordering: .relaxed) }

  private func work() {
    // The stamp of the store when there was last nothing to do.
    var idle: StoreStamp?
    while !stops {
      let stamp = StoreStamp(path)
      do {
        if stamp != idle, try hasWork() {
          // If another service has the lock, that service runs the sweeps.
          if let lock = SweepLock.take(for: path) {
            try withExtendedLifetime(lock) { try workThroughQueue() }
            continue
          }
        } else {
          idle = stamp
        }
        delay(nil, nil)
      } catch {
        delay(nil, "\(error)")
      }
      if !stops { _ = bell.wait(timeout: .now() + Self.idleInterval) }
    }
  }

  private func hasWork() throws -> Bool {
    try EvidenceStore.glance(at: path) { try !$0.openSweeps().isEmpty } ?? false
  }

  /// Runs queued sweeps until none are left.
  private func workThroughQueue() throws {
    let store = try EvidenceStore.open(path: path, mode: .readWrite)
    // While the lock is held no other service runs sweeps, so any that are marked as running were abandoned.
    try store.requeueSweeps()
    var jobs = Jobs(
      store: store, path: path, configuration: configuration, delay: { self.delay($0, $1) },
      whenOver: { [bell] in bell.signal() })
    while !stops {
      do {
        guard try jobs.go(on: logger) else { break }
        delay(nil, nil)
      } catch {
        delay(nil, "\(error)")
      }
      _ = bell.wait(timeout: .now() + Self.interval)
    }
    jobs.stop()
    while jobs.isAtWork {
      _ = bell.wait(timeout: .now() + Self.interval)
      do { try jobs.conclude() } catch {
        logger.error("a sweep's end was not stored", metadata: ["error": "\(error)"])
        // The sweep stays marked as running, and the next start resumes it.
        jobs.forget()
      }
    }
    try store.close()
  }

  /// The sweeps that are running.
  private struct Jobs {
    let store: EvidenceStore
    let path: String
    let configuration: ServiceConfiguration
    /// Receives the reason why a sweep waits; nil if nothing is wrong.
    let delay: (Int, String?) -> Void
    let whenOver: @Sendable () -> Void
    private var jobs: [SweepJob] = []
    /// The sweeps whose run is known.
    private var linked: Set<Int> = []
    private var paused: [Int: ContinuousClock.Instant] = [:]

    init(
      store: EvidenceStore, path: String, configuration: ServiceConfiguration, delay: @escaping (Int, String?) -> Void,
      whenOver: @escaping @Sendable () -> Void
    ) {
      self.store = store
      self.path = path
      self.configuration = configuration
      self.delay = delay
      self.whenOver = whenOver
    }

    var isAtWork: Bool { !jobs.isEmpty }

    func stop() { for job in jobs { job.stop() } }

    /// Forgets finished jobs.
    mutating func forget() { jobs.removeAll { $0.outcome != nil } }

    /// Performs one step; false if there is nothing left to do.
    mutating func go(on logger: Logger) throws -> Bool {
      try conclude()
      let open = try store.openSweeps()
      for job in jobs where !open.contains(where: { $0.id == job.sweep.id }) { job.stop() }
      for sweep in open where sweep.status == .queued {
        guard (paused[sweep.id] ?? .now) <= .now else { continue }
        // Later sweeps do not overtake a measuring one that waits.
        if sweep.kind == .measure, isAtWork { break }
        if jobs.contains(where: { $0.sweep.kind == .measure }) { break }
        if jobs.contains(where: { $0.sweep.kind == sweep.kind }) { continue }
        do throws(StoreError) { try configuration.checkRoom() } catch {
          // Nothing is started while its results could not be stored; it continues once there is room.
          wait(sweep.id, "\(error)")
          continue
        }
        delay(sweep.id, nil)
        let (isBegun, lastRun) = try store.beginSweep(sweep.id)
        guard isBegun else { continue }
        logger.info("sweep begins", metadata: ["sweep": "\(sweep.id)", "words": "\(sweep.words)"])
        let job = SweepJob(
          sweep, program: configuration.program, places: configuration.catalogWords + ["--store", path],
          lastRun: lastRun)
        jobs.append(job)
        job.start(whenOver: whenOver)
      }
      return isAtWork || !open.isEmpty
    }

    private var hasNoRoom: Bool {
      do throws(StoreError) { try configuration.checkRoom() } catch {
        if case .noRoom = error { return true }
      }
      return false
    }

    /// Makes a sweep wait for a while, and records the reason.
    private mutating func wait(_ id: Int, _ reason: String) {
      delay(id, reason)
      paused[id] = .now + SweepRunner.pause
    }

    /// Records runs that have started, and stores the outcome of sweeps that are over.
    mutating func conclude() throws {
      for job in jobs {
        let id = job.sweep.id, outcome = job.outcome
        if !linked.contains(id), try store.findRun(ofSweep: id, command: job.command, after: job.lastRun) != nil {
          linked.insert(id)
        }
        switch outcome {
        case nil: continue
        case .over(.failed, let error)? where hasNoRoom:
          // The cause is the full disk, not the sweep.
          wait(id, error ?? "the store's disk is full")
          try store.endSweep(id, .queued)
        case .over(let status, let error)?: try store.endSweep(id, status, error: error)
        case .interrupted?:
          try store.endSweep(id, .queued)
          paused[id] = .now + SweepRunner.pause
        }
        linked.remove(id)
        jobs.removeAll { $0 === job }
      }
    }
  }
}
