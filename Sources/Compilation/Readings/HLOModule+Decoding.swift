extension HLOModule {
  /// Why a program cannot be read.
  public enum DecodingError: Error, Sendable, Hashable {
    /// Its format is not supported.
    case format(String)
    /// It violates its format.
    case malformed(String)
  }

  /// Reads the result of `PJRT_Executable_OptimizedProgram`: `hlo`, a serialized `HloModuleProto`, or
  /// `hlo_with_config`, whose first field is one.
  ///
  /// Source: openxla/xla, xla/service/hlo.proto and xla/xla_data.proto, the numbers of the fields.
  ///
  /// - Throws: `DecodingError`.
  public init(format: String, bytes: [UInt8]) throws(DecodingError) {
    self.init()
    do {
      switch format {
      case "hlo": try read(ProtobufReader(bytes))
      case "hlo_with_config":
        var outer = ProtobufReader(bytes)
        while let (field, value) = try outer.next() {
          if field == 1, let range = value.range { try read(outer.message(range)) }
        }
      default: throw DecodingError.format(format)
      }
    } catch let error as DecodingError {
      throw error
    } catch {
      throw .malformed("\(error)")
    }
    guard computations[entry] != nil else { throw .malformed("the program has no entry computation") }
  }

  private mutating func read(_ reader: ProtobufReader) throws(ProtobufReader.Malformed) {
    var reader = reader
    var order: [Int: [Int]] = [:]
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .data(let range)): name = reader.text(range)
      case (6, _): entry = value.integer ?? entry
      case (3, .data(let range)):
        let computation = try HLOComputation(reader.message(range))
        computations[computation.id] = computation
      case (7, .data(let range)): order = try Self.schedule(reader.message(range))
      case (8, .data(let range)):
        var aliases = reader.message(range)
        while let (field, value) = try aliases.next() {
          guard field == 1, let range = value.range else { continue }
          donations.append(try HLODonation(aliases.message(range)))
        }
      default: continue
      }
    }
    isScheduled = !order.isEmpty
    for (id, sequence) in order {
      guard let computation = computations[id] else { continue }
      let known = Dictionary(computation.instructions.map { ($0.id, $0) }) { first, _ in first }
      computations[id]?.instructions = sequence.compactMap { known[$0] }
    }
  }

  /// Numbers of instructions in execution order, by computation.
  private static func schedule(_ reader: ProtobufReader) throws(ProtobufReader.Malformed) -> [Int: [Int]] {
    var reader = reader
    var order: [Int: [Int]] = [:]
    while let (field, value) = try reader.next() {
      guard field == 1, let range = value.range else { continue }
      var entry = reader.message(range)
      var id = 0
      var sequence: [Int] = []
      while let (field, value) = try entry.next() {
        if field == 1 { id = value.integer ?? 0 }
        guard field == 2, let range = value.range else { continue }
        var list = entry.message(range)
        while let (field, value) = try list.next() {
          if field == 1 { try list.append(value, to: &sequence) }
        }
      }
      order[id] = sequence
    }
    return order
  }
}

extension HLOModule.DecodingError: CustomStringConvertible {
  /// The problem.
  public var description: String {
    switch self {
    case .format(let name): "the final program comes as \"\(name)\", which is not read here"
    case .malformed(let problem): problem
    }
  }
}

extension HLODonation {
  init(_ reader: ProtobufReader) throws(ProtobufReader.Malformed) {
    self.init()
    var reader = reader
    while let (field, value) = try reader.next() {
      switch field {
      case 1: try reader.append(value, to: &result)
      case 2: argument = value.integer ?? argument
      case 3: try reader.append(value, to: &place)
      default: continue
      }
    }
  }
}

extension HLOComputation {
  init(_ reader: ProtobufReader) throws(ProtobufReader.Malformed) {
    self.init()
    var reader = reader
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .data(let range)): name = reader.text(range)
      case (2, .data(let range)): instructions.append(try HLOInstruction(reader.message(range)))
      case (5, _): id = value.integer ?? id
      case (6, _): root = value.integer ?? root
      case (7, _): isFusion = value.integer == 1
      default: continue
      }
    }
  }
}

extension HLOInstruction {
  init(_ reader: ProtobufReader) throws(ProtobufReader.Malformed) {
    self.init()
    var reader = reader
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .data(let range)): name = reader.text(range)
      case (2, .data(let range)): opcode = reader.text(range)
      case (3, .data(let range)): shape = try HLOShape(reader.message(range))
      case (7, .data(let range)):
        var metadata = reader.message(range)
        while let (field, value) = try metadata.next() {
          if field == 2, let range = value.range { operationName = metadata.text(range) }
        }
      case (8, .data(let range)): constant = try Self.wholeNumber(reader.message(range))
      case (63, .data(let range)): comparison = reader.text(range)
      case (9, _), (13, _): index = max(0, value.integer ?? index)
      case (35, _): id = value.integer ?? id
      case (36, _): try reader.append(value, to: &operands)
      case (37, _): try reader.append(value, to: &predecessors)
      case (38, _): try reader.append(value, to: &called)
      case (43, .data(let range)):
        let configuration = reader.text(range)
        cycles = Self.number("\"estimated_cycles\":\"", in: configuration)
        tripCount = Self.number("\"known_trip_count\":{\"n\":\"", in: configuration)
      default: continue
      }
    }
  }

  /// The value of a literal that is one whole number; nil for any other literal.
  private static func wholeNumber(_ reader: ProtobufReader) throws(ProtobufReader.Malformed) -> Int? {
    var reader = reader
    var values: [Int] = []
    // Signed and unsigned numbers of 32 and 64 bits each have a list of their own.
    while values.count <= 1, let (field, value) = try reader.next() {
      if (4...7).contains(field) { try reader.append(value, to: &values) }
    }
    return values.count == 1 ? values[0] : nil
  }

  /// The number after `key` in a backend's configuration: JSON without spaces, in which 64-bit numbers are strings.
  private static func number(_ key: String, in configuration: String) -> Int? {
    guard let place = configuration.firstRange(of: key) else { return nil }
    let number = Int(configuration[place.upperBound...].prefix { $0.isASCII && $0.isNumber })
    // A step that takes days is not plausible.
    return number.flatMap { $0 <= 1 << 48 ? $0 : nil }
  }
}

extension HLOShape {
  init(_ reader: ProtobufReader) throws(ProtobufReader.Malformed) {
    self.init(elementType: .other)
    var reader = reader
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (2, _): elementType = value.integer.flatMap { ElementType(rawValue: $0) } ?? .other
      case (3, _): try reader.append(value, to: &dimensions)
      case (4, .data(let range)): elements.append(try HLOShape(reader.message(range)))
      case (5, .data(let range)): try readLayout(reader.message(range))
      default: continue
      }
    }
  }

  private mutating func readLayout(_ reader: ProtobufReader) throws(ProtobufReader.Malformed) {
    var reader = reader
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, _): try reader.append(value, to: &minorToMajor)
      case (6, .data(let range)):
        var tile: [Int] = []
        var inner = reader.message(range)
        while let (field, value) = try inner.next() {
          if field == 1 { try inner.append(value, to: &tile) }
        }
        tiles.append(tile)
      case (7, _): elementBits = value.integer.flatMap { $0 > 0 ? $0 : nil }
      case (8, _): memorySpace = value.integer ?? 0
      default: continue
      }
    }
  }
}
