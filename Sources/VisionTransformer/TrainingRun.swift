/// A training run: how many images a model sees, and on how many chips.
public struct TrainingRun: Sendable, Hashable {
  /// Upper limits for a run.
  public enum Limits {
    /// Images seen: far beyond any published run (4 x 10^10), and still exact as a double.
    public static let examples = 1e15
    /// Chips.
    public static let chips = 1 << 20
  }

  /// Images that the model sees, counting repetitions.
  public let examples: Double
  /// Chips that share each batch; nil if not given.
  public let chips: Int?

  /// A run.
  ///
  /// - Parameters:
  ///   - examples: Images that the model sees, counting repetitions.
  ///   - chips: Chips that share each batch; nil leaves the schedule open.
  /// - Throws: `ConfigurationError` for a number outside `Limits`.
  public init(examples: Double, chips: Int? = nil) throws(ConfigurationError) {
    guard examples >= 1, examples <= Limits.examples else {
      throw ConfigurationError(key: "examples", value: "\(examples)", rule: "must be between 1 and 1e15")
    }
    if let chips, chips < 1 || chips > Limits.chips {
      throw ConfigurationError(key: "chips", value: "\(chips)", rule: "must be between 1 and \(Limits.chips)")
    }
    self.examples = examples.rounded(.up)
    self.chips = chips
  }

  /// The cost of the run at the speed of one step, with no time between the steps.
  ///
  /// - Parameters:
  ///   - device: The device that a step runs on.
  ///   - batch: Images in a step on one device.
  ///   - step: The time of one step.
  /// - Returns: nil if the device is a host and chips were given, because a host has none.
  public func cost(on device: Device, batch: Int, step: Seconds) -> TrainingCost? {
    let devicesPerChip = device.devicesPerChip
    if chips != nil, devicesPerChip == nil { return nil }
    let time = deviceTime(devicesPerChip: devicesPerChip, batch: batch, step: step)
    var cost = TrainingCost(deviceTime: time, chipTime: devicesPerChip.map { Seconds(time.value / Double($0)) })
    guard let chips, let devicesPerChip else { return cost }
    let devices = chips * devicesPerChip
    let steps = steps(devices: devices, batch: batch)
    cost.schedule = TrainingCost.Schedule(
      devices: devices, globalBatch: batch * devices, steps: Int(steps), elapsed: Seconds(steps * step.value))
    return cost
  }

  /// The time of all devices together; with a given number of chips, the last step counts as a whole one.
  ///
  /// - Parameters:
  ///   - devicesPerChip: Devices on one chip; nil on a host, which counts as one device.
  ///   - batch: Images in a step on one device.
  ///   - step: The time of one step.
  public func deviceTime(devicesPerChip: Int?, batch: Int, step: Seconds) -> Seconds {
    guard let chips else { return Seconds(examples / Double(batch) * step.value) }
    let devices = chips * (devicesPerChip ?? 1)
    return Seconds(steps(devices: devices, batch: batch) * Double(devices) * step.value)
  }

  private func steps(devices: Int, batch: Int) -> Double {
    (examples / (Double(batch) * Double(devices))).rounded(.up)
  }
}

/// The cost of a training run, counting only the steps: without input, evaluation, checkpoints and restarts.
public struct TrainingCost: Sendable, Hashable {
  /// The sequence of steps on a given number of chips.
  public struct Schedule: Sendable, Hashable {
    /// Devices (cores, or chips if a chip is one device) that share each batch.
    public var devices: Int
    /// Images in a step on all devices together.
    public var globalBatch: Int
    /// Number of optimizer steps; the last may have a partial batch.
    public var steps: Int
    /// Time from the first step to the last.
    public var elapsed: Seconds
  }

  /// The time of all devices together: core-seconds, or chip-seconds if a chip is one device.
  public var deviceTime: Seconds
  /// The time of all chips together; nil on a host.
  public var chipTime: Seconds?
  /// Steps and hours; nil if the number of chips was not given.
  public var schedule: Schedule?

  /// A cost without a schedule.
  ///
  /// - Parameters:
  ///   - deviceTime: The time of all devices together.
  ///   - chipTime: The time of all chips together; nil on a host.
  public init(deviceTime: Seconds, chipTime: Seconds?) {
    self.deviceTime = deviceTime
    self.chipTime = chipTime
  }

  /// Device-days: core-days, or chip-days if a chip is one device.
  public var deviceDays: Double { deviceTime.value / 86_400 }
}

extension Device {
  /// Devices of this kind on one chip: 2 for a TPUv3 core, 1 if a chip is one device; nil on a host.
  public var devicesPerChip: Int? {
    switch kind {
    case .tpu(let tpu): tpu.coresPerChip
    case .host: nil
    }
  }
}
