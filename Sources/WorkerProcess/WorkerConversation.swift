import Foundation
import VisionTransformer

/// The parent's side of one worker: pipes, the clock, its memory, and the process itself until it is gone.
public struct WorkerConversation {
  /// Limits on a worker.
  public struct Limits: Sendable, Hashable {
    /// The longest that it may run.
    public var timeout: Seconds
    /// Limit on resident bytes; nil means none. Checked ten times a second.
    public var residentMemory: Bytes?
    /// How long it may take to end after it was asked to, in seconds; 0 kills it at once.
    public var grace: Double

    /// Limits.
    public init(timeout: Seconds, residentMemory: Bytes? = nil, grace: Double = 0.5) {
      self.timeout = timeout
      self.residentMemory = residentMemory
      self.grace = grace
    }
  }

  /// The parent's handlers for a worker's output.
  public struct Listener {
    /// Handles a line of standard output; throws if it is not an event.
    var output: ([UInt8]) throws -> Void
    /// Handles a line of standard error; false means that enough is known and the worker should end.
    var errors: ([UInt8]) -> Bool

    /// Listens.
    public init(errors: @escaping ([UInt8]) -> Bool = { _ in true }, output: @escaping ([UInt8]) throws -> Void) {
      self.output = output
      self.errors = errors
    }
  }

  private let worker: WorkerProgram.Started
  private let limits: Limits
  private let stop: WorkerStopSignal
  private let start = ContinuousClock.now
  /// The start of a line that is not complete yet.
  private var line = LineBuffer()
  private var errorLine = LineBuffer()
  /// The last bytes of standard error.
  private var said: [UInt8] = []
  private var garbled: String?
  private var isEnough = false

  /// A longer line is not an event.
  private static let longestLine = 16 << 20
  /// Number of last bytes of standard error that are kept.
  private static let keptErrors = 4096

  /// The conversation with a started worker.
  public init(_ worker: WorkerProgram.Started, limits: Limits, stop: WorkerStopSignal) {
    self.worker = worker
    self.limits = limits
    self.stop = stop
  }

  /// Writes `input` at the worker's pace, passes on each line, and waits for the end.
  ///
  /// - Returns: why there is no answer, if there is none; nil if the stop signal fired first.
  public mutating func run(_ input: [UInt8], _ listener: Listener) -> WorkerFailure? {
    for descriptor in [worker.input, worker.output, worker.errors] {
      _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }
    defer { for descriptor in [worker.output, worker.errors] { close(descriptor) } }
    var unsent: ArraySlice<UInt8>? = input[...]
    send(&unsent)
    defer { if unsent != nil { close(worker.input) } }
    var open: Set<Int32> = [worker.output, worker.errors]
    var status: Int32?
    var reason: WorkerFailure.Reason?
    while status == nil {
      if stop.isRequested() {
        end()
        return nil
      }
      let left = limits.timeout.value - (ContinuousClock.now - start) / .seconds(1)
      if left <= 0 { reason = .timedOut(limits.timeout) }
      if let most = limits.residentMemory, let resident = resident, resident > most { reason = .overMemory(most) }
      if garbled != nil || reason != nil || isEnough {
        status = end()
        break
      }
      wait(for: open, writing: unsent != nil, seconds: left)
      send(&unsent)
      for descriptor in open where !read(descriptor, listener) { open.remove(descriptor) }
      status = reap()
    }
    // The worker is gone: its last output is still in the pipes.
    for descriptor in open { _ = read(descriptor, listener) }
    if let garbled { reason = .garbled(garbled) }
    return WorkerFailure(reason ?? Self.reason(status ?? 0), detail: String(decoding: said, as: UTF8.self))
  }

  /// Writes as much input as the worker takes; closes the pipe after the last byte, or if nobody reads.
  private func send(_ unsent: inout ArraySlice<UInt8>?) {
    while let bytes = unsent {
      let count = bytes.isEmpty ? 0 : bytes.withUnsafeBytes { write(worker.input, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN { return }
      let rest = bytes.dropFirst(max(0, count))
      guard count < 0 || rest.isEmpty else {
        unsent = rest
        continue
      }
      close(worker.input)
      unsent = nil
    }
  }

  /// Waits for something to do, the stop signal or the deadline; if nothing is open, only briefly.
  private func wait(for open: Set<Int32>, writing: Bool, seconds: Double) {
    var files = (open + [stop.descriptor]).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    if writing { files.append(pollfd(fd: worker.input, events: Int16(POLLOUT), revents: 0)) }
    // A worker may close its pipes and live on, or die while another process holds them, so its end is polled.
    let longest = open.isEmpty ? 0.001 : 0.1
    _ = poll(&files, nfds_t(files.count), Int32(max(1, min(seconds, longest) * 1000)))
  }

  /// Reads what is available; false at the end.
  private mutating func read(_ descriptor: Int32, _ listener: Listener) -> Bool {
    while true {
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      let count = buffer.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        take(buffer[..<count], of: descriptor, listener)
        if garbled != nil || isEnough { return true }
        continue
      }
      if count < 0, errno == EINTR { continue }
      return count < 0 && errno == EAGAIN
    }
  }

  private mutating func take(_ bytes: ArraySlice<UInt8>, of descriptor: Int32, _ listener: Listener) {
    guard descriptor == worker.output else {
      said += bytes
      if said.count > Self.keptErrors { said.removeFirst(said.count - Self.keptErrors) }
      errorLine.split(bytes) { if !isEnough, !listener.errors($0) { isEnough = true } }
      // An endless log line is dropped.
      if errorLine.rest.count > Self.longestLine { errorLine.rest.removeAll() }
      return
    }
    line.split(bytes) { line in
      do { if !line.isEmpty { try listener.output(line) } } catch { garbled = garbled ?? excerpt(of: Self.text(line)) }
    }
    if line.rest.count > Self.longestLine { garbled = garbled ?? excerpt(of: Self.text(line.rest)) }
  }

  private static func text(_ line: [UInt8]) -> String { String(decoding: line.prefix(256), as: UTF8.self) }

  /// Resident bytes of the worker; nil if the system does not report them.
  ///
  /// Source: Linux, proc(5): the second number of `statm` is the resident set in pages.
  private var resident: Bytes? {
    guard let text = try? String(contentsOfFile: "/proc/\(worker.process)/statm", encoding: .utf8),
      let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return nil }
    return Bytes(pages * Int(sysconf(Int32(_SC_PAGESIZE))))
  }

  /// The status of a worker that has ended; nil while it runs.
  private func reap() -> Int32? {
    var status: Int32 = 0
    let found = waitpid(worker.process, &status, WNOHANG)
    if found == worker.process { return status }
    // Another part of the process has reaped it: there is nothing left to wait for.
    return found < 0 && errno == ECHILD ? 0 : nil
  }

  /// Ends the worker: asks it to, and kills it if it does not.
  @discardableResult
  private func end() -> Int32 {
    if limits.grace > 0 { kill(worker.process, SIGTERM) }
    let asked = ContinuousClock.now
    while (ContinuousClock.now - asked) / .seconds(1) < limits.grace {
      if let status = reap() { return status }
      usleep(1000)
    }
    kill(worker.process, SIGKILL)
    var status: Int32 = 0
    while waitpid(worker.process, &status, 0) < 0, errno == EINTR {}
    return status
  }

  /// The meaning of a status of `waitpid`.
  private static func reason(_ status: Int32) -> WorkerFailure.Reason {
    let signal = status & 0x7F
    guard signal != 0 else { return .exited(code: (status >> 8) & 0xFF) }
    return SignalName.crashes.contains(signal) ? .crashed(signal: signal) : .killed(signal: signal)
  }
}

/// Splits bytes that arrive in pieces into lines.
private struct LineBuffer {
  /// The start of a line that is not complete yet.
  var rest: [UInt8] = []

  /// Passes on every line that `bytes` completes, without its line break.
  mutating func split(_ bytes: ArraySlice<UInt8>, _ take: ([UInt8]) -> Void) {
    for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      if part.offset > 0 {
        take(rest)
        rest.removeAll(keepingCapacity: true)
      }
      rest += part.element
    }
  }
}
