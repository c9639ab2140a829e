import VisionTransformer

/// A compiler's error for a program that does not fit, as far as its text is understood.
public struct OutOfMemory: Sendable, Hashable, Codable {
  /// Bytes that the program needs; nil if the text does not say.
  public var used: Bytes?
  /// Whether `used` is only a part of it, because the compiler gave up before counting the arguments.
  public var isPartial: Bool
  /// Bytes available.
  public var limit: Bytes?
  /// The table of bytes, if the text has one.
  public var table: AllocationTable
  /// The largest buffers, largest first, if the text lists them.
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
    /// The author's name for its origin; empty if there is none.
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

  /// An error of which only the text is known.
  public init(unread message: String) {
    self.message = message
    isPartial = false
    table = AllocationTable()
    largest = []
  }
}
