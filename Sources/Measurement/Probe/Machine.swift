import CKernels
import Foundation
import VisionTransformer

/// This machine's properties, as far as they can be read.
public enum Machine {
  /// Name of the processor; `unknown processor` if the system does not report it.
  public static var processor: String {
    var name = [CChar](repeating: 0, count: 256)
    sf_cpu_name(&name, name.count)
    let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.isEmpty ? "unknown processor" : text.trimmingCharacters(in: .whitespaces)
  }

  /// The instruction set that the kernels use.
  public static var instructions: String {
    switch sf_level() {
    case Int32(SF_LEVEL_AVX512): "AVX-512"
    case Int32(SF_LEVEL_AVX2): "AVX2"
    default: "plain"
    }
  }

  /// Clock of the first processor in Hz, as reported by Linux.
  public static var clock: Double? {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("cpu MHz") }),
      let value = line.split(separator: ":").last.flatMap({ Double($0.trimmingCharacters(in: .whitespaces)) })
    else { return nil }
    return value * 1e6
  }

  /// Bytes of the last-level cache, as listed by Linux; 32 MiB if it does not.
  public static var cache: Bytes {
    var largest = 0
    for index in 0..<8 {
      let path = "/sys/devices/system/cpu/cpu0/cache/index\(index)/size"
      guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { break }
      let size = text.trimmingCharacters(in: .whitespacesAndNewlines)
      largest = max(largest, (try? Bytes(parsing: size))?.count ?? 0)
    }
    return Bytes(largest > 0 ? largest : 32 << 20)
  }
}
