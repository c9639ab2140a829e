import VisionTransformer

/// The instant of a schedule at which most bytes are alive, and what they are.
///
/// As the compiler's rematerialization counts: an instruction's operands and results are alive together. The packer may let a
/// result take the room of an operand, and leaves gaps; its figure is in `CompiledMemory`.
public struct PeakReading: Sendable, Hashable, Codable {
  /// Temporaries that are alive then, in the device's memory.
  public var temporaries: Bytes
  /// The same without tile padding.
  public var unpadded: Bytes
  /// Name of the instruction that runs then.
  public var instruction: String
  /// When that is.
  public var place: OperationPlace
  /// What is alive, alike ones together, the largest first; at most `mostGroups`.
  public var groups: [BufferGroup]

  /// Groups that are kept.
  public static let mostGroups = 24
}

/// Buffers of one shape that come from one kind of work.
public struct BufferGroup: Sendable, Hashable, Codable {
  /// Shape with layout and tiles: `bf16[32,16,256,256]{3,2,1,0:T(8,128)(2,1)}`.
  public var shape: String
  /// Work that made them.
  public var place: OperationPlace
  /// How many are alive.
  public var count: Int
  /// Bytes of all.
  public var bytes: Bytes
  /// Bytes of all without tile padding.
  public var unpadded: Bytes
  /// Name of one of them.
  public var example: String

  /// Tile padding of all.
  public var padding: Bytes { bytes - unpadded }
}

extension PeakReading {
  /// Walks a module's schedule.
  public init(_ module: HLOModule) {
    let walk = LivenessOfSchedule(module: module)
    let peak = walk.peak(of: module.entry)
    temporaries = peak.bytes
    unpadded = peak.alive.reduce(.zero) { sum, buffer in sum + buffer.shape.unpadded }
    instruction = peak.instruction?.name ?? ""
    place = OperationPlace(
      operationName: peak.instruction?.operationName ?? "", opcode: peak.instruction?.opcode ?? "")
    var found: [Key: BufferGroup] = [:]
    for buffer in peak.alive {
      let place = OperationPlace(operationName: buffer.maker.operationName, opcode: buffer.maker.opcode)
      var group =
        found[Key(shape: buffer.shape, place: place)]
        ?? BufferGroup(
          shape: buffer.shape.description, place: place, count: 0, bytes: .zero, unpadded: .zero,
          example: buffer.maker.name)
      group.count += 1
      group.bytes += buffer.shape.padded
      group.unpadded += buffer.shape.unpadded
      found[Key(shape: buffer.shape, place: place)] = group
    }
    groups = Array(
      found.values.sorted { ($1.bytes.count, $0.shape, $0.example) < ($0.bytes.count, $1.shape, $1.example) }
        .prefix(Self.mostGroups))
  }

  private struct Key: Hashable {
    var shape: HLOShape
    var place: OperationPlace
  }
}
