import Foundation
import HostPlan
import VisionTransformer

/// The one block of memory that a step lives in.
final class HostMemory {
  /// Start of the block, aligned to `alignment`.
  let base: UnsafeMutableRawPointer
  /// Bytes of the block.
  let byteCount: Int

  private let mapping: UnsafeMutableRawPointer
  private let mappedBytes: Int

  /// The size of a huge page: blocks begin on one, so that no page reaches beyond what was planned.
  private static let alignment = 2 << 20

  /// Maps a block of zeros; pages are taken when they are first touched.
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

  /// Bytes of the block that the system has given memory for.
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
    // The flags' values on Linux, which Swift does not import from their macros.
    private static let noReserve: Int32 = 0x4000
    private static let hugePages: Int32 = 14
  #else
    private static let noReserve: Int32 = 0
  #endif
}

/// The memory of this process as the system counts it.
enum ProcessMemory {
  /// Resident bytes now, from `/proc/self/statm`; nil elsewhere than on Linux.
  static var resident: Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
    let fields = text.split(separator: " ")
    return fields.count > 1 ? Int(fields[1]).map { $0 * Int(getpagesize()) } : nil
  }
}
