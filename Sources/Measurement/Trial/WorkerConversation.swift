import Foundation
import VisionTransformer

/// The parent's side of one worker: pipes, the clock, and the process itself until it is gone.
struct WorkerConversation {
  /// How a worker ended.
  struct Ending {
    /// Why there is no answer, if there is none.
    var failure: TrialFailure
  }

  private let worker: WorkerProgram.Started
  private let timeout: Seconds
  private let stop: TrialProcess.StopSignal
  private let start = ContinuousClock.now
  /// What came of a line that is not complete.
  private var line: [UInt8] = []
  /// The last bytes of standard error.
  private var said: [UInt8] = []
  private var garbled: String?

  /// A line beyond this is no event.
  private static let longestLine = 16 << 20
  /// What is kept of standard error.
  private static let keptErrors = 4096
  /// How long a worker has to end after it was asked to.
  private static let grace = 0.5

  init(_ worker: WorkerProgram.Started, timeout: Seconds, stop: TrialProcess.StopSignal) {
    self.worker = worker
    self.timeout = timeout
    self.stop = stop
  }

  /// Writes `input`, hands each line to `take` (which throws for what is no event), and waits for the end.
  ///
  /// - Returns: nil where the stop signal came first.
  mutating func run(_ input: String, _ take: ([UInt8]) throws -> Void) -> Ending? {
    for descriptor in [worker.output, worker.errors] {
      _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }
    defer { for descriptor in [worker.output, worker.errors] { close(descriptor) } }
    send(input)
    var open: Set<Int32> = [worker.output, worker.errors]
    var status: Int32?
    var reason: TrialFailure.Reason?
    while status == nil {
      if stop.isRequested() {
        end()
        return nil
      }
      let left = timeout.value - (ContinuousClock.now - start) / .seconds(1)
      if left <= 0 { reason = .timedOut(timeout) }
      if garbled != nil || reason != nil {
        status = end()
        break
      }
      wait(for: open, seconds: left)
      for descriptor in open where !read(descriptor, take) { open.remove(descriptor) }
      status = reap()
    }
    // The worker is gone: what it wrote before waits in the pipes.
    for descriptor in open { _ = read(descriptor, take) }
    if let garbled { reason = .garbled(garbled) }
    return Ending(
      failure: TrialFailure(
        reason ?? Self.reason(status ?? 0), detail: String(decoding: said, as: UTF8.self)))
  }

  // A request is far shorter than the 64 KiB that a pipe holds: writing it never waits for the worker.
  private func send(_ input: String) {
    let bytes = Array(input.utf8)
    bytes.withUnsafeBytes { _ = write(worker.input, $0.baseAddress, $0.count) }
    close(worker.input)
  }

  /// Waits until there is something to read, the stop signal comes, or the time is up; with nothing open, for a moment.
  private func wait(for open: Set<Int32>, seconds: Double) {
    var files = (open + [stop.descriptor]).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    // A worker may close its pipes and live on, or die while another process holds them: its end is looked for now and then.
    let longest = open.isEmpty ? 0.001 : 0.1
    _ = poll(&files, nfds_t(files.count), Int32(max(1, min(seconds, longest) * 1000)))
  }

  /// Reads what there is; false at the end.
  private mutating func read(_ descriptor: Int32, _ take: ([UInt8]) throws -> Void) -> Bool {
    while true {
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      let count = buffer.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        if descriptor == worker.output { split(buffer[..<count], take) } else { keep(buffer[..<count]) }
        if garbled != nil { return true }
        continue
      }
      if count < 0, errno == EINTR { continue }
      return count < 0 && errno == EAGAIN
    }
  }

  private mutating func split(_ bytes: ArraySlice<UInt8>, _ take: ([UInt8]) throws -> Void) {
    for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      if part.offset > 0 {
        do { if !line.isEmpty { try take(line) } } catch { garbled = garbled ?? excerpt(of: Self.text(line)) }
        line.removeAll(keepingCapacity: true)
      }
      line += part.element
    }
    if line.count > Self.longestLine { garbled = garbled ?? excerpt(of: Self.text(line)) }
  }

  private static func text(_ line: [UInt8]) -> String { String(decoding: line.prefix(256), as: UTF8.self) }

  private mutating func keep(_ bytes: ArraySlice<UInt8>) {
    said += bytes
    if said.count > Self.keptErrors { said.removeFirst(said.count - Self.keptErrors) }
  }

  /// The status of a worker that has ended; nil while it runs.
  private func reap() -> Int32? {
    var status: Int32 = 0
    let found = waitpid(worker.process, &status, WNOHANG)
    if found == worker.process { return status }
    // Somebody else has collected it: there is no more to wait for.
    return found < 0 && errno == ECHILD ? 0 : nil
  }

  /// Ends the worker: asks it, and kills it where it does not listen.
  @discardableResult
  private func end() -> Int32 {
    kill(worker.process, SIGTERM)
    let asked = ContinuousClock.now
    while (ContinuousClock.now - asked) / .seconds(1) < Self.grace {
      if let status = reap() { return status }
      usleep(1000)
    }
    kill(worker.process, SIGKILL)
    var status: Int32 = 0
    while waitpid(worker.process, &status, 0) < 0, errno == EINTR {}
    return status
  }

  /// What a status of `waitpid` says.
  private static func reason(_ status: Int32) -> TrialFailure.Reason {
    let signal = status & 0x7F
    guard signal != 0 else { return .exited(code: (status >> 8) & 0xFF) }
    return SignalName.crashes.contains(signal) ? .crashed(signal: signal) : .killed(signal: signal)
  }
}

/// Signals by name.
enum SignalName {
  /// Those that a program's own code causes.
  static let crashes: Set<Int32> = [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGSYS]

  /// `11 (Segmentation fault)`.
  static func text(_ signal: Int32) -> String {
    guard let name = strsignal(signal) else { return "\(signal)" }
    return "\(signal) (\(String(cString: name)))"
  }
}
