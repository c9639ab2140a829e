import Foundation
import HostPlan
import VisionTransformer

/// The one block of memory that holds a step.
final class HostMemory {
  /// Start of the block, aligned to `alignment`.
  let base: UnsafeMutableRawPointer
  /// Bytes of the block.
  let byteCount: Int

  private let mapping: UnsafeMutableRawPointer
  private let mappedBytes: Int

  /// The size of a huge page: blocks are aligned to it, so that no page extends beyond the plan.
  private static let alignment = 2 << 20

  /// Maps a block of zeros; the system provides pages when they are first touched.
  ///
  /// - Throws: `MeasurementError.outOfMemory`.
  init(byteCount: Int) throws(MeasurementError) {
    let page = Int(getpagesize())
    let (padded, overflow) = byteCount.addingReportingOverflow(Self.alignment + page)
    guard !overflow else { throw .outOfMemory(needed: Bytes(byteCount), reason: "more than can be addressed") }
    let mapped = mmap(nil, padded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | Self.noReserve, -1, 0)
    guard let mapped, mapped != MAP_FAILED else {
      throw .outOfMemory(needed: Bytes(byteCount), reason: String(cString: strerror(errno)))
    }
    mapping = mapped
    mappedBytes = padded
    self.byteCount = byteCount
    let start = UInt(bitPattern: mapped)
    let aligned = (start + UInt(Self.alignment) - 1) & ~UInt(Self.alignment - 1)
    base = mapped.advanced(by: Int(aligned - start))
    #if os(Linux)
      if byteCount >= Self.alignment { madvise(base, byteCount, Self.hugePages) }
    #endif
  }

  deinit { munmap(mapping, mappedBytes) }

  /// Bytes of the block for which the system has provided memory.
  var residentBytes: Int {
    let page = Int(getpagesize())
    let pages = (byteCount + page - 1) / page
    #if os(Linux)
      var states = [UInt8](repeating: 0, count: pages)
    #else
      var states = [CChar](repeating: 0, count: pages)
    #endif
    guard pages > 0, mincore(base, byteCount, &states) == 0 else { return 0 }
    return min(byteCount, states.reduce(0) { $0 + Int($1 & 1) } * page)
  }

  #if os(Linux)
    // Linux's values of the flags, whose macros Swift does not import.
    private static let noReserve: Int32 = 0x4000
    private static let hugePages: Int32 = 14
  #else
    private static let noReserve: Int32 = 0
  #endif
}

/// The memory of this process, as counted by the system.
enum ProcessMemory {
  /// Current resident bytes, from `/proc/self/statm`; nil on other systems than Linux.
  static var resident: Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
    let fields = text.split(separator: " ")
    return fields.count > 1 ? Int(fields[1]).map { $0 * Int(getpagesize()) } : nil
  }
}
