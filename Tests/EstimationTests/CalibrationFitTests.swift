import Foundation
import Testing
import VisionTransformer

@testable import Estimation

/// Constants fitted to rows whose truth is known, because the model made them.
@Suite struct CalibrationFitTests {
  /// A device with some constants changed.
  private static func device(_ changes: [String: (Double) -> Double] = [:]) throws -> Device {
    var device = try Bundled.estimator.get().device, tpu = try device.tpu, place = 0
    let values = tpu.constants.values
    tpu.constants = FittedConstants { name, _ in
      defer { place += 1 }
      return changes[name]?(values[place]) ?? values[place]
    }
    device.kind = .tpu(tpu)
    return device
  }

  private static func index(_ name: String) throws -> Int { try #require(FittedConstants.names.firstIndex(of: name)) }

  /// Configurations of the bundled evidence for a quantity, observed as the model has them with `truth`, beside
  /// estimates of `start`.
  ///
  /// - Parameters:
  ///   - scatter: Relative error of an observation, up and down by turns.
  private static func rows(
    _ group: ConstantGroup, truth: Device, start: Device, scatter: Double = 0,
    where isWanted: (Configuration) -> Bool = { _ in true }
  ) -> [ValidationRow] {
    let bundled = Bundled.rows(group.quantity).map(\.comparison.evidence.configuration).filter(isWanted)
    return rows(bundled, group, truth: truth, start: start, scatter: scatter)
  }

  private static func rows(
    _ configurations: [Configuration], _ group: ConstantGroup, truth: Device, start: Device, scatter: Double = 0
  ) -> [ValidationRow] {
    let oracle = Estimator(device: truth), estimator = Estimator(device: start)
    return configurations.enumerated().compactMap { number, configuration in
      let estimate = oracle.estimate(configuration), factor = 1 + (number.isMultiple(of: 2) ? scatter : -scatter)
      // What the model rematerializes would be another quantity.
      if group != .instructions, estimate.rematerialized != nil { return nil }
      var seen = Observation()
      switch group {
      case .cycles:
        let cycles = (estimate.stepSeconds - estimate.allReduceSeconds) * truth.clock
        seen.cycles = Int((cycles * factor).rounded())
      case .packing: seen.total = Bytes(Int(Double(estimate.total) * factor))
      case .instructions:
        seen.rematerializationLimit = Bytes(estimate.rematerializationLimit)
      }
      let evidence = ObservedEvidence(
        configuration: configuration, compiler: "the model", observation: seen, label: .tuned)
      return ValidationRow(
        place: "made:\(number)", group: .tuned, comparison: Comparison(evidence, by: estimator))
    }
  }

  private static func fit(
    _ rows: [ValidationRow], _ names: [String], _ device: Device
  ) throws -> [String: FittedConstant] {
    let fit = try #require(CalibrationFit(rows, wanted: Set(try names.map(index)), device: device))
    return Dictionary(uniqueKeysWithValues: fit.groups.flatMap(\.constants).map { ($0.name, $0) })
  }

  // MARK: - What is determined

  @Test func changedPricesAreFound() throws {
    let changes: [String: (Double) -> Double] = [
      "cycles.product": { $0 * 1.1 }, "cycles.fusions": { $0 * 2 }, "cycles.stream": { $0 * 0.9 },
      "cycles.loop": { $0 * 0.8 }, "cycles.updateStream": { $0 * 0.85 }, "cycles.logitsGradient": { $0 * 1.3 },
    ]
    let truth = try Self.device(changes), start = try Self.device()
    let rows = Self.rows(.cycles, truth: truth, start: start)
    #expect(rows.count > 60)
    let found = try Self.fit(rows, changes.keys.sorted() + ["cycles.imageTurn"], start)
    let values = try truth.tpu.constants.values
    for (name, constant) in found {
      let wanted = values[try Self.index(name)], new = try #require(constant.new, "\(constant)")
      #expect((new / wanted - 1).magnitude < 0.01, "\(name): \(new), not \(wanted)")
    }
  }

  /// A price that begins at zero moves by steps, one that is a share by its logarithm.
  @Test func theFitBeginsAtNeutralValues() throws {
    let truth = try Self.device()
    let neutral: [String: (Double) -> Double] = [
      "cycles.product": { _ in 1 }, "cycles.fusions": { _ in 0 }, "cycles.updateStream": { _ in 1 },
    ]
    let start = try Self.device(neutral), values = try truth.tpu.constants.values
    let found = try Self.fit(Self.rows(.cycles, truth: truth, start: start), neutral.keys.sorted(), start)
    for (name, constant) in found {
      let wanted = values[try Self.index(name)], new = try #require(constant.new, "\(constant)")
      #expect((new / wanted - 1).magnitude < 0.01, "\(name): \(new), not \(wanted)")
    }
    let gaps = ["packing.gapsAligned", "packing.gapsUnaligned"]
    let packed = try Self.device(Dictionary(uniqueKeysWithValues: gaps.map { ($0, { _ in 0 }) }))
    let rows = Self.rows(.packing, truth: truth, start: packed)
    for (name, constant) in try Self.fit(rows, gaps, packed) {
      let wanted = values[try Self.index(name)], new = try #require(constant.new, "\(constant)")
      #expect((new / wanted - 1).magnitude < 0.01, "\(name): \(new), not \(wanted)")
    }
  }

  /// Counts of instructions may be below zero, and are found through it.
  @Test func aCountChangesItsSign() throws {
    let name = "instructions.blockFloat32"
    let truth = try Self.device([name: { _ in 90 }]), start = try Self.device()
    #expect(try start.tpu.constants.values[Self.index(name)] < 0)
    let rows = Self.rows(.instructions, truth: truth, start: start)
    let found = try Self.fit(rows, [name], start)
    #expect((try #require(found[name]?.new) - 90).magnitude < 0.9)
  }

  /// One observation in ten is off by half; the others decide.
  @Test func rowsThatAreFarOffHardlyCount() throws {
    let name = "cycles.product"
    let truth = try Self.device([name: { $0 * 1.2 }]), start = try Self.device()
    let rows = Self.rows(.cycles, truth: truth, start: start, scatter: 0.002).enumerated().map { number, row in
      guard number.isMultiple(of: 10) else { return row }
      var evidence = row.comparison.evidence
      evidence.observation.cycles = evidence.observation.cycles.map { $0 * 3 / 2 }
      return ValidationRow(
        place: row.place, group: row.group, comparison: Comparison(evidence, by: Estimator(device: start)))
    }
    let new = try #require(try Self.fit(rows, [name], start)[name]?.new)
    #expect((new / (try truth.tpu.constants.cycles.pointee.product) - 1).magnitude < 0.01, "\(new)")
  }

  // MARK: - What is not

  @Test func aConstantThatNoRowTellsOfIsRefusedWithTheRowThatWould() throws {
    let start = try Self.device()
    let rows = Self.rows(.cycles, truth: start, start: start) { $0.head == .token }
    let found = try Self.fit(rows, ["cycles.poolMAPQuery", "cycles.poolGAP"], start)
    #expect(found["cycles.poolMAPQuery"]?.refusal == .unmoved(tells: "head map", isFar: false))
    #expect(found["cycles.poolGAP"]?.refusal == .unmoved(tells: "head gap", isFar: false))
    #expect(found.values.allSatisfy { $0.new == nil && $0.share == 0 && $0.refusal?.word == "range" })
    // No step of which the compiler recomputes nothing has gaps after rematerialization.
    let gaps = "packing.gapsRematerialized"
    let totals = Self.rows(.packing, truth: start, start: start)
    #expect(try Self.fit(totals, [gaps], start)[gaps]?.refusal == .unmoved(tells: nil, isFar: false))
  }

  @Test func aShareBelowTheScatterIsRefused() throws {
    let start = try Self.device()
    let rows = Self.rows(.cycles, truth: start, start: start, scatter: 0.05)
    let found = try #require(try Self.fit(rows, ["cycles.vectorUpdate"], start)["cycles.vectorUpdate"])
    guard case .range(let error) = found.refusal else { return #expect(Bool(false), "\(found)") }
    #expect(error > GroupFit.mostError && found.new == nil)
    // The same rows without scatter tell it.
    let clear = Self.rows(.cycles, truth: start, start: start)
    #expect(try Self.fit(clear, ["cycles.vectorUpdate"], start)["cycles.vectorUpdate"]?.new != nil)
  }

  @Test func aThresholdIsRefused() throws {
    let start = try Self.device(), rows = Self.rows(.cycles, truth: start, start: start)
    let found = try Self.fit(rows, ["cycles.onePassRows", "cycles.splitContractionBytes"], start)
    #expect(found["cycles.onePassRows"]?.refusal == .jumps)
    #expect(found.values.allSatisfy { $0.new == nil && $0.refusal?.word == "range" })
  }

  /// Both are prices of a register of the residual stream, paid by the same steps.
  @Test func whatCannotBeToldFromAnotherIsRefused() throws {
    let start = try Self.device()
    let rows = Self.rows(.cycles, truth: start, start: start, scatter: 0.0001) {
      $0.head == .gap && $0.precision == .bfloat16 && $0.batch % 128 != 0
    }
    let found = try Self.fit(rows, ["cycles.poolGAP", "cycles.positionsLayout"], start)
    let fitted = found.values.filter { $0.new != nil }, refused = found.values.filter { $0.new == nil }
    #expect(fitted.count == 1 && refused.count == 1)
    guard case .rank(let alone, let error, let others) = refused.first?.refusal else {
      return #expect(Bool(false), "\(refused)")
    }
    #expect(others == fitted.map(\.name) && alone < GroupFit.mostError && error > GroupFit.mostError)
  }

  @Test func threeStepsAreNeededForAConstant() throws {
    let start = try Self.device()
    let names = ["cycles.product", "cycles.fusions", "cycles.updateStream"]
    let steps = [8, 16, 24, 32, 40, 48, 56].map {
      Configuration(shape: Shape(width: 768, depth: 6, mlpWidth: 3072, heads: 12, patch: 16), batch: $0)
    }
    // Three are set aside.
    let four = try Self.fit(Self.rows(steps, .cycles, truth: start, start: start), names, start)
    #expect(four.values.count { $0.new != nil } == 1)
    #expect(Set(four.values.compactMap(\.refusal)) == [.rows(missing: 2), .rows(missing: 5)])
    let none = try Self.fit(Self.rows(Array(steps[..<5]), .cycles, truth: start, start: start), names, start)
    #expect(Set(none.values.compactMap(\.refusal)) == [.rows(missing: 1), .rows(missing: 4), .rows(missing: 7)])
    // One step in two ways of clipping is two steps, but is set aside as one.
    #expect(try Self.fit([], names, start).values.allSatisfy { $0.new == nil && $0.refusal != nil })
  }

  // MARK: - The whole

  @Test func aFitIsTheSameInEveryRunAndInEveryOrderOfRows() throws {
    let start = try Self.device(), rows = Bundled.validationRows
    let wanted = Set(ConstantGroup.instructions.indices)
    let first = try #require(CalibrationFit(rows, wanted: wanted, device: start))
    let again = try #require(CalibrationFit(rows, wanted: wanted, device: start))
    #expect(first.groups.map(\.constants) == again.groups.map(\.constants) && first.errors == again.errors)
    #expect(first.fitted == again.fitted)
    let turned = try #require(CalibrationFit(rows.reversed(), wanted: wanted, device: start))
    func heldOut(_ fit: CalibrationFit) -> [Set<String>] { fit.groups.map { Set($0.split.heldOut.map(\.place)) } }
    #expect(heldOut(first) == heldOut(turned))
  }

  @Test func limitsOfTheBundledEvidenceMakeTheHeldOutErrorFall() throws {
    let start = try Self.device()
    let fit = try #require(
      CalibrationFit(Bundled.validationRows, wanted: Set(ConstantGroup.instructions.indices), device: start))
    let errors = try #require(fit.errors(of: .instructions, isHeldOut: true))
    #expect(errors.falls && fit.worse.isEmpty && fit.constants.count > 3)
    // No row that is never fitted to, and none of its steps, took part.
    let group = try #require(fit.groups.first)
    #expect(group.split.training.allSatisfy { $0.comparison.evidence.label == .tuned })
    #expect(group.split.heldOut.count >= Bundled.rows(.rematerializationLimit).count / 4)
    // The constants of the device after are those that were fitted.
    let after = try fit.fitted.tpu.constants.values
    for constant in fit.constants { #expect(after[try Self.index(constant.name)] == constant.new) }
    // The band is that of all rows that the report takes.
    #expect(fit.band == nil && fit.fitted != start)
  }

  @Test func temporaryConstantsAreLikeKeptOnes() throws {
    let device = try Self.device(), values = try device.tpu.constants.values
    #expect(values.count == FittedConstants.names.count)
    let configuration = Configuration(shape: Shape(width: 768, depth: 6, mlpWidth: 3072, heads: 12, patch: 16))
    let estimate = try FittedConstants.withTemporary(values) { constants in
      var copy = device, tpu = try device.tpu
      #expect(constants.values == values)
      tpu.constants = constants
      copy.kind = .tpu(tpu)
      return Estimator(device: copy).estimate(configuration)
    }
    #expect(estimate == Estimator(device: device).estimate(configuration))
  }

  @Test(arguments: [
    (4.86749, 4.867), (1_073_741_824, 1_074_000_000), (-55.2549, -55.25), (0.00123456, 0.001235), (0, 0),
  ])
  func valuesHaveFourDigits(value: Double, wanted: Double) { #expect(rounded(value, digits: 4) == wanted) }
}

/// The rows that are set aside.
@Suite struct EvidenceSplitTests {
  @Test(arguments: [EvidenceQuantity.cycles, .total, .livePeak])
  func oneStepInFourIsSetAside(quantity: EvidenceQuantity) {
    let own = Bundled.validationRows.map { row in
      var evidence = row.comparison.evidence
      evidence.label = nil
      return ValidationRow(
        place: row.place, group: .compiled,
        comparison: Comparison(row.comparison.estimate, evidence, device: row.comparison.device))
    }
    let split = EvidenceSplit(own, quantity: quantity)
    let share = Double(split.heldOut.count) / Double(split.heldOut.count + split.training.count)
    #expect((0.2...0.3).contains(share), "\(share)")
    #expect(Set(split.heldOut.map(\.place)).isDisjoint(with: split.training.map(\.place)))
    // Steps that differ only in clipping or rematerialization are on the same side.
    let training = Set(split.training.map { $0.comparison.evidence.configuration.plain })
    #expect(split.heldOut.allSatisfy { !training.contains($0.comparison.evidence.configuration.plain) })
    let turned = EvidenceSplit(own.reversed(), quantity: quantity)
    #expect(Set(turned.heldOut.map(\.place)) == Set(split.heldOut.map(\.place)))
  }

  @Test func labelledRowsAreAlwaysSetAside() {
    let split = EvidenceSplit(Bundled.validationRows, quantity: .cycles)
    #expect(split.training.allSatisfy { $0.comparison.evidence.label == .tuned } && !split.training.isEmpty)
    #expect(split.heldOut.contains { $0.comparison.evidence.label == .shared })
    #expect(split.trainingSteps <= split.training.count)
    #expect(EvidenceSplit(Bundled.validationRows.prefix(0), quantity: .cycles).training.isEmpty)
  }
}

extension Configuration {
  /// Without what does not decide on which side a step is.
  fileprivate var plain: Configuration {
    Configuration(
      shape: shape, batch: batch, imageSize: imageSize, head: head, optimizer: optimizer, precision: precision)
  }
}

extension Bundled {
  /// The bundled rows as a validation has them.
  static let validationRows = rows.map { row in
    ValidationRow(
      place: "\(row.file):\(row.line)", group: row.comparison.evidence.label?.group ?? .compiled,
      comparison: row.comparison)
  }
}
