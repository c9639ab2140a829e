/// What decoding needs to know of the catalog: the named shapes and the devices.
public protocol ShapeDirectory: Sendable {
  /// The shape of that name (case-sensitive: `ViT-g/14` and `ViT-G/14` differ).
  ///
  /// - Throws: `ConfigurationError` naming the closest names.
  func shape(named name: String) throws(ConfigurationError) -> Shape
  /// Checks that the device exists.
  ///
  /// - Throws: `ConfigurationError` naming the devices there are.
  func checkDevice(named name: String) throws(ConfigurationError)
  /// The one spelling under which the shape of that name is stored and shown: `ViT-G/14` for `G/14`.
  func canonicalName(ofShape name: String) -> String
  /// What a name of a shape says, in the words of whatever library.
  ///
  /// - Throws: `ConfigurationError` naming the closest names.
  func reading(ofShape name: String) throws(ConfigurationError) -> ShapeReading
  /// What a name of a device, or of a slice of devices, says.
  ///
  /// - Throws: `ConfigurationError` naming the devices there are.
  func reading(ofDevice name: String) throws(ConfigurationError) -> DeviceReading
}

/// What the name of a shape says.
public struct ShapeReading: Sendable, Hashable {
  /// The shape.
  public var shape: Shape
  /// The one spelling under which it is stored and shown.
  public var name: String
  /// Side of the image, where the name or its family brings one.
  public var imageSize: Int?
  /// Pooling, where the name or its family brings one.
  public var head: Head?
  /// Whose name it is, where it is another library's.
  public var family: String?
  /// How a name that is another library's was understood; nil for a name of the catalog's own.
  public var note: String?

  /// What a name says.
  public init(
    shape: Shape, name: String, imageSize: Int? = nil, head: Head? = nil, family: String? = nil, note: String? = nil
  ) {
    self.shape = shape
    self.name = name
    self.imageSize = imageSize
    self.head = head
    self.family = family
    self.note = note
  }
}

/// What the name of a device or of a slice says.
public struct DeviceReading: Sendable, Hashable {
  /// The device in the catalog.
  public var name: String
  /// Programs that run side by side, where the name is a slice's.
  public var dataParallel: Int?
  /// How a name that is not the catalog's own was understood.
  public var note: String?

  /// What a name says.
  public init(name: String, dataParallel: Int? = nil, note: String? = nil) {
    self.name = name
    self.dataParallel = dataParallel
    self.note = note
  }
}

extension ShapeDirectory {
  /// The name itself, for directories that know one spelling only.
  public func canonicalName(ofShape name: String) -> String { name }

  /// A name of the directory's own.
  public func reading(ofShape name: String) throws(ConfigurationError) -> ShapeReading {
    ShapeReading(shape: try shape(named: name), name: canonicalName(ofShape: name))
  }

  /// A name of the directory's own.
  public func reading(ofDevice name: String) throws(ConfigurationError) -> DeviceReading {
    try checkDevice(named: name)
    return DeviceReading(name: name)
  }
}
