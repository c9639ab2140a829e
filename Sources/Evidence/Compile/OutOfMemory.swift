import VisionTransformer

/// What a compiler says of a program that does not fit, as far as its words are understood.
public struct OutOfMemory: Sendable, Hashable, Codable {
  /// Bytes that the program needs; nil where the text does not say.
  public var used: Bytes?
  /// Whether `used` is a part of it: the compiler gave up before it counted the arguments.
  public var isPartial: Bool
  /// Bytes that there are.
  public var limit: Bytes?
  /// The table of bytes, where the text has one.
  public var table: AllocationTable
  /// The largest buffers, the largest first, where the text lists them.
  public var largest: [Allocation]
  /// The whole text.
  public var message: String

  /// One of the largest buffers.
  public struct Allocation: Sendable, Hashable, Codable {
    /// Bytes with padding.
    public var bytes: Bytes
    /// Bytes without padding.
    public var unpadded: Bytes?
    /// Shape with layout and tiles.
    public var shape: String
    /// The instruction that makes it.
    public var instruction: String
    /// Where the program's author has it from; empty where that is not said.
    public var operationName: String

    /// A buffer.
    public init(bytes: Bytes, unpadded: Bytes?, shape: String, instruction: String, operationName: String) {
      self.bytes = bytes
      self.unpadded = unpadded
      self.shape = shape
      self.instruction = instruction
      self.operationName = operationName
    }
  }

  /// An error of which nothing but its text is known.
  public init(unread message: String) {
    self.message = message
    isPartial = false
    table = AllocationTable()
    largest = []
  }
}
