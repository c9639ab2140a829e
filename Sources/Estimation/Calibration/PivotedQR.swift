/// The factors of a matrix, A P = Q R, and of a right side: Householder reflections, with the column of the largest
/// remaining norm taken next.
///
/// Source: G. H. Golub and C. F. Van Loan, Matrix Computations (2013), algorithm 5.4.1.
struct PivotedQR {
  /// The columns of A in the order in which they were taken.
  private(set) var order: [Int]
  /// For each column that was taken, the norm of the part of it that no earlier one has: the diagonal of R.
  private(set) var independent: [Double] = []
  /// R, its columns in the order of `order`; what is below the diagonal has no meaning.
  private var columns: [[Double]]
  /// Qᵀb.
  private var right: [Double]

  /// - Parameters:
  ///   - columns: The columns of A, each with as many rows as `right`.
  ///   - right: The right side b.
  init(_ columns: [[Double]], _ right: [Double]) {
    self.columns = columns
    self.right = right
    order = Array(columns.indices)
    for step in 0..<min(columns.count, right.count) {
      let norms = self.columns.map { Self.norm($0, from: step) }
      // The first of equals, so that the order is the same in every run.
      let largest = (step..<norms.count).max { (norms[$0], $1) < (norms[$1], $0) } ?? step
      self.columns.swapAt(step, largest)
      order.swapAt(step, largest)
      independent.append(norms[largest])
      guard norms[largest] > 0 else { continue }
      var reflector = Array(self.columns[step][step...])
      reflector[0] += reflector[0] < 0 ? -norms[largest] : norms[largest]
      let square = reflector.reduce(0) { $0 + $1 * $1 }
      for column in step..<self.columns.count { Self.reflect(&self.columns[column], reflector, square, from: step) }
      Self.reflect(&self.right, reflector, square, from: step)
    }
  }

  /// The x that makes ‖A x - b‖ least with the first `rank` columns that were taken, at most as many as there are rows;
  /// zero for the others.
  func solution(rank: Int) -> [Double] {
    var x = Array(repeating: 0.0, count: columns.count)
    let rank = min(rank, independent.count)
    for row in (0..<rank).reversed() where independent[row] > 0 {
      let known = (row + 1..<rank).reduce(right[row]) { $0 - columns[$1][row] * x[order[$1]] }
      x[order[row]] = known / columns[row][row]
    }
    return x
  }

  /// The norm of the part of b that the first `rank` columns that were taken cannot make.
  func remainder(rank: Int) -> Double { Self.norm(right, from: rank) }

  static func norm(_ numbers: [Double], from start: Int = 0) -> Double {
    var sum = 0.0
    for index in min(start, numbers.count)..<numbers.count { sum += numbers[index] * numbers[index] }
    return sum.squareRoot()
  }

  private static func reflect(_ column: inout [Double], _ reflector: [Double], _ square: Double, from start: Int) {
    column.withUnsafeMutableBufferPointer { column in
      var product = 0.0
      for index in reflector.indices { product += reflector[index] * column[start + index] }
      let factor = 2 * product / square
      for index in reflector.indices { column[start + index] -= factor * reflector[index] }
    }
  }
}
