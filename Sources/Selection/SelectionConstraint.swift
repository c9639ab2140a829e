import VisionTransformer

/// What a shape must meet to be selected.
public enum SelectionConstraint: Int, Sendable, Hashable, CaseIterable {
  /// Bytes of the step within the device's memory, surely: what is uncertain does not count.
  case memory
  /// At least so many parameters.
  case minParameters
  /// At most so many parameters.
  case maxParameters
  /// At least so many images a second on one core (chip).
  case minImagesPerSecond
  /// At most so many forward FLOPs an image.
  case maxFLOPsPerImage
  /// At most so many FLOPs of the whole training: three times those of a forward pass, for each example.
  case maxTrainingFLOPs
  /// At most so many device-days (core-days, chip-days) for a training run, the steps alone.
  case maxDeviceDays

  /// Whether a smaller value meets it more easily.
  public var isMost: Bool {
    switch self {
    case .memory, .maxParameters, .maxFLOPsPerImage, .maxTrainingFLOPs, .maxDeviceDays: true
    case .minParameters, .minImagesPerSecond: false
    }
  }
}

/// The constraints of a selection.
public struct SelectionConstraints: Sendable, Hashable {
  /// Bounds by what they bound; `memory` is the device's and needs none.
  public var bounds: [SelectionConstraint: Double]
  /// What the model is to see, and on how many chips; nil where no bound needs it.
  public var run: TrainingRun?
  /// Devices on one chip, which `run.chips` counts.
  public var devicesPerChip: Int?

  /// Constraints.
  ///
  /// - Parameters:
  ///   - bounds: Bounds by what they bound.
  ///   - run: What the model is to see.
  ///   - devicesPerChip: Devices on one chip; nil where chips do not matter.
  public init(_ bounds: [SelectionConstraint: Double] = [:], run: TrainingRun? = nil, devicesPerChip: Int? = nil) {
    self.bounds = bounds
    self.run = run
    self.devicesPerChip = devicesPerChip
  }

  /// What a constraint compares with its bound.
  ///
  /// - Parameters:
  ///   - constraint: The constraint.
  ///   - figures: A configuration's figures.
  /// - Returns: infinite where the run is missing that the constraint needs.
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
