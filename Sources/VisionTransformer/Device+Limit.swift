extension Device {
  /// A note on a memory limit above the device's own memory; nil for any other limit, and if none is given.
  ///
  /// Such a limit is often a GPU's; what fits this device with that much memory says nothing about the GPU.
  public func limitNote(_ limit: Bytes?) -> String? {
    guard let limit else { return nil }
    switch kind {
    case .tpu where limit > memory:
      return "\(whole) with \(limit.plain); says nothing of a GPU, of which there is no model yet: \(whole) has "
        + memory.plain
    case .tpu where limit > usableMemory:
      return "\(whole) of which a program may use \(limit.plain): it may use \(usableMemory.plain)"
    case .tpu: return nil
    case .host: return "a host processor with \(limit.plain), no GPU: there is no GPU model yet"
    }
  }
}

extension Bytes {
  /// Like `description`, without a fraction of zero: `24 GiB`.
  var plain: String {
    let parts = description.split(separator: " ")
    guard parts.count == 2, parts[0].hasSuffix(".00") else { return description }
    return parts[0].dropLast(3) + " " + parts[1]
  }
}
