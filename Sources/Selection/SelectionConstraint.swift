import VisionTransformer

/// A constraint that a shape must meet to be selected.
public enum SelectionConstraint: Int, Sendable, Hashable, CaseIterable {
  /// The step certainly fits in the device's memory; an uncertain verdict does not count.
  case memory
  /// A minimum number of parameters.
  case minParameters
  /// A maximum number of parameters.
  case maxParameters
  /// A minimum number of images a second on one core (chip).
  case minImagesPerSecond
  /// A maximum number of forward FLOPs an image.
  case maxFLOPsPerImage
  /// A maximum number of FLOPs for the whole training: three times those of a forward pass, for each example.
  case maxTrainingFLOPs
  /// A maximum number of device-days (core-days, chip-days) for a training run, counting only the steps.
  case maxDeviceDays

  /// Whether the bound is a maximum, so that smaller values meet it.
  public var isMost: Bool {
    switch self {
    case .memory, .maxParameters, .maxFLOPsPerImage, .maxTrainingFLOPs, .maxDeviceDays: true
    case .minParameters, .minImagesPerSecond: false
    }
  }
}

/// The constraints of a selection.
public struct SelectionConstraints: Sendable, Hashable {
  /// The bound of each constraint; `memory` needs none, because the limit is the device's.
  public var bounds: [SelectionConstraint: Double]
  /// The training run; nil if no bound needs it.
  public var run: TrainingRun?
  /// Devices on one chip, the unit of `run.chips`.
  public var devicesPerChip: Int?

  /// Constraints.
  ///
  /// - Parameters:
  ///   - bounds: The bound of each constraint.
  ///   - run: The training run; nil if no bound needs it.
  ///   - devicesPerChip: Devices on one chip; nil if chips do not matter.
  public init(_ bounds: [SelectionConstraint: Double] = [:], run: TrainingRun? = nil, devicesPerChip: Int? = nil) {
    self.bounds = bounds
    self.run = run
    self.devicesPerChip = devicesPerChip
  }

  /// The value that is compared with a constraint's bound.
  ///
  /// - Parameters:
  ///   - constraint: The constraint.
  ///   - figures: A configuration's figures.
  /// - Returns: infinity if the constraint needs a run and there is none.
  public func value(_ constraint: SelectionConstraint, of figures: SelectionFigures) -> Double {
    switch constraint {
    case .memory: Double(figures.total)
    case .minParameters, .maxParameters: Double(figures.parameterCount)
    case .minImagesPerSecond: figures.imagesPerSecond
    case .maxFLOPsPerImage: figures.flopsPerImage
    case .maxTrainingFLOPs: 3 * figures.flopsPerImage * (run?.examples ?? .infinity)
    case .maxDeviceDays:
      run.map {
        $0.deviceTime(devicesPerChip: devicesPerChip, batch: figures.batch, step: Seconds(figures.stepSeconds)).value
          / 86_400
      } ?? .infinity
    }
  }

  /// Whether a configuration meets a constraint.
  func isMet(_ constraint: SelectionConstraint, by figures: SelectionFigures) -> Bool {
    if constraint == .memory { return figures.verdict == .fits }
    guard let bound = bounds[constraint] else { return true }
    let value = value(constraint, of: figures)
    return constraint.isMost ? value <= bound : value >= bound
  }
}
