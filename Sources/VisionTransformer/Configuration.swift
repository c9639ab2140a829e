/// A shape plus everything that decides its cost on a device: what every estimate, compile and measurement is made for.
///
/// `init(_:directory:)` in `Configuration+Decoding.swift` reads the JSON contract; every key except the shape has a
/// default.
public struct Configuration: Sendable, Hashable {
  /// Name of the shape where it was given by name, such as `ViT-G/14`.
  public var shapeName: String?
  /// The shape.
  public var shape: Shape
  /// Everything else.
  public var setting: Setting

  /// The same configuration without the name of its shape, which decides nothing: equal for equal questions.
  package var unnamed: Configuration {
    var unnamed = self
    unnamed.shapeName = nil
    return unnamed
  }

  /// A configuration of `shape` in a setting.
  public init(shape: Shape, shapeName: String? = nil, setting: Setting) {
    self.shape = shape
    self.shapeName = shapeName
    self.setting = setting
  }

  /// A configuration of `shape` with the documented defaults.
  public init(
    shape: Shape, shapeName: String? = nil, device: String = Defaults.device, batch: Int = Defaults.batch,
    imageSize: Int = Defaults.imageSize, head: Head = Defaults.head, classes: Int = Defaults.classes,
    optimizer: Optimizer = Defaults.optimizer, precision: Precision = Defaults.precision,
    gradientClipping: GradientClipping = Defaults.gradientClipping,
    rematerialization: Rematerialization = Defaults.rematerialization, layers: Layers = Defaults.layers,
    dataParallel: Int = Defaults.dataParallel, memoryLimit: Bytes? = nil
  ) {
    self.init(
      shape: shape, shapeName: shapeName,
      setting: Setting(
        device: device, batch: batch, imageSize: imageSize, head: head, classes: classes, optimizer: optimizer,
        precision: precision, gradientClipping: gradientClipping, rematerialization: rematerialization, layers: layers,
        dataParallel: dataParallel, memoryLimit: memoryLimit))
  }

  /// The defaults of every key except the shape, shared by the JSON contract, the command line and the grids.
  public enum Defaults {
    /// A TPUv3 core, the paper's device.
    public static let device = "tpu-v3"
    /// Images a core.
    public static let batch = 8
    /// Pixels.
    public static let imageSize = 224
    /// The head of the paper's own large models.
    public static let head = Head.map
    /// JFT-3B's label count (arXiv 2106.04560, section 2, and the published configuration).
    public static let classes = 29_593
    /// The optimizer of the paper's own large models.
    public static let optimizer = Optimizer.adafactor
    /// Activations in bfloat16, as on every TPU run of the paper.
    public static let precision = Precision.bfloat16
    /// No clipping.
    public static let gradientClipping = GradientClipping.none
    /// Rematerialization by the compiler itself.
    public static let rematerialization = Rematerialization.automatic
    /// Unrolled blocks.
    public static let layers = Layers.unrolled
    /// The cores of a `v3:2x2` topology.
    public static let dataParallel = 8
  }

  /// Patches along one side of the image. A remainder that the patch does not divide is dropped, as in a VALID
  /// convolution.
  public var patchesPerSide: Int { imageSize / shape.patch }
  /// Patches an image, N.
  public var patches: Int { patchesPerSide * patchesPerSide }
  /// Tokens an image in the encoder, T: the patches, plus one for a class token.
  public var tokens: Int { patches + (head == .token ? 1 : 0) }
  /// Pixels of each side that the patch does not cover; zero where it divides the image.
  public var droppedPixels: Int { imageSize % shape.patch }
}
