import VisionTransformer

/// The instant of a schedule with the most live bytes, and the buffers alive at it.
///
/// Counted as in the compiler's rematerialization: an instruction's operands and results are alive together. The packer
/// may put a result in the bytes of an operand, and leaves gaps; its figure is in `CompiledMemory`.
public struct PeakReading: Sendable, Hashable, Codable {
  /// Temporaries alive at that instant, in the device's memory.
  public var temporaries: Bytes
  /// The same temporaries without tile padding.
  public var unpadded: Bytes
  /// Name of the instruction that runs at that instant.
  public var instruction: String
  /// Origin of that instruction.
  public var place: OperationPlace
  /// The live buffers, equal ones grouped, largest first; at most `mostGroups`.
  public var groups: [BufferGroup]

  /// A reading.
  package init(
    temporaries: Bytes, unpadded: Bytes, instruction: String, place: OperationPlace, groups: [BufferGroup]
  ) {
    self.temporaries = temporaries
    self.unpadded = unpadded
    self.instruction = instruction
    self.place = place
    self.groups = groups
  }

  /// The number of groups that are kept.
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
  /// Bytes of the group.
  public var bytes: Bytes
  /// Bytes of the group without tile padding.
  public var unpadded: Bytes
  /// Name of one of them.
  public var example: String

  /// A group of equal buffers.
  package init(shape: String, place: OperationPlace, count: Int, bytes: Bytes, unpadded: Bytes, example: String) {
    self.shape = shape
    self.place = place
    self.count = count
    self.bytes = bytes
    self.unpadded = unpadded
    self.example = example
  }

  /// Tile padding of the group.
  public var padding: Bytes { bytes - unpadded }
}
