/// Least squares with coefficients that are not negative.
enum LeastSquares {
  /// One equation: `sum(coefficients * row) = value`, counted `weight` times.
  struct Equation {
    var row: SIMD8<Double>
    var value: Double
    var weight: Double
  }

  /// The coefficients, none below zero, of the least weighted sum of squared residuals.
  ///
  /// Cyclic coordinate descent on the normal equations, which for a convex problem of so few unknowns converges to the one
  /// solution. Unknowns that no equation has are zero.
  static func solve(_ equations: [Equation]) -> SIMD8<Double> {
    let size = SIMD8<Double>.scalarCount
    // Columns are scaled to one, so that FLOPs and calls weigh alike on the way.
    var scale = SIMD8<Double>.zero
    for equation in equations { scale += equation.row * equation.row * equation.weight }
    for index in 0..<size { scale[index] = scale[index] > 0 ? 1 / scale[index].squareRoot() : 0 }
    var products = [SIMD8<Double>](repeating: .zero, count: size)
    var values = SIMD8<Double>.zero
    for equation in equations {
      let row = equation.row * scale
      values += row * (equation.value * equation.weight)
      for index in 0..<size { products[index] += row * (row[index] * equation.weight) }
    }
    var solution = SIMD8<Double>.zero
    for _ in 0..<20_000 {
      var change = 0.0
      for index in 0..<size where products[index][index] > 0 {
        let others = (products[index] * solution).sum() - products[index][index] * solution[index]
        let next = max(0, (values[index] - others) / products[index][index])
        change = max(change, (next - solution[index]).magnitude)
        solution[index] = next
      }
      if change < 1e-12 * (solution.max()) { break }
    }
    return solution * scale
  }
}
