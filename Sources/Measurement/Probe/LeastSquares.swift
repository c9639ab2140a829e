/// Least squares with non-negative coefficients.
enum LeastSquares {
  /// One equation: `sum(coefficients * row) = value`, with weight `weight`.
  struct Equation {
    var row: SIMD8<Double>
    var value: Double
    var weight: Double
  }

  /// The non-negative coefficients with the least weighted sum of squared residuals.
  ///
  /// Cyclic coordinate descent on the normal equations, which converges to the solution of a convex problem with so few
  /// unknowns. Unknowns that no equation contains are zero.
  static func solve(_ equations: [Equation]) -> SIMD8<Double> {
    let size = SIMD8<Double>.scalarCount
    // Columns are normalized, so that FLOPs and calls have equal weight during the descent.
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
