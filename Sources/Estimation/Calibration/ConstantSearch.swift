import Foundation
import VisionTransformer

/// The search for the values of constants that bring estimates nearest to observations: Gauss-Newton steps on the
/// logarithms of estimated over observed, damped, with a smaller weight for rows that are far off.
///
/// Source: K. Levenberg (1944), D. Marquardt (1963); for the weights P. J. Huber, Robust Statistics (1981).
struct ConstantSearch {
  let rows: ConstantRows

  /// Scatters beyond which a row counts less; 95 % as good as least squares where errors are normal.
  private static let huber = 1.345
  /// The least scatter: what rounding leaves.
  static let leastScatter = 1e-5
  /// Half the distance of the two points that a derivative compares.
  private static let derivativeStep = 1e-3
  private static let mostSteps = 60
  /// The most that one step changes a constant: by a factor of e.
  private static let longestStep = 1.0

  /// For each of `constants`, how the logarithm of each row's estimate changes with a step; nil if an estimate would not
  /// be above zero.
  func derivatives(_ values: [Double], _ constants: [MovedConstant]) -> [[Double]]? {
    let step = Self.derivativeStep
    var columns: [[Double]] = []
    for constant in constants {
      var above = values, below = values
      above[constant.index] = constant.moved(values[constant.index], by: step)
      below[constant.index] = constant.moved(values[constant.index], by: -step)
      guard let up = rows.residuals(above), let down = rows.residuals(below) else { return nil }
      // At zero, a constant that cannot fall below moves on one side only.
      let distance = below[constant.index] == values[constant.index] ? step : 2 * step
      columns.append(zip(up, down).map { ($0 - $1) / distance })
    }
    return columns
  }

  /// The values after the search, from `values`.
  func search(_ values: [Double], _ constants: [MovedConstant]) -> [Double] {
    var values = values, damping = 1e-3
    guard var residuals = rows.residuals(values) else { return values }
    for _ in 0..<Self.mostSteps {
      guard let derivatives = derivatives(values, constants) else { break }
      let scatter = Self.scatter(residuals, fitted: constants.count)
      let weights = residuals.map { Self.weight($0, scatter).squareRoot() }
      let before = Self.cost(residuals, scatter)
      let columns = derivatives.map { zip($0, weights).map(*) }
      let right = zip(residuals, weights).map { -$0 * $1 }
      var step: [Double] = [], moved: (values: [Double], residuals: [Double])?
      while moved == nil, damping < 1e12 {
        step = Self.step(columns, right, damping)
        var candidate = values
        for (constant, part) in zip(constants, step) {
          candidate[constant.index] = constant.moved(values[constant.index], by: part)
        }
        if let after = rows.residuals(candidate), Self.cost(after, scatter) < before {
          moved = (candidate, after)
          damping = max(1e-9, damping / 5)
        } else {
          damping *= 5
        }
      }
      guard let moved else { break }
      values = moved.values
      residuals = moved.residuals
      let gain = 1 - Self.cost(residuals, scatter) / before
      if step.allSatisfy({ $0.magnitude < 1e-5 }) || gain < 1e-7 { break }
    }
    return values
  }

  // A damped step: each constant is held to where it is as firmly as rows hold it.
  private static func step(_ columns: [[Double]], _ right: [Double], _ damping: Double) -> [Double] {
    let held = columns.indices.map { index in
      var column = columns[index] + Array(repeating: 0, count: columns.count)
      column[right.count + index] = (damping.squareRoot() * PivotedQR.norm(columns[index]))
      return column
    }
    return PivotedQR(held, right + Array(repeating: 0, count: columns.count)).solution(rank: columns.count)
      .map { min(longestStep, max(-longestStep, $0)) }
  }

  /// The standard deviation of residuals, from their median, which a few far-off rows do not move.
  static func scatter(_ residuals: [Double], fitted: Int) -> Double {
    let sorted = residuals.map(\.magnitude).sorted()
    guard !sorted.isEmpty else { return leastScatter }
    // The median of the magnitude of a normal variable is 0.6745 of its standard deviation.
    let median = sorted[sorted.count / 2] / 0.6745
    let free = Double(sorted.count) / Double(max(1, sorted.count - fitted))
    return max(leastScatter, median * free.squareRoot())
  }

  private static func weight(_ residual: Double, _ scatter: Double) -> Double {
    min(1, huber * scatter / max(residual.magnitude, .leastNormalMagnitude))
  }

  private static func cost(_ residuals: [Double], _ scatter: Double) -> Double {
    let knee = huber * scatter
    return residuals.reduce(0) { sum, residual in
      let size = residual.magnitude
      return sum + (size <= knee ? size * size : knee * (2 * size - knee))
    }
  }
}
