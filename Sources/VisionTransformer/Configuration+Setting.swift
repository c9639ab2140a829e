extension Configuration {
  /// Everything in a configuration except its shape: the part shared by a grid's settings, a store's rows and the
  /// command line's options.
  ///
  /// A configuration also exposes each value under its own name: `configuration.batch` is
  /// `configuration.setting.batch`.
  public struct Setting: Sendable, Hashable {
    /// Name of the device.
    public var device: String
    /// Images a core (a device) in one step, B.
    public var batch: Int
    /// Side of the square input image in pixels.
    public var imageSize: Int
    /// How the encoder's output is pooled.
    public var head: Head
    /// Outputs of the classifier.
    public var classes: Int
    /// The optimizer.
    public var optimizer: Optimizer
    /// Precision of activations.
    public var precision: Precision
    /// Gradient clipping.
    public var gradientClipping: GradientClipping
    /// What is recomputed in the backward pass.
    public var rematerialization: Rematerialization
    /// Unrolled or scanned blocks.
    public var layers: Layers
    /// Cores that share the gradient all-reduce.
    public var dataParallel: Int
    /// Overrides the device's usable memory.
    public var memoryLimit: Bytes?
    /// Version of the compiler that the answer is to speak for; nil for the one that the device's model was made for.
    public var compiler: String?

    /// A setting with the documented defaults.
    public init(
      device: String = Defaults.device, batch: Int = Defaults.batch, imageSize: Int = Defaults.imageSize,
      head: Head = Defaults.head, classes: Int = Defaults.classes, optimizer: Optimizer = Defaults.optimizer,
      precision: Precision = Defaults.precision, gradientClipping: GradientClipping = Defaults.gradientClipping,
      rematerialization: Rematerialization = Defaults.rematerialization, layers: Layers = Defaults.layers,
      dataParallel: Int = Defaults.dataParallel, memoryLimit: Bytes? = nil, compiler: String? = nil
    ) {
      self.device = device
      self.batch = batch
      self.imageSize = imageSize
      self.head = head
      self.classes = classes
      self.optimizer = optimizer
      self.precision = precision
      self.gradientClipping = gradientClipping
      self.rematerialization = rematerialization
      self.layers = layers
      self.dataParallel = dataParallel
      self.memoryLimit = memoryLimit
      self.compiler = compiler
    }

    /// The setting with the default batch and image size, which are axes of a grid: equal for two settings that differ
    /// only in these.
    package var apartFromAxes: Self {
      var setting = self
      setting.batch = Defaults.batch
      setting.imageSize = Defaults.imageSize
      return setting
    }
  }
}

// MARK: The setting's values under the configuration's own names

extension Configuration {
  /// Name of the device.
  public var device: String {
    get { setting.device }
    set { setting.device = newValue }
  }
  /// Images a core (a device) in one step, B.
  public var batch: Int {
    get { setting.batch }
    set { setting.batch = newValue }
  }
  /// Side of the square input image in pixels.
  public var imageSize: Int {
    get { setting.imageSize }
    set { setting.imageSize = newValue }
  }
  /// How the encoder's output is pooled.
  public var head: Head {
    get { setting.head }
    set { setting.head = newValue }
  }
  /// Outputs of the classifier.
  public var classes: Int {
    get { setting.classes }
    set { setting.classes = newValue }
  }
  /// The optimizer.
  public var optimizer: Optimizer {
    get { setting.optimizer }
    set { setting.optimizer = newValue }
  }
  /// Precision of activations.
  public var precision: Precision {
    get { setting.precision }
    set { setting.precision = newValue }
  }
  /// Gradient clipping.
  public var gradientClipping: GradientClipping {
    get { setting.gradientClipping }
    set { setting.gradientClipping = newValue }
  }
  /// What is recomputed in the backward pass.
  public var rematerialization: Rematerialization {
    get { setting.rematerialization }
    set { setting.rematerialization = newValue }
  }
  /// Unrolled or scanned blocks.
  public var layers: Layers {
    get { setting.layers }
    set { setting.layers = newValue }
  }
  /// Cores that share the gradient all-reduce.
  public var dataParallel: Int {
    get { setting.dataParallel }
    set { setting.dataParallel = newValue }
  }
  /// Overrides the device's usable memory.
  public var memoryLimit: Bytes? {
    get { setting.memoryLimit }
    set { setting.memoryLimit = newValue }
  }
  /// Version of the compiler that the answer is to speak for; nil for the one that the device's model was made for.
  public var compiler: String? {
    get { setting.compiler }
    set { setting.compiler = newValue }
  }
}
