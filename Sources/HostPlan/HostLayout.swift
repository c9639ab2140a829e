import TrainingStep

/// A step's buffers in one block of memory, for concrete sizes and a number of threads.
public struct HostLayout: Sendable {
  /// Bytes by purpose at one instant.
  public struct Breakdown: Sendable, Hashable {
    /// Bytes by the raw value of the purpose.
    public var bytes = Array(repeating: 0, count: HostPurpose.allCases.count)

    /// Bytes of one purpose.
    public subscript(purpose: HostPurpose) -> Int {
      get { bytes[purpose.rawValue] }
      set { bytes[purpose.rawValue] = newValue }
    }
  }

  /// The step.
  public let step: HostProgram
  /// The sizes.
  public let sizes: AxisSizes
  /// Number of threads, each with its own scratch.
  public let threads: Int
  /// Offsets of the buffers.
  public let arena: Arena
  /// Scratch of one thread, in bytes.
  public let scratchPerThread: Int
  /// Live bytes at the peak, by purpose; scratch counts as workspace.
  public let peak: Breakdown
  /// The operation at the peak.
  public let peakOperation: Int

  /// Bytes of the whole block: the arena, followed by every thread's scratch.
  public var byteCount: Int { arena.byteCount + scratchPerThread * threads }

  /// Lays out a step.
  ///
  /// - Throws: `HostPlanError.tooLarge`.
  public init(_ step: HostProgram, _ sizes: AxisSizes, threads: Int) throws(HostPlanError) {
    self.step = step
    self.sizes = sizes
    self.threads = threads
    let bytes = step.buffers.map { $0.bytes(sizes) }
    let lifetimes = step.lifetimes()
    arena = try Arena(sizes: bytes, lifetimes: lifetimes, count: step.operations.count)
    scratchPerThread = HostScratch.bytesPerThread(step, sizes, threads: threads)

    var live = Breakdown(), peak = Breakdown()
    var most = -1, total = 0, place = 0
    var starts: [[Int]] = Array(repeating: [], count: step.operations.count), ends = starts
    for (index, lifetime) in lifetimes.enumerated() {
      guard let lifetime else { continue }
      starts[lifetime.lowerBound].append(index)
      ends[lifetime.upperBound].append(index)
    }
    for operation in step.operations.indices {
      for index in starts[operation] {
        live[step.buffers[index].purpose] += bytes[index]
        total += bytes[index]
      }
      if total > most { (most, peak, place) = (total, live, operation) }
      for index in ends[operation] {
        live[step.buffers[index].purpose] -= bytes[index]
        total -= bytes[index]
      }
    }
    peak[.workspace] += scratchPerThread * threads
    self.peak = peak
    peakOperation = place
  }
}
