/// The part of the catalog that decoding needs: the named shapes and the devices.
public protocol ShapeDirectory: Sendable {
  /// The shape of that name (case-sensitive: `ViT-g/14` and `ViT-G/14` differ).
  ///
  /// - Throws: `ConfigurationError` naming the closest names.
  func shape(named name: String) throws(ConfigurationError) -> Shape
  /// Checks that the device exists.
  ///
  /// - Throws: `ConfigurationError` naming the devices there are.
  func checkDevice(named name: String) throws(ConfigurationError)
  /// The canonical spelling of a shape's name, for storing and showing: `ViT-G/14` for `G/14`.
  func canonicalName(ofShape name: String) -> String
  /// What a shape's name means, as any of the known libraries writes it.
  ///
  /// - Throws: `ConfigurationError` naming the closest names.
  func reading(ofShape name: String) throws(ConfigurationError) -> ShapeReading
  /// What the name of a device, or of a slice of devices, means.
  ///
  /// - Throws: `ConfigurationError` naming the devices there are.
  func reading(ofDevice name: String) throws(ConfigurationError) -> DeviceReading
}

/// What a shape's name means.
public struct ShapeReading: Sendable, Hashable {
  /// The shape.
  public var shape: Shape
  /// The canonical spelling, for storing and showing.
  public var name: String
  /// Side of the image, if the name or its family implies one.
  public var imageSize: Int?
  /// Pooling, if the name or its family implies one.
  public var head: Head?
  /// The library or family whose name it is, if it is not the catalog's own.
  public var family: String?
  /// How another library's name was understood; nil for a name of the catalog's own.
  public var note: String?

  /// A reading of a name.
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

/// What the name of a device or of a slice means.
public struct DeviceReading: Sendable, Hashable {
  /// The device in the catalog.
  public var name: String
  /// Programs that run side by side, if the name is a slice's.
  public var dataParallel: Int?
  /// How a name that is not the catalog's own was understood.
  public var note: String?

  /// A reading of a name.
  public init(name: String, dataParallel: Int? = nil, note: String? = nil) {
    self.name = name
    self.dataParallel = dataParallel
    self.note = note
  }
}

extension ShapeDirectory {
  /// The name itself, for a directory that knows only one spelling.
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
