import Evidence
import VisionTransformer

extension CheckReport {
  /// A training run with its cost by each kind of evidence that has a step time.
  public struct Training: Sendable, Hashable {
    /// The run as given: `300 epochs of 1,280,000 images`.
    public var title: String
    /// The run.
    public var run: TrainingRun
    /// The cost with the estimated step.
    public var estimated: TrainingCost?
    /// The cost with the compiler's step, which is not part of the estimate.
    public var compiled: TrainingCost?
    /// The time that published runs took apart from their steps; nil if no such figures were published, as for a host.
    public var wholeRuns: WholeRuns?
    /// Number of times that the dataset is seen; nil if the run was given in images.
    public var epochs: Double?

    /// A run with its costs.
    public init(
      title: String, run: TrainingRun, estimated: TrainingCost?, compiled: TrainingCost? = nil,
      wholeRuns: WholeRuns? = nil, epochs: Double? = nil
    ) {
      self.title = title
      self.run = run
      self.estimated = estimated
      self.compiled = compiled
      self.wholeRuns = wholeRuns
      self.epochs = epochs
    }
  }

  /// The share of published runs' time that their estimated steps take, and how well it predicts another run.
  public struct WholeRuns: Sendable, Hashable {
    /// The share.
    public var efficiency: Double
    /// Relative error of the rate of `testedOn`, as predicted with the share.
    public var testError: Double
    /// Name of the run that it was fitted on.
    public var fittedOn: String
    /// Name of the run that it was tested on.
    public var testedOn: String

    /// A share.
    public init(efficiency: Double, testError: Double, fittedOn: String, testedOn: String) {
      self.efficiency = efficiency
      self.testError = testError
      self.fittedOn = fittedOn
      self.testedOn = testedOn
    }

    /// The share as text, such as `0.84`.
    var share: String { fixed(efficiency, digits: 2) }

    /// The statement about whole runs, which is part of no other figure.
    var sentence: String {
      "Whole runs: published runs on TPUv3 took 1/\(share) of the estimated steps (\(basis)). "
        + "Every other figure of the training is of the steps alone."
    }

    /// The basis of the share, such as `fitted on ViT-g/14; SoViT-400m/14 is then predicted 5.1 % too fast`.
    var basis: String {
      "fitted on \(fittedOn); \(testedOn) is then predicted \(percent(testError.magnitude)) too "
        + (testError < 0 ? "slow" : "fast")
    }
  }

  /// The facts about a run: its own lines, and a separate line for whole runs as published.
  static func facts(_ training: Training, of input: Input) -> [(label: String, text: String)] {
    let unit = input.device?.unit ?? "core", estimated = training.estimated, compiled = training.compiled
    let shared = input.result.configuration.dataParallel
    var run = training.title, alone = "the steps alone"
    if let chips = training.run.chips, let schedule = (estimated ?? compiled)?.schedule {
      let devices = unit == "chip" ? "" : "\(counted(schedule.devices, unit)), "
      run += " on \(counted(chips, "chip")) (\(devices)batch \(grouped(schedule.globalBatch)))"
      run += ": \(counted(schedule.steps, "step"))"
      if schedule.devices != shared { alone += ", each with the gradients' sum over \(counted(shared, unit))" }
    }
    var facts: [(label: String, text: String)] = []
    if let estimated {
      let basis = compiled == nil ? "" : "estimated "
      let colon = estimated.schedule == nil ? ":" : ","
      facts.append(("training", "\(run)\(colon) \(estimated.text(unit)); \(basis)\(alone)"))
    }
    if let compiled {
      facts.append((facts.isEmpty ? "training" : "", "\(compiled.text(unit)); by the compiler's step"))
    }
    if let estimated, let whole = training.wholeRuns {
      facts.append(
        (
          "whole runs",
          "published runs on TPUv3 took 1/\(whole.share) of the estimated steps (\(whole.basis)): "
            + estimated.text(unit, over: whole.efficiency)
        ))
    }
    return facts
  }
}

extension TrainingCost {
  /// Hours from the first step to the last; nil if the number of chips was not given.
  package var hours: Double? { schedule.map { $0.elapsed.value / 3600 } }
  /// Chip-hours; nil on a host.
  package var chipHours: Double? { chipTime.map { $0.value / 3600 } }

  /// A text such as `71.9 hours, 191.8 core-days, 2,301 chip-hours`.
  ///
  /// - Parameter share: The steps' share of the whole time.
  func text(_ unit: String, over share: Double = 1) -> String {
    var parts = hours.map { ["\(amount($0 / share)) hours"] } ?? []
    parts.append("\(amount(deviceDays / share)) \(unit)-days")
    if let chipHours { parts.append("\(amount(chipHours / share)) chip-hours") }
    return parts.joined(separator: ", ")
  }
}

/// An amount of time with suitable precision, such as `2,301`, `71.9` or `0.072`.
package func amount(_ value: Double) -> String {
  guard value.isFinite, value < 1e15 else { return "\(value)" }
  if value >= 999.95 { return grouped(Int(value.rounded())) }
  return fixed(value, digits: value >= 0.9995 ? 1 : value >= 0.0995 ? 2 : value >= 0.00095 ? 4 : 6)
}

extension StepResult {
  /// The keys of `training`, in the order of the contract.
  public enum TrainingKey: String, CaseIterable, Sendable {
    case examples, chips, devices, globalBatch, steps, hours, deviceDays, chipHours, runEfficiency
  }
}

extension CheckReport.Training {
  /// The value of a key of the contract, with the estimated step for keys that depend on a step.
  func value(_ key: StepResult.TrainingKey) -> MachineValue {
    let schedule = (estimated ?? compiled)?.schedule
    return switch key {
    case .examples: .number(run.examples)
    case .chips: .optional(run.chips)
    case .devices: .optional(schedule?.devices)
    case .globalBatch: .optional(schedule?.globalBatch)
    case .steps: .optional(schedule?.steps)
    case .hours, .deviceDays, .chipHours: Self.value(key, of: estimated)
    case .runEfficiency: .optional(wholeRuns?.efficiency)
    }
  }

  /// The hours, device-days or chip-hours of a cost.
  static func value(_ key: StepResult.TrainingKey, of cost: TrainingCost?) -> MachineValue {
    switch key {
    case .hours: .optional(cost?.hours)
    case .deviceDays: .optional(cost?.deviceDays)
    case .chipHours: .optional(cost?.chipHours)
    case .examples, .chips, .devices, .globalBatch, .steps, .runEfficiency: .null
    }
  }

  /// The keys that depend on a step's time.
  static let timed: [StepResult.TrainingKey] = [.hours, .deviceDays, .chipHours]
}

extension JSONWriter {
  /// Writes a run with its cost; null if no run was given.
  mutating func training(_ training: CheckReport.Training?) {
    guard let training else { return null() }
    beginObject()
    for field in StepResult.TrainingKey.allCases {
      key(field.rawValue)
      value(training.value(field))
    }
    key("compiled")
    if let compiled = training.compiled {
      beginObject()
      for field in CheckReport.Training.timed {
        key(field.rawValue)
        value(CheckReport.Training.value(field, of: compiled))
      }
      endObject()
    } else {
      null()
    }
    endObject()
  }
}
