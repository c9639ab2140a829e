import CKernels
import Foundation
import Testing

private let (rate, decay) = (1e-3, 1e-4)

private func bfloat16(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

/// The nearest bfloat16, the even one of two that are equally near: decided by distances, not by bits.
private func nearestHalf(_ x: Double) -> UInt16 {
  let low = UInt16(Float(x).bitPattern >> 16)  // towards zero
  guard x.isFinite, Double(bfloat16(low)) != x else { return low }
  let high = low + 1
  let (below, above) = (abs(x - Double(bfloat16(low))), abs(Double(bfloat16(high)) - x))
  // Beyond the largest number the next would be 2^128.
  let gap = bfloat16(high).isFinite ? above : abs(0x1p128 - abs(x))
  return below < gap || (below == gap && low % 2 == 0) ? low : high
}

private final class Halves {
  let start: UnsafeMutablePointer<UInt16>
  let count: Int
  init(_ values: [UInt16]) {
    count = values.count
    start = .allocate(capacity: count)
    for (i, value) in values.enumerated() { (start + i).initialize(to: value) }
    KeptUntilTheTestEnds.kept.append(self)
  }
  deinit { start.deallocate() }
  var values: [UInt16] { (0..<count).map { start[$0] } }
}

extension Kernels {
  @Suite(.serialized) struct UpdateTests {
    private static let counts = [1, 100, 4099]

    @Test(arguments: [nil, Float(0.25)])
    func sgdUpdatesEveryTensor(_ factor: Float?) {
      let tensors = Self.counts.map { (p: Floats.random($0, seed: 1), g: Floats.random($0, seed: 2)) }
      let clip = Floats([factor ?? 1])
      eachWay { way in
        let updated = tensors.map { $0.p.copy() }
        let list = zip(updated, tensors).map {
          sf_sgd_tensor(count: Int64($0.count), p: $0.start, g: $1.g.start, m: nil)
        }
        descend(list, factor: factor == nil ? nil : clip, way)
        for (p, t) in zip(updated, tensors) {
          let wanted = zip(t.p.doubles, t.g.doubles).map { $0 - (rate * $1 * Double(factor ?? 1) + decay * $0) }
          expectClose(p, wanted, tolerance: 1e-6, "p", way)
        }
      }
    }

    /// One step of the kernel; `factor` is that of clipping.
    private func descend(_ tensors: [sf_sgd_tensor], factor: Floats?, _ way: Way) {
      tensors.withUnsafeBufferPointer {
        way.run(
          sf_sgd,
          sf_sgd_arguments(
            tensors: $0.baseAddress, tensor_count: Int64($0.count), factor: factor?.start, rate: Float(rate),
            decay: Float(decay)))
      }
    }

    @Test(arguments: [nil, Float(0.25)])
    func momentumTakesThreeStepsAsOptaxDoes(_ factor: Float?) {
      let tensors = Self.counts.map { (p: Floats.random($0, seed: 1), g: Floats.random($0, seed: 2)) }
      let clip = Floats([factor ?? 1])
      eachWay { way in
        let updated = tensors.map { (p: $0.p.copy(), m: Floats($0.p.count, 0)) }
        let list = zip(updated, tensors).map {
          sf_sgd_tensor(count: Int64($0.p.count), p: $0.p.start, g: $1.g.start, m: $0.m.start)
        }
        for _ in 0..<3 { descend(list, factor: factor == nil ? nil : clip, way) }
        for (new, t) in zip(updated, tensors) {
          var (wantedP, wantedM) = (t.p.doubles, [Double](repeating: 0, count: t.p.count))
          for _ in 0..<3 {
            for (i, g) in t.g.doubles.enumerated() {
              wantedM[i] = g * Double(factor ?? 1) + 0.9 * wantedM[i]
              wantedP[i] -= rate * wantedM[i] + decay * wantedP[i]
            }
          }
          expectClose(new.p, wantedP, tolerance: 1e-6, "p", way)
          expectClose(new.m, wantedM, tolerance: 1e-6, "m", way)
        }
      }
    }

    @Test(arguments: [0.1, 1e-4])
    func normFactorScalesDownToOneAndNeverUp(_ scale: Float) {
      let tensors = [1, 100, 40_000].map { Floats.random($0, seed: 3, scale: scale) }
      let norm = tensors.flatMap(\.doubles).reduce(0) { $0 + $1 * $1 }.squareRoot()
      let list = tensors.map { sf_norm_tensor(count: Int64($0.count), g: $0.start) }
      eachWay { way in
        let (scratch, stride) = way.scratch(16)
        let factor = Floats(1)
        list.withUnsafeBufferPointer {
          way.run(
            sf_norm_factor,
            sf_norm_factor_arguments(
              tensors: $0.baseAddress, tensor_count: Int64($0.count), factor: factor.start, scratch: scratch.start,
              scratch_stride: stride))
        }
        expectClose(factor, [min(1, 1 / norm)], tolerance: 1e-6, "factor", way)
      }
    }

    @Test(arguments: [false, true])
    func adamTakesThreeStepsAsOptaxDoes(_ half: Bool) {
      let p = Floats.random(101, seed: 1)
      let gradients = (0..<3).map { Floats.random(101, seed: 10 + UInt64($0), scale: $0 == 2 ? 1e-6 : 1) }
      let clip = Floats([0.5])
      var (wantedP, m, v) = (p.doubles, [Double](repeating: 0, count: 101), [Double](repeating: 0, count: 101))
      for (index, g) in gradients.enumerated() {
        let step = Double(index + 1)
        for i in m.indices {
          let gradient = 0.5 * Double(g.start[i])
          m[i] = 0.1 * gradient + (half ? 0.8984375 : 0.9) * m[i]
          v[i] = 0.001 * gradient * gradient + 0.999 * v[i]
          // The powers are taken in float32, as there.
          let (mHat, vHat) = (m[i] / Double(1 - powf(0.9, Float(step))), v[i] / Double(1 - powf(0.999, Float(step))))
          wantedP[i] -= rate * mHat / (vHat.squareRoot() + 1e-8) + decay * wantedP[i]
          if half { m[i] = Double(bfloat16(nearestHalf(m[i]))) }
        }
      }
      eachWay { way in
        let (newP, newV, newM) = (p.copy(), Floats(101, 0), Floats(101, 0))
        let halves = Halves([UInt16](repeating: 0, count: 101))
        for (index, g) in gradients.enumerated() {
          var step = Int32(index + 1)
          let tensors = [
            sf_adam_tensor(
              count: 101, p: newP.start, g: g.start,
              m: half ? UnsafeMutableRawPointer(halves.start) : UnsafeMutableRawPointer(newM.start), v: newV.start)
          ]
          tensors.withUnsafeBufferPointer { tensors in
            withUnsafeMutablePointer(to: &step) { step in
              way.run(
                sf_adam,
                sf_adam_arguments(
                  tensors: tensors.baseAddress, tensor_count: 1, factor: clip.start, step: step, rate: Float(rate),
                  decay: Float(decay), half: half))
            }
          }
        }
        expectClose(newP, wantedP, tolerance: 1e-6, "p", way)
        expectClose(newV, v, tolerance: 1e-6, "v", way)
        let moment = half ? Floats(halves.values.map(bfloat16)) : newM
        // A product that rounds otherwise in float32 may move a bfloat16 by one unit of its eight bits.
        expectClose(moment, m, tolerance: half ? 0x1p-8 : 1e-6, "m", way)
      }
    }

    /// Every bfloat16 there is, with a gradient of zero: the moment becomes its exact product with 0.8984375, rounded.
    @Test func halfMomentsRoundToNearestEven() {
      let all = (0...UInt16.max).map { $0 }
      let zeros = Floats(all.count, 0)
      let wanted = all.map { nearestHalf(Double(bfloat16($0)) * 0.8984375) }
      eachWay { way in
        let (halves, p, v) = (Halves(all), Floats(all.count, 0), Floats(all.count, 0))
        var step: Int32 = 1
        let tensors = [sf_adam_tensor(count: Int64(all.count), p: p.start, g: zeros.start, m: halves.start, v: v.start)]
        tensors.withUnsafeBufferPointer { tensors in
          withUnsafeMutablePointer(to: &step) { step in
            way.run(
              sf_adam,
              sf_adam_arguments(
                tensors: tensors.baseAddress, tensor_count: 1, factor: nil, step: step, rate: 0, decay: 0, half: true))
          }
        }
        let got = halves.values
        let wrong = all.indices.filter { i in
          bfloat16(all[i]).isNaN ? !bfloat16(got[i]).isNaN : bfloat16(got[i]) != bfloat16(wanted[i])
        }
        #expect(wrong.isEmpty, "\(wrong.count) wrong, the first \(wrong.first.map { all[$0] } ?? 0), \(way)")
      }
    }

    /// A shape and the axes that its row and column moments lack: the largest and the second largest.
    struct Factored: CustomTestStringConvertible {
      var shape: [Int]
      var row, column: Int
      var testDescription: String { "\(shape)" }
    }

    @Test(arguments: [
      Factored(shape: [32, 100], row: 1, column: 0), Factored(shape: [100, 32], row: 0, column: 1),
      Factored(shape: [72, 3, 33], row: 0, column: 2), Factored(shape: [72, 40, 33], row: 0, column: 1),
      Factored(shape: [3, 33, 72], row: 2, column: 1), Factored(shape: [32, 32, 3, 50], row: 3, column: 1),
      Factored(shape: [1, 197, 72], row: 1, column: 2),
    ])
    func adafactorTakesThreeStepsAsOptaxDoes(_ tensor: Factored) {
      let count = tensor.shape.reduce(1, *)
      let p = Floats.random(count, seed: 1)
      let gradients = (0..<3).map { Floats.random(count, seed: 10 + UInt64($0), scale: 0.1) }
      var wanted = AdafactorReference(tensor.shape, row: tensor.row, column: tensor.column, p: p.doubles)
      for g in gradients { wanted.update(g.doubles) }
      eachWay { way in
        let (newP, row, column) = (p.copy(), Floats(wanted.row.count, 0), Floats(wanted.column.count, 0))
        let m = Halves([UInt16](repeating: 0, count: count))
        var t = sf_adafactor_tensor()
        let sizes = tensor.shape.map(Int64.init) + [0, 0, 0]
        (t.rank, t.size) = (Int64(tensor.shape.count), (sizes[0], sizes[1], sizes[2], sizes[3]))
        (t.reduced_in_row, t.reduced_in_column) = (Int64(tensor.row), Int64(tensor.column))
        (t.p, t.m, t.row, t.column) = (newP.start, m.start, row.start, column.start)
        run(way, &t, gradients)
        expectClose(row, wanted.row, tolerance: 1e-5, "row", way)
        expectClose(column, wanted.column, tolerance: 1e-5, "column", way)
        // A direction that rounds otherwise in float32 may move a moment by one unit of bfloat16 in each step.
        expectClose(newP, wanted.p, tolerance: 5e-6, "p", way)
        expectClose(Floats(m.values.map(bfloat16)), wanted.m, tolerance: 0x1p-7, "m", way)
      }
    }

    @Test func adafactorKeepsAllOfTheSecondMomentOfSmallTensors() {
      let p = Floats.random(197, seed: 1)
      let gradients = (0..<3).map { Floats.random(197, seed: 10 + UInt64($0), scale: 0.1) }
      var wanted = AdafactorReference([197], row: nil, column: nil, p: p.doubles)
      for g in gradients { wanted.update(g.doubles) }
      eachWay { way in
        let (newP, v, m) = (p.copy(), Floats(197, 0), Halves([UInt16](repeating: 0, count: 197)))
        var t = sf_adafactor_tensor()
        (t.rank, t.size.0, t.p, t.m, t.v) = (1, 197, newP.start, m.start, v.start)
        run(way, &t, gradients)
        expectClose(v, wanted.v, tolerance: 1e-5, "v", way)
        expectClose(newP, wanted.p, tolerance: 5e-6, "p", way)
      }
    }

    private func run(_ way: Way, _ tensor: inout sf_adafactor_tensor, _ gradients: [Floats]) {
      let (scratch, stride) = way.scratch(sf_adafactor_scratch(&tensor))
      for (index, g) in gradients.enumerated() {
        tensor.g = .init(g.start)
        var step = Int32(index + 1)
        withUnsafePointer(to: tensor) { tensor in
          withUnsafeMutablePointer(to: &step) { step in
            way.run(
              sf_adafactor,
              sf_adafactor_arguments(
                tensors: tensor, tensor_count: 1, factor: nil, step: step, rate: Float(rate), decay: Float(decay),
                scratch: scratch.start, scratch_stride: stride))
          }
        }
      }
      #expect(scratch.isIntact)
    }
  }
}

/// Optax's `scale_by_factored_rms` and `ema`, written as there: whole tensors and means over axes.
private struct AdafactorReference {
  var shape: [Int]
  var rowAxis, columnAxis: Int?
  var p: [Double]
  var m: [Double]
  var v: [Double] = []
  var row: [Double] = []
  var column: [Double] = []
  private var step = 0

  init(_ shape: [Int], row: Int?, column: Int?, p: [Double]) {
    (self.shape, rowAxis, columnAxis, self.p) = (shape, row, column, p)
    m = [Double](repeating: 0, count: p.count)
    if let row, let column {
      self.row = [Double](repeating: 0, count: p.count / shape[row])
      self.column = [Double](repeating: 0, count: p.count / shape[column])
    } else {
      v = m
    }
  }

  /// The mean over one axis of a tensor.
  private static func mean(_ x: [Double], _ shape: [Int], _ axis: Int) -> [Double] {
    let inner = shape[(axis + 1)...].reduce(1, *)
    return (0..<x.count / shape[axis]).map { at in
      (0..<shape[axis]).reduce(0) { $0 + x[(at / inner * shape[axis] + $1) * inner + at % inner] } / Double(shape[axis])
    }
  }

  /// A tensor that lacks one axis, repeated along it.
  private static func repeated(_ x: [Double], _ shape: [Int], _ axis: Int) -> [Double] {
    let inner = shape[(axis + 1)...].reduce(1, *)
    return (0..<x.count * shape[axis]).map { x[$0 / inner / shape[axis] * inner + $0 % inner] }
  }

  mutating func update(_ g: [Double]) {
    step += 1
    let beta = min(1 - pow(Double(step), -0.8), 0.999)
    let squares = g.map { $0 * $0 + 1e-30 }
    let direction: [Double]
    if let rowAxis, let columnAxis {
      row = zip(row, Self.mean(squares, shape, rowAxis)).map { beta * $0 + (1 - beta) * $1 }
      column = zip(column, Self.mean(squares, shape, columnAxis)).map { beta * $0 + (1 - beta) * $1 }
      var rowShape = shape
      rowShape.remove(at: rowAxis)
      let reduced = columnAxis > rowAxis ? columnAxis - 1 : columnAxis
      let mean = Self.repeated(Self.mean(row, rowShape, reduced), rowShape, reduced)
      let rowFactor = Self.repeated(zip(row, mean).map { 1 / ($0 / $1).squareRoot() }, shape, rowAxis)
      let columnFactor = Self.repeated(column.map { 1 / $0.squareRoot() }, shape, columnAxis)
      direction = g.indices.map { g[$0] * rowFactor[$0] * columnFactor[$0] }
    } else {
      v = zip(v, squares).map { beta * $0 + (1 - beta) * $1 }
      direction = zip(g, v).map { $0 / $1.squareRoot() }
    }
    for i in p.indices {
      let momentum = 0.1 * direction[i] + 0.8984375 * m[i]
      p[i] -= rate * momentum + decay * p[i]
      m[i] = Double(bfloat16(nearestHalf(momentum)))
    }
  }
}
