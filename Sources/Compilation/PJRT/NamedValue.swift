import CPJRT
import Evidence

extension NamedValue {
  /// A plugin's list of values, by name. Later versions of the interface may enlarge its elements, so that each states
  /// its size.
  static func dictionary(_ start: UnsafePointer<sfj_named_value>?, count: Int) -> [String: NamedValue] {
    var found: [String: NamedValue] = [:]
    guard let start else { return found }
    let stride = max(start.pointee.size, MemoryLayout<sfj_named_value>.stride)
    for index in 0..<count {
      let value = UnsafeRawPointer(start).advanced(by: index * stride).assumingMemoryBound(to: sfj_named_value.self)
        .pointee
      let name = PJRTPlugin.text(value.name, value.name_count)
      switch Int(value.type) {
      case sfj_string: found[name] = .string(PJRTPlugin.text(value.string, value.count))
      case sfj_integer: found[name] = .integer(Int(value.integer))
      case sfj_integers:
        found[name] = .integers(UnsafeBufferPointer(start: value.integers, count: value.count).map { Int($0) })
      case sfj_float: found[name] = .number(Double(value.number))
      case sfj_boolean: found[name] = .boolean(value.boolean)
      default: continue
      }
    }
    return found
  }

  /// Calls `body` with the values in the plugin's format; they are valid only during the call.
  static func withList<Result>(
    _ values: [String: NamedValue], _ body: (UnsafeBufferPointer<sfj_named_value>) throws(PJRTError) -> Result
  ) throws(PJRTError) -> Result {
    var list: [sfj_named_value] = []
    var texts: [UnsafeMutableBufferPointer<CChar>] = []
    var numbers: [UnsafeMutableBufferPointer<Int64>] = []
    defer {
      for text in texts { text.deallocate() }
      for number in numbers { number.deallocate() }
    }
    func kept(_ text: String) -> (UnsafePointer<CChar>?, Int) {
      let bytes = text.utf8CString
      let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count)
      _ = copy.initialize(from: bytes)
      texts.append(copy)
      return (UnsafePointer(copy.baseAddress), bytes.count - 1)
    }
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      var entry = sfj_named_value()
      entry.size = MemoryLayout<sfj_named_value>.size
      (entry.name, entry.name_count) = kept(name)
      entry.count = 1
      switch value {
      case .string(let text):
        entry.type = Int32(sfj_string)
        (entry.string, entry.count) = kept(text)
      case .integer(let number):
        entry.type = Int32(sfj_integer)
        entry.integer = Int64(number)
      case .integers(let list):
        entry.type = Int32(sfj_integers)
        let copy = UnsafeMutableBufferPointer<Int64>.allocate(capacity: max(1, list.count))
        _ = copy.initialize(from: list.map { Int64($0) })
        numbers.append(copy)
        entry.integers = UnsafePointer(copy.baseAddress)
        entry.count = list.count
      case .number(let number):
        entry.type = Int32(sfj_float)
        entry.number = Float(number)
      case .boolean(let truth):
        entry.type = Int32(sfj_boolean)
        entry.boolean = truth
      }
      list.append(entry)
    }
    // `withUnsafeBufferPointer` does not propagate typed errors.
    let copy = UnsafeMutableBufferPointer<sfj_named_value>.allocate(capacity: max(1, list.count))
    defer { copy.deallocate() }
    _ = copy.initialize(from: list)
    return try body(UnsafeBufferPointer(start: copy.baseAddress, count: list.count))
  }
}
