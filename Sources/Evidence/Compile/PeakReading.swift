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

  /// Buffers that are alike.
  package init(shape: String, place: OperationPlace, count: Int, bytes: Bytes, unpadded: Bytes, example: String) {
    self.shape = shape
    self.place = place
    self.count = count
    self.bytes = bytes
    self.unpadded = unpadded
    self.example = example
  }

  /// Tile padding of all.
  public var padding: Bytes { bytes - unpadded }
}
