import Evidence
import VisionTransformer

extension OutOfMemory {
  /// Reads the text of an error.
  ///
  /// - libtpu 0.0.17.1 and 0.0.32: "Ran out of memory in memory space hbm. Used 15.72G of 15.48G hbm. Exceeded hbm
  ///   capacity by ...", with a table and the largest allocations. It excludes outputs, and also the arguments if the
  ///   temporaries alone exceed the capacity.
  /// - libtpu 0.0.52: "E1000: CompileTimeHbmOom: Ran out of memory on HBM, the total memory required for HLO
  ///   temporaries (16.00G) exceeds available HBM (15.48G)." That number includes arguments and outputs, despite its
  ///   name: a program of 12 GiB of donated arguments and 4 GiB of temporaries gives 16.00G.
  public init(message: String) {
    self.init(unread: message)
    used = LogSize.read(after: "hbm. Used ", in: message) ?? LogSize.read(after: "HLO temporaries (", in: message)
    limit = LogSize.read(after: "available HBM (", in: message)
    if limit == nil, let place = message.firstRange(of: "hbm. Used ") {
      limit = LogSize.read(after: " of ", in: message[place.upperBound...])
    }
    for line in message.split(separator: "\n") {
      table.take(line)
      readAllocation(line.drop { $0 == " " })
    }
    isPartial = table.arguments == .zero && (table.program ?? .zero) > .zero
  }

  private mutating func readAllocation(_ line: Substring) {
    if let place = line.firstRange(of: ". Size: "), line[..<place.lowerBound].allSatisfy(\.isNumber),
      let bytes = LogSize.read(line[place.upperBound...])
    {
      largest.append(Allocation(bytes: bytes, unpadded: nil, shape: "", instruction: "", operationName: ""))
      return
    }
    guard !largest.isEmpty else { return }
    let last = largest.count - 1
    if let value = Self.value("Shape: ", of: line) {
      largest[last].shape = value
    } else if let value = Self.value("Unpadded size: ", of: line) {
      largest[last].unpadded = LogSize.read(value)
    } else if let value = Self.value("XLA label: ", of: line) {
      largest[last].instruction = String(value.prefix { $0 != " " })
    } else if let value = Self.value("Operator: ", of: line), let name = value.firstRange(of: "op_name=\"") {
      largest[last].operationName = String(value[name.upperBound...].prefix { $0 != "\"" })
    }
  }

  private static func value(_ key: String, of line: Substring) -> String? {
    line.hasPrefix(key) ? String(line.dropFirst(key.count)) : nil
  }
}
